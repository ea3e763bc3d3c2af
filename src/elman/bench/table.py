"""The tables of a run: each figure beside what it must reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from elman.bench.case import Case
from elman.bench.goals import goals_grid
from elman.bench.grid import Entry, Grid, figure_entry, write_seconds, write_share
from elman.bench.peers.registry import PEERS
from elman.bench.records import PRODUCT, Figure, Record, Summary
from elman.bench.targets import Target

_KERNELS = ("", "compiled kernels")


def grids_of(summaries: Sequence[Summary], spread: bool = False) -> list[Grid]:
    """Returns a table for each kind that was measured.

    Args:
        summaries: What was measured.
        spread: Whether ratios tell their spread.
    """
    kinds: dict[str, Callable[[list[Summary]], Grid]] = {
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
    """Prints the tables, the goals, how many bounds are reached, and what was wrong."""
    goals = goals_grid(summaries)
    for grid in [*grids_of(summaries), *([goals] if goals.rows else [])]:
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
        for target in summary.targets
        if (figure := summary.figure(target.of)) is not None
    ]
    return sum(found), len(found)


def _bounds(summary: Summary) -> dict[str, Target]:
    return {target.of: target for target in summary.targets}


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
        row = [*_head(summary), figure_entry(ours, bounds.get("call"), write=write_seconds)]
        row += [figure_entry(summary.ratios.get(name), bounds.get(name), spread) for name in names]
        if with_best:
            row.append(figure_entry(summary.figure("best"), bounds.get("best"), spread))
        if with_share:
            row.append(figure_entry(summary.share, bounds.get("share"), write=write_share))
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


def _memory(summaries: Sequence[Summary]) -> Grid:
    kept = {
        summary.case: {name: Figure(*[mib] * 3) for name, mib in summary.keeps.items()}
        for summary in summaries
    }
    prices = {
        summary.case: {f"{name}: time": ratio for name, ratio in summary.ratios.items()}
        for summary in summaries
    }
    places = {"elman": "keeps", "elman, least memory": "keeps least"}
    title = (
        "MiB kept between forward and backward, and times of a train step over that of the default"
    )
    return _plain(title, summaries, {**_columns(kept), **_columns(prices)}, places)


def _compiling(summaries: Sequence[Summary]) -> Grid:
    columns = _columns({summary.case: summary.seconds for summary in summaries})
    places = {"elman": "compile", "elman, from the cache": "cached"}
    return _plain("seconds of compiling before the first result", summaries, columns, places)


def _columns(figures: Mapping[Case, Mapping[str, Figure]]) -> dict[str, dict[Case, Figure]]:
    """Returns the columns of a table, name -> case -> figure, from its rows."""
    columns: dict[str, dict[Case, Figure]] = {}
    for case, own in figures.items():
        for name, figure in own.items():
            columns.setdefault(name, {})[case] = figure
    return columns


def _plain(
    title: str,
    summaries: Sequence[Summary],
    columns: Mapping[str, Mapping[Case, Figure]],
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
        f"{machine['processor']}, {machine['vectors']}, cores: {machine['cores']}, "
        f"threads: {record['threads']}; {named}; commit {record['commit'] or 'unknown'}{changed}; "
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
