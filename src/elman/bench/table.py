"""The table of a run: each figure beside what it must reach."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from elman.bench.peers.registry import PEERS
from elman.bench.records import PRODUCT, Figure, Summary
from elman.bench.targets import Target, targets_of


def print_tables(console: Console, summaries: Sequence[Summary]) -> None:
    """Prints a table for each kind that was measured, and how many bounds are reached."""
    for kind, draw in (("time", _times), ("memory", _memory), ("compile", _compiling)):
        chosen = [summary for summary in summaries if summary.kind == kind]
        if chosen:
            console.print(draw(chosen))
    reached, bounds = count_reached(summaries)
    if bounds:
        console.print(f"{reached} of {bounds} bounds reached")
    for summary in summaries:
        for name, reason in summary.red.items():
            console.print(f"wrong: {summary.case.title}, {name}: {reason}", style="red")


def count_reached(summaries: Sequence[Summary]) -> tuple[int, int]:
    """Returns how many of the bounds that were measured are reached, and how many there are."""
    found = [
        target.reached(figure.value)
        for summary in summaries
        for target in targets_of(summary.case, summary.kind)
        if (figure := summary.figure(target.of)) is not None
    ]
    return sum(found), len(found)


def _bounds(summary: Summary) -> dict[str, Target]:
    return {target.of: target for target in targets_of(summary.case, summary.kind)}


def _times(summaries: Sequence[Summary]) -> Table:
    table = Table(
        title="times of elman, and how many times longer peers take", title_justify="left"
    )
    names = [name for name in PEERS if any(name in summary.ratios for summary in summaries)]
    with_share = any(summary.share for summary in summaries)
    with_best = any(target.of == "best" for s in summaries for target in _bounds(s).values())
    for name in ("case", "T,B,I,H", "elman"):
        table.add_column(name, justify="left" if name == "case" else "right")
    for name in [*names, *(["best peer"] if with_best else []), *(["share"] if with_share else [])]:
        table.add_column(name, justify="right")
    table.add_column("error", justify="right")
    for summary in summaries:
        bounds = _bounds(summary)
        row: list[str | Text] = [_name(summary), summary.case.shape, _time_text(summary)]
        row += [figure_text(summary.ratios.get(name), bounds.get(name)) for name in names]
        if with_best:
            row.append(figure_text(summary.figure("best"), bounds.get("best")))
        if with_share:
            row.append(figure_text(summary.share, bounds.get("share"), percent=True))
        error = summary.errors.get("elman")
        row.append("" if error is None else f"{error:.0e}")
        table.add_row(*row)
    return table


def _name(summary: Summary) -> str:
    case = summary.case
    name = case.cell.splitlines()[0][:24]
    name += ", last" if case.last else ""
    name += ", inference" if case.mode == "inference" else ""
    return name if summary.backend in ("", "compiled kernels") else f"{name} (no kernel)"


def _time_text(summary: Summary) -> str:
    ours = summary.seconds.get("elman")
    return "" if ours is None else write_seconds(ours.value)


def write_seconds(seconds: float) -> str:
    """Writes a time with three digits.

    >>> [write_seconds(each) for each in (2.5, 0.0132, 0.000045)]
    ['2.50 s', '13.2 ms', '45.0 µs']
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            value = seconds / size
            digits = 2 if value < 10 else 1 if value < 100 else 0
            return f"{value:.{digits}f} {unit}"
    raise AssertionError("internal: the last unit takes every time")


def figure_text(figure: Figure | None, target: Target | None, percent: bool = False) -> Text:
    """Writes a figure, and where it has a bound whether it is reached: `2.71 ≥ 2.5`.

    Args:
        figure: What was measured, if it was.
        target: Its bound, if it has one.
        percent: Whether both are shares.
    """
    if figure is None:
        return Text("")
    text = _number(figure.value, percent)
    if target is None:
        return Text(text)
    reached = target.reached(figure.value)
    better, worse = ("≤", ">") if target.at_most else ("≥", "<")
    text += f" {better if reached else worse} {_number(target.least, percent, bound=True)}"
    return Text(text, style="green" if reached else "bold red")


def _number(value: float, percent: bool, bound: bool = False) -> str:
    if percent:
        return f"{100 * value:.0f} %"
    if bound:
        return f"{value:g}"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def _memory(summaries: Sequence[Summary]) -> Table:
    table = Table(title="MiB kept between forward and backward", title_justify="left")
    table.add_column("case")
    table.add_column("T,B,I,H", justify="right")
    names = list(dict.fromkeys(name for summary in summaries for name in summary.keeps))
    for name in names:
        table.add_column(name, justify="right")
    places = {"elman": "keeps", "elman, least memory": "keeps least"}
    for summary in summaries:
        bounds = _bounds(summary)
        row: list[str | Text] = [_name(summary), summary.case.shape]
        for name in names:
            kept = summary.keeps.get(name)
            figure = None if kept is None else Figure(kept, kept, kept)
            row.append(figure_text(figure, bounds.get(places.get(name, ""))))
        table.add_row(*row)
    return table


def _compiling(summaries: Sequence[Summary]) -> Table:
    table = Table(title="seconds of compiling before the first result", title_justify="left")
    table.add_column("case")
    table.add_column("T,B,I,H", justify="right")
    names = list(dict.fromkeys(name for summary in summaries for name in summary.seconds))
    for name in names:
        table.add_column(name, justify="right")
    places = {"elman": "compile", "elman, from the cache": "cached"}
    for summary in summaries:
        bounds = _bounds(summary)
        row: list[str | Text] = [_name(summary), summary.case.shape]
        for name in names:
            row.append(figure_text(summary.seconds.get(name), bounds.get(places.get(name, ""))))
        table.add_row(*row)
    return table


def describe_run(record: dict[str, object]) -> str:
    """Returns machine, threads, versions and commit of a record in one line."""
    machine, versions = record["machine"], record["versions"]
    assert isinstance(machine, dict) and isinstance(versions, dict), "internal: a record's head"
    changed = ", with changes" if record["changed"] else ""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{machine['processor']}, {machine['vectors']}, {machine['cores']} cores, "
        f"{record['threads']} threads; {named}; commit {record['commit'] or 'unknown'}{changed}; "
        f"{record['clock']} time"
    )


def progress_line(record: dict[str, object]) -> str:
    """Returns what was measured in one line, for the time before the table."""
    contenders, ratios = record["contenders"], record["ratios"]
    assert isinstance(contenders, dict) and isinstance(ratios, dict), "internal: a record's parts"
    parts = [
        f"{name} {write_seconds(times['median'])}"
        for name, times in contenders.items()
        if name not in ratios and name != PRODUCT
    ]
    parts += [f"{name} {ratio['median']:.2f} ×" for name, ratio in ratios.items()]
    return ", ".join(parts) or "measured"
