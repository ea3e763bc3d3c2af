"""`elman lab`: the lab of accuracy against length, with its report."""

from __future__ import annotations

import re
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from elman.cli.boundary import FAILED, INTERRUPTED
from elman.errors import DataError
from elman.lab.execute import execute
from elman.lab.labs import (
    DEFAULT_CELLS,
    DEFAULT_LENGTHS,
    DEFAULT_SEEDS,
    HIDDEN_SIZE,
    QUICK_LENGTHS,
    Grid,
    make_lab,
    read_models,
)
from elman.lab.progress import BarProgress, LineProgress
from elman.lab.record import CRASHED, RunRecord
from elman.lab.session import Session, make_folder, read_lab, run_lab
from elman.lab.spec import Lab
from elman.lab.versions import available_cores, code_version, describe_machine
from elman.report.rows import rows_of
from elman.report.summary import summarise
from elman.report.write import write_report

DEFAULT_FOLDER = Path("lab-report")
_LIMIT = 1000  # of seeds, lengths and workers


def lab(
    cells: Annotated[
        list[str] | None,
        typer.Option(
            "--cells",
            metavar="CELL[:START],...",
            help="Cells of the catalogue, files, or one text of equations (then once a text); "
            "vanilla,lstm without it.",
            show_default=False,
        ),
    ] = None,
    lengths: Annotated[
        str | None,
        typer.Option(
            metavar="T,...",
            help="Lengths of the palindromes; 5,10,15,20,25,30 without it.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seeds 0 to N-1; 3 without it.", show_default=False),
    ] = None,
    hidden: Annotated[int, typer.Option(metavar="H", help="Size of the states.")] = HIDDEN_SIZE,
    digits: Annotated[bool, typer.Option(help="Learn the handwritten digits too.")] = True,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where runs and report go.")
    ] = DEFAULT_FOLDER,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Processes, one thread each; one a core without it.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Lengths 5 and 10, one seed: under a minute.")
    ] = False,
) -> int:  # fmt: skip
    """Trains cells on palindromes of growing length and writes a report.

    Every cell is trained at every length with every seed, and on handwritten digits. Finished
    runs are kept in FOLDER: a lab that was stopped, even killed, goes on where it was when the
    same command is given again. The report is FOLDER/report.html, its figures results.csv.

    A START follows a cell behind a colon: lab, orthogonal, xavier, kaiming, identity, torch or
    normal(0.01), and behind + single parameters, as in orthogonal+b_f=3.

    \b
    For example:
      elman lab
      elman lab --quick
      elman lab --cells gru,lstm:xavier+b_f=1 --lengths 10,20 --seeds 5
      elman lab --cells my-cell.eq --out my-lab
      elman lab --cells 'h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t + c'

    Args:
        cells: The recurrences, each with its starts.
        lengths: Lengths of the palindromes.
        seeds: How many seeds.
        hidden: Size of the states.
        digits: Whether the handwritten digits are learned too.
        out: Folder of the store and the report.
        workers: Number of processes.
        quick: Less of everything.
    Returns:
        0; 1 where a run broke off and will be repeated next time; 130 after Ctrl-C.
    """
    grid = Grid(
        models=read_models(split_cells(cells or [",".join(DEFAULT_CELLS)])),
        lengths=read_lengths(lengths) or (QUICK_LENGTHS if quick else DEFAULT_LENGTHS),
        seeds=_count(seeds, "--seeds") or (1 if quick else DEFAULT_SEEDS),
        hidden_size=_count(hidden, "--hidden", 65_536) or HIDDEN_SIZE,
        digits={} if digits else None,
    )
    count = _count(workers, "--workers") or available_cores()
    planned = make_lab(grid, shlex.join(["elman", *sys.argv[1:]]))
    make_folder(out)
    return run_and_report(planned, _session(out, count))


def _session(out: Path, workers: int) -> Session:
    run = partial(execute, folder=out)
    return Session(out, workers, code_version(), describe_machine(workers), run)


def run_and_report(planned: Lab, session: Session) -> int:
    """Runs what is missing, writes the report, tells where it is, and returns the exit code."""
    interrupted = False
    try:
        with _progress() as progress:
            records = run_lab(planned, session, progress)
    except KeyboardInterrupt:
        interrupted = True
        records = read_lab(planned, session)
    page = write_report(planned, records, session.code_version, session.folder)
    _tell(planned, session, records, page, interrupted=interrupted)
    if interrupted:
        return INTERRUPTED
    return FAILED if any(record.status == CRASHED for record in records.values()) else 0


def _tell(
    planned: Lab, session: Session, records: dict[str, RunRecord], page: Path, *, interrupted: bool
) -> None:
    print()
    for sentence in summarise(rows_of(planned, records, session.code_version)):
        print(f"- {sentence}")
    print(f"\nReport: {page}")
    if interrupted:
        print(f"Stopped with {len(records)} of {len(planned.specs)} runs. To go on:")
        print(f"  {planned.command}")


def _progress() -> Any:
    """A bar on a terminal, lines elsewhere; on standard error, where a pipe does not take them."""
    if sys.stderr.isatty():
        from rich.console import Console

        return BarProgress(Console(stderr=True))
    return LineProgress(lambda line: print(line, file=sys.stderr, flush=True))


def split_cells(words: list[str]) -> list[str]:
    """Splits lists of cells at their commas, and leaves texts of equations whole.

    >>> split_cells(["vanilla,lstm:orthogonal+b_f=3", "h_t = clip(h_{t-1}, -1, 1)"])
    ['vanilla', 'lstm:orthogonal+b_f=3', 'h_t = clip(h_{t-1}, -1, 1)']

    Raises:
        DataError: There is nothing between two commas.
    """
    cells = []
    for word in words:
        parts = [part.strip() for part in word.split(",")]
        is_list = all(re.fullmatch(r"[^=]*(:[A-Za-z][^:\s]*)?", part) for part in parts)
        if is_list and not all(parts):
            raise DataError(
                f"cannot read --cells {word!r}: nothing between two commas\n"
                "  Write cells separated by commas: --cells vanilla,lstm:orthogonal+b_f=3"
            )
        cells += parts if is_list else [word]
    return cells


def read_lengths(word: str | None) -> tuple[int, ...]:
    """Reads `--lengths`; the empty tuple where it is not given.

    >>> read_lengths("5,10")
    (5, 10)

    Raises:
        DataError: A part is no whole number from 2, comes twice, or there are too many.
    """
    if word is None:
        return ()
    parts = [part.strip() for part in word.split(",")]
    lengths = tuple(int(part) for part in parts if part.isdecimal())
    proper = len(lengths) == len(parts) == len(set(lengths)) and min(lengths) >= 2
    if not proper or len(lengths) > _LIMIT:
        raise DataError(
            f"cannot read --lengths {word!r}\n"
            "  Write different whole numbers from 2, separated by commas: --lengths 5,10,20"
        )
    return lengths


def _count(number: int | None, option: str, limit: int = _LIMIT) -> int | None:
    if number is not None and not 1 <= number <= limit:
        raise DataError(
            f"{option} {number} is out of range\n  Give a whole number from 1 to {limit:,}."
        )
    return number
