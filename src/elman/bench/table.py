"""The tables of a run: each figure beside what it must reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from elman.bench.peers.registry import PEERS
from elman.bench.records import PRODUCT, Figure, Record, Summary
from elman.bench.targets import Target, targets_of

_KERNELS = ("", "compiled kernels")


@dataclass(frozen=True)
class Entry:
    """One figure of a table.

    Attributes:
        text: As it is written.
        reached: Whether its bound is reached; None without one.
    """

    text: str
    reached: bool | None = None


@dataclass(frozen=True)
class Grid:
    """A table before it is printed or written.

    Attributes:
        title: What the figures are.
        columns: Their heads; the first two columns are the cell and T,B,I,H.
        rows: One entry for each column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]


def grids_of(summaries: Sequence[Summary], spread: bool = False) -> list[Grid]:
    """Returns a table for each kind that was measured.

    Args:
        summaries: What was measured.
        spread: Whether ratios tell their spread.
    """
    kinds = {
        "time": lambda chosen: _times(chosen, spread),
        "memory": _memory,
        "compile": _compiling,
    }
    found = []
    for kind, make in kinds.items():
        chosen = [summary for summary in summaries if summary.kind == kind]
        if chosen:
            found.append(make(chosen))
    return found


def print_tables(console: Console, summaries: Sequence[Summary]) -> None:
    """Prints the tables, how many bounds are reached, and what was wrong."""
    for grid in grids_of(summaries):
        table = Table(title=grid.title, title_justify="left")
        for number, name in enumerate(grid.columns):
            table.add_column(name, justify="left" if number == 0 else "right")
        for row in grid.rows:
            table.add_row(*(_styled(entry) for entry in row))
        console.print(table)
    reached, bounds = count_reached(summaries)
    if bounds:
        console.print(f"{reached} of {bounds} bounds reached")
    for summary in summaries:
        for name, reason in summary.red.items():
            console.print(f"wrong: {summary.case.title}, {name}: {reason}", style="red")


def _styled(entry: Entry) -> Text:
    styles = {None: "", True: "green", False: "bold red"}
    return Text(entry.text, style=styles[entry.reached])


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


def _times(summaries: Sequence[Summary], spread: bool) -> Grid:
    names = [name for name in PEERS if any(name in summary.ratios for summary in summaries)]
    with_share = any(summary.share for summary in summaries)
    with_best = any(target.of == "best" for s in summaries for target in _bounds(s).values())
    columns = ["cell", "T,B,I,H", "elman", *names]
    columns += ["best peer"] * with_best + ["share of peak"] * with_share + ["error"]
    rows = []
    for summary in summaries:
        bounds = _bounds(summary)
        ours = summary.seconds.get("elman")
        row = [*_head(summary), Entry("" if ours is None else write_seconds(ours.value))]
        row += [figure_entry(summary.ratios.get(name), bounds.get(name), spread) for name in names]
        if with_best:
            row.append(figure_entry(summary.figure("best"), bounds.get("best"), spread))
        if with_share:
            row.append(figure_entry(summary.share, bounds.get("share"), percent=True))
        error = summary.errors.get("elman")
        row.append(Entry("" if error is None else f"{error:.0e}"))
        rows.append(tuple(row))
    title = "times of elman, and how many times longer peers take"
    return Grid(title, tuple(columns), tuple(rows))


def _head(summary: Summary) -> list[Entry]:
    case = summary.case
    name = case.cell.splitlines()[0][:24]
    name += ", last" if case.last else ""
    name += ", inference" if case.mode == "inference" else ""
    name += "" if summary.backend in _KERNELS else " (no kernel)"
    return [Entry(name), Entry(case.shape)]


def write_seconds(seconds: float) -> str:
    """Writes a time with three digits.

    >>> [write_seconds(each) for each in (2.5, 0.0132, 0.000045)]
    ['2.50 s', '13.2 ms', '45.0 µs']
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{_three_digits(seconds / size)} {unit}"
    raise AssertionError("internal: the last unit takes every time")


def _three_digits(value: float) -> str:
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def figure_entry(
    figure: Figure | None, target: Target | None, spread: bool = False, percent: bool = False
) -> Entry:
    """Writes a figure, and where it has a bound whether it is reached: `2.71 ≥ 2.5`.

    >>> figure_entry(Figure(2.71, 2.65, 2.8), Target("loop", 2.5, 4), spread=True).text
    '2.71 (2.65–2.80) ≥ 2.5'

    Args:
        figure: What was measured, if it was.
        target: Its bound, if it has one.
        spread: Whether the spread is told.
        percent: Whether both are shares.
    """
    if figure is None:
        return Entry("")
    write = (lambda value: f"{100 * value:.0f} %") if percent else _three_digits
    text = write(figure.value)
    if spread:
        text += f" ({write(figure.low)}–{write(figure.high)})"
    if target is None:
        return Entry(text)
    reached = target.reached(figure.value)
    better, worse = ("≤", ">") if target.at_most else ("≥", "<")
    bound = write(target.least) if percent else f"{target.least:g}"
    return Entry(f"{text} {better if reached else worse} {bound}", reached)


def _memory(summaries: Sequence[Summary]) -> Grid:
    columns = {
        name: {s.case: Figure(*[s.keeps[name]] * 3) for s in summaries if name in s.keeps}
        for name in dict.fromkeys(name for summary in summaries for name in summary.keeps)
    }
    places = {"elman": "keeps", "elman, least memory": "keeps least"}
    return _plain("MiB kept between forward and backward", summaries, columns, places)


def _compiling(summaries: Sequence[Summary]) -> Grid:
    columns = {
        name: {s.case: s.seconds[name] for s in summaries if name in s.seconds}
        for name in dict.fromkeys(name for summary in summaries for name in summary.seconds)
    }
    places = {"elman": "compile", "elman, from the cache": "cached"}
    return _plain("seconds of compiling before the first result", summaries, columns, places)


def _plain(
    title: str,
    summaries: Sequence[Summary],
    columns: Mapping[str, Mapping[object, Figure]],
    places: Mapping[str, str],
) -> Grid:
    """Returns a table with a column for each contender.

    Args:
        title: What the figures are.
        summaries: Its rows.
        columns: Contender -> case -> figure.
        places: Contender -> what its bound is called.
    """
    rows = []
    for summary in summaries:
        bounds = _bounds(summary)
        entries = [
            figure_entry(found.get(summary.case), bounds.get(places.get(name, "")))
            for name, found in columns.items()
        ]
        rows.append((*_head(summary), *entries))
    return Grid(title, ("cell", "T,B,I,H", *columns), tuple(rows))


def describe_run(record: Record) -> str:
    """Returns machine, threads, versions and commit of a record in one line."""
    machine, versions = record["machine"], record["versions"]
    changed = ", with changes" if record["changed"] else ""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{machine['processor']}, {machine['vectors']}, {machine['cores']} cores, "
        f"{record['threads']} threads; {named}; commit {record['commit'] or 'unknown'}{changed}; "
        f"{record['clock']} time"
    )


def progress_line(record: Record) -> str:
    """Returns what was measured in one line, for the time before the table."""
    contenders, ratios = record["contenders"], record["ratios"]
    parts = [
        f"{name} {write_seconds(times['median'])}"
        for name, times in contenders.items()
        if name not in ratios and name != PRODUCT
    ]
    parts += [f"{name} {ratio['median']:.2f} ×" for name, ratio in ratios.items()]
    parts += [f"{name} keeps {kept / 2**20:.1f} MiB" for name, kept in record["keeps"].items()
              if record["kind"] == "memory"]  # fmt: skip
    return ", ".join(parts) or "measured"
