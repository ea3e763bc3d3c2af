"""The figures of a page, written from files of records: tables and plots between two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from elman.bench.goals import goals_grid
from elman.bench.grid import Entry, Grid, figure_entry
from elman.bench.plots import plot_compiling, plot_ratios, plot_sweep
from elman.bench.records import Record, Summary, case_of, read_records, summarise
from elman.bench.table import count_reached, describe_run, grids_of
from elman.bench.targets import SETS, merged
from elman.errors import DataError

BEGIN = "<!-- elman bench write: begin -->"
END = "<!-- elman bench write: end -->"
_GOALS = {
    "core": "The first goals: common cells, common sizes",
    "wide": "The wider goals",
    "corpus": "Any cell",
}
_HEADS = {
    "train": "Training: forward, backward, all gradients",
    "call": "What a call costs",
    "inference": "Inference",
    "memory": "Memory",
    "compile": "Compiling",
    "corpus": "The texts of the corpus",
}
# The rows of the short table, one shape of each kind, and its columns.
_SHORT_SHAPES = ("28,128,28,128", "784,64,1,128", "1000,1,16,64")
_SHORT_PEERS = ("torch.nn", "loop", "torch.compile", "jax")


def write_pages(files: Sequence[Path], page: Path, short: Path) -> None:
    """Writes the figures of files into the page of performance and, in short, into another one.

    Args:
        files: Of records.
        page: Gets all tables and plots; pictures go to `images` beside it.
        short: Gets one small table and a plot.

    Raises:
        DataError: A file is no file of records, or a page has no place for figures.
    """
    records = read_records(files)
    if not records:
        raise DataError("there is no record in these files\n  Write some with --json FILE.")
    images = page.parent / "images"
    replace_figures(page, full_text(records, images))
    replace_figures(short, short_text(records, images, page))


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


def full_text(records: Sequence[Record], images: Path) -> str:
    """Returns everything that was measured, as Markdown; plots go to a folder.

    Args:
        records: All lines.
        images: A folder; links begin with its name.
    """
    parts = [_origin(records)]
    for name, head in _GOALS.items():
        chosen = _summaries(name, records)
        if chosen:
            reached, bounds = count_reached(chosen)
            parts += [f"### {head}", markdown(goals_grid(chosen))]
            parts.append(f"{reached} of {bounds} figures reach their bound.")
    for name, head in _HEADS.items():
        chosen = _summaries(name, records)
        if chosen:
            parts.append(f"### {head}")
            parts += [f"{grid.title[0].upper()}{grid.title[1:]}:\n\n{markdown(grid)}"
                      for grid in grids_of(chosen, spread=True)]  # fmt: skip
        if name == "compile" and plot_compiling(chosen, images / "compiling.svg"):
            parts.append(f"![Time before the first result]({images.name}/compiling.svg)")
    if plot_sweep(_summaries("sweep", records), images / "sweep.svg"):
        parts += [
            "### Cost against T, B and H",
            f"![Time of a train step against steps, batch and size]({images.name}/sweep.svg)",
        ]
    return "\n\n".join(parts + _wrong(records))


def _summaries(name: str, records: Sequence[Record]) -> list[Summary]:
    return summarise(records, merged(SETS[name]()))


def _wrong(records: Sequence[Record]) -> list[str]:
    """Returns who computed something else and was therefore not timed."""
    found = {
        f"- {case_of(record).title}, {name}: {reason}": None
        for record in records
        for name, reason in record["red"].items()
    }
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


def short_text(records: Sequence[Record], images: Path, page: Path) -> str:
    """Returns a plot and a small table: how many times longer peers take for a train step.

    Args:
        records: All lines.
        images: The folder of the plot.
        page: Where everything stands; links go to it.
    """
    chosen = [
        summary
        for summary in _summaries("train", records)
        if summary.case.shape in _SHORT_SHAPES and not summary.case.last
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
    last = records[-1]
    machine, versions = last["machine"], last["versions"]
    folder = page.parent.name
    link = f"[{folder}/{page.name}]({folder}/{page.name})"
    head = (
        "How many times longer a train step takes elsewhere: forward, backward and all gradients\n"
        f"({machine['processor']}, {machine['vectors']}, threads: {last['threads']}, "
        f"{last['clock']} time, torch {versions['torch']}, {last['when'][:10]};\n"
        f"T,B,I,H are steps, batch, inputs and hidden units; all rows are in {link}):"
    )
    parts = [head, markdown(Grid("", ("cell", "T,B,I,H", *peers), rows))]
    if plot_ratios(chosen, images / "speed.svg"):
        picture = f"{folder}/{images.name}/speed.svg"
        parts.insert(1, f"![Times of peers over the time of elman]({picture})")
    return "\n\n".join(parts)
