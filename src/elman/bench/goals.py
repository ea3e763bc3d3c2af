"""The table of goals: each line of bounds with the figure that is furthest from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from elman.bench.grid import Entry, Grid, three_digits, write_seconds, write_share
from elman.bench.records import Summary
from elman.bench.targets import Target

_UNITS: dict[str, Callable[[float], str]] = {
    "share": write_share,
    "compile": write_seconds,
    "cached": write_seconds,
    "call": write_seconds,
    "keeps": lambda size: f"{three_digits(size)} MiB",
    "keeps least": lambda size: f"{three_digits(size)} MiB",
}


def _ratio(value: float) -> str:
    return f"{three_digits(value)} ×"


def goals_grid(summaries: Sequence[Summary]) -> Grid:
    """Returns one row for each goal whose figures were measured.

    Args:
        summaries: What was measured, with targets.
    """
    goals: dict[str, list[tuple[Target, float, str]]] = {}
    for summary in summaries:
        for target in summary.targets:
            figure = summary.figure(target.of)
            if target.goal and figure is not None:
                where = f"{summary.case.cell} {summary.case.shape}"
                goals.setdefault(target.goal, []).append((target, figure.value, where))
    rows = tuple(_row(goal, found) for goal, found in goals.items())
    return Grid("goals", ("goal", "bound", "aim", "worst", "where", "reached"), rows)


def _row(goal: str, found: Sequence[tuple[Target, float, str]]) -> tuple[Entry, ...]:
    target = found[0][0]
    choose = max if target.at_most else min
    _, worst, where = choose(found, key=lambda each: each[1])
    count = sum(target.reached(value) for _, value, _ in found)
    write = _UNITS.get(target.of, _ratio)
    sign = "≤" if target.at_most else "≥"
    return (
        Entry(goal),
        Entry(f"{sign} {write(target.least)}"),
        Entry(write(target.aim)),
        Entry(write(worst), count == len(found)),
        Entry(where),
        Entry(f"{count} of {len(found)}", count == len(found)),
    )
