"""The figures of a page, written from files of records: tables and plots between two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from elman.bench.plots import plot_compiling, plot_sweep
from elman.bench.records import Record, Summary, read_records, summarise
from elman.bench.table import Entry, Grid, count_reached, describe_run, figure_entry, grids_of
from elman.bench.targets import SETS, rows_of
from elman.errors import DataError

BEGIN = "<!-- elman bench write: begin -->"
END = "<!-- elman bench write: end -->"
_HEADS = {
    "train": "Training: forward, backward, all gradients",
    "inference": "Inference",
    "memory": "Memory",
    "compile": "Compiling",
}
# The rows of the short table, one shape of each kind, and its columns.
_SHORT_SHAPES = ("28,128,28,128", "784,64,1,128", "1000,1,16,64")
_SHORT_PEERS = ("torch.nn", "loop", "torch.compile", "jax")


def write_pages(files: Sequence[Path], page: Path, short: Path) -> None:
    """Writes the figures of files into the page of performance and, in short, into another one.

    Args:
        files: Of records.
        page: Gets all tables and plots; pictures go to `images` beside it.
        short: Gets one small table.

    Raises:
        DataError: A file is no file of records, or a page has no place for figures.
    """
    records = read_records(files)
    if not records:
        raise DataError("there is no record in these files\n  Write some with --json FILE.")
    summaries = summarise(records)
    images = page.parent / "images"
    replace_figures(page, full_text(records, summaries, images))
    replace_figures(short, short_text(records, summaries))


def replace_figures(path: Path, figures: str) -> None:
    """Replaces what stands between the marks of a page.

    Raises:
        DataError: The page has no marks.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise DataError(f"{path} has no place for figures\n  Put it between {BEGIN} and {END}.")
    whole = f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}"
    path.write_text(whole, encoding="utf-8", newline="\n")


def full_text(records: Sequence[Record], summaries: Sequence[Summary], images: Path) -> str:
    """Returns everything that was measured, as Markdown; plots go to a folder.

    Args:
        records: All lines.
        summaries: The same by case.
        images: A folder; links begin with its name.
    """
    parts = [_origin(records)]
    for name, head in _HEADS.items():
        rows = {(row.case, row.kind) for row in rows_of(name)}
        chosen = [summary for summary in summaries if (summary.case, summary.kind) in rows]
        if not chosen:
            continue
        reached, bounds = count_reached(chosen)
        parts += [f"### {head}", f"{reached} of {bounds} bounds reached."]
        parts += [f"{grid.title.capitalize()}:\n\n{markdown(grid)}"
                  for grid in grids_of(chosen, spread=True)]  # fmt: skip
        if name == "compile" and plot_compiling(chosen, images / "compiling.svg"):
            parts.append(f"![Time before the first result]({images.name}/compiling.svg)")
    rows = {(row.case, row.kind) for row in rows_of("sweep")}
    swept = [summary for summary in summaries if (summary.case, summary.kind) in rows]
    if plot_sweep(swept, images / "sweep.svg"):
        parts += [
            "### Cost against T, B and H",
            f"![Time of a train step against steps, batch and size]({images.name}/sweep.svg)",
        ]
    parts += _wrong(summaries)
    return "\n\n".join(parts)


def _wrong(summaries: Sequence[Summary]) -> list[str]:
    """Returns who computed something else and was therefore not timed."""
    found = [
        f"- {summary.case.title}, {name}: {reason}"
        for summary in summaries
        for name, reason in summary.red.items()
    ]
    return ["### Not timed, for the result was wrong", "\n".join(found)] if found else []


def _origin(records: Sequence[Record]) -> str:
    """Returns where the figures come from: each machine, setting and commit once."""
    lines = list(dict.fromkeys(describe_run(record) for record in records))
    dates = sorted(record["when"][:10] for record in records)
    rounds = {
        len(times["rounds"])
        for record in records
        if record["kind"] == "time"
        for times in record["contenders"].values()
    }
    text = "\n".join(f"- {line}" for line in lines)
    when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    counted = " or ".join(str(count) for count in sorted(rounds))
    return (
        f"Measured {when}" + (f", {counted} rounds" if counted else "") + f":\n\n{text}\n\n"
        "A figure is the median over rounds, with the quartiles; of several processes, the median\n"
        "and the range of their medians. What does not reach its bound is bold."
    )


def markdown(grid: Grid) -> str:
    """Returns a table as Markdown; what misses its bound is bold."""
    lines = [
        f"| {' | '.join(grid.columns)} |",
        "|---|" + "---:|" * (len(grid.columns) - 1),
    ]
    lines += [f"| {' | '.join(_cell(entry) for entry in row)} |" for row in grid.rows]
    return "\n".join(lines)


def _cell(entry: Entry) -> str:
    return f"**{entry.text}**" if entry.reached is False else entry.text


def short_text(records: Sequence[Record], summaries: Sequence[Summary]) -> str:
    """Returns one small table: how many times longer peers take for a train step."""
    chosen = [
        summary
        for summary in summaries
        if summary.kind == "time"
        and (summary.case.mode, summary.case.last) == ("train", False)
        and summary.case.shape in _SHORT_SHAPES
    ]
    peers = [name for name in _SHORT_PEERS if any(name in each.ratios for each in chosen)]
    rows = tuple(
        (
            Entry(summary.case.cell),
            Entry(summary.case.shape),
            *(figure_entry(summary.ratios.get(name), None) for name in peers),
        )
        for summary in chosen
    )
    machine = records[-1]["machine"]
    grid = Grid("", ("cell", "T,B,I,H", *peers), rows)
    return (
        "How many times longer a train step takes elsewhere\n"
        f"({machine['processor']}, {machine['vectors']}, {records[-1]['threads']} threads; "
        "all rows and versions are in [docs/performance.md](docs/performance.md)):\n\n"
        f"{markdown(grid)}"
    )


assert set(_HEADS) <= set(SETS), "internal: a set without rows"
