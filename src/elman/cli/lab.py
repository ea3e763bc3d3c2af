"""`elman lab`: accuracy against sequence length, over cells, starts, lengths and seeds."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman.errors import DataError

if TYPE_CHECKING:
    from elman.lab.labs import Grid
    from elman.lab.session import Session
    from elman.lab.spec import Lab

MAX_LENGTH = 100_000
MAX_SEEDS = 1000


def lab(
    cells: Annotated[
        str | None,
        typer.Option(
            metavar="CELL,...",
            help="Cells or files, each with a start behind a colon if wanted: "
            "vanilla:orthogonal,lstm:orthogonal+b_f=3.",
        ),
    ] = None,
    cell: Annotated[
        list[str] | None,
        typer.Option(metavar="EQUATIONS", help="A cell as equations; can be given several times."),
    ] = None,
    lengths: Annotated[
        str | None, typer.Option(metavar="T,...", help="Lengths of the palindromes: 5,10,15.")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Number of seeds, from 0.")] = 3,
    hidden: Annotated[int, typer.Option(metavar="H", help="Size of the states.")] = 128,
    digits: Annotated[bool, typer.Option(help="Learn the handwritten digits too.")] = True,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where runs and report are kept.")
    ] = Path("lab-report"),
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes; one a core without it.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Lengths 5 and 10, one seed.")] = False,
) -> None:
    """Trains cells on palindromes of growing length and writes a report.

    Every finished run is kept in FOLDER, so a lab that was stopped goes on where it was, and a
    larger one only adds what is new. Ctrl-C keeps what is finished and still writes the report.

    elman lab

    elman lab --cells vanilla:lab,lstm --lengths 5,10,20 --seeds 1 --out my-lab

    elman lab --cell "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t" --lengths 10

    Args:
        cells: Names or files, with starts.
        cell: Equations.
        lengths: Palindrome lengths.
        seeds: How many seeds.
        hidden: State size.
        digits: Whether the digits are learned too.
        out: The folder.
        workers: Processes.
        quick: A small lab.
    """
    from elman.lab.labs import make_lab
    from elman.lab.session import Session, read_lab, run_lab
    from elman.lab.versions import available_cores, code_version, describe_machine
    from elman.report.write import TABLE_NAME, write_report

    grid = _grid(cells, cell, lengths, _within("--seeds", seeds, MAX_SEEDS), hidden, digits, quick)
    count = workers or available_cores()
    _within("--workers", count, 1024)
    this = make_lab(grid, shlex.join(["elman", *sys.argv[1:]]))
    session = Session(out, count, code_version(), describe_machine(count), _execute())
    stopped = False
    try:
        with _progress() as progress:
            records = run_lab(this, session, progress)
    except KeyboardInterrupt:
        stopped = True
        records = read_lab(this, session)
    page = write_report(this, records, session.code_version, out)
    _conclude(this, session, len(records), page, out / TABLE_NAME, stopped=stopped)


def _execute() -> Any:
    from elman.lab.execute import execute

    return execute


def _grid(
    cells: str | None,
    cell: list[str] | None,
    lengths: str | None,
    seeds: int,
    hidden: int,
    digits: bool,
    quick: bool,
) -> Grid:
    from elman.lab.labs import (
        DEFAULT_CELLS,
        DEFAULT_LENGTHS,
        QUICK_LENGTHS,
        Grid,
        read_models,
    )

    named = [part.strip() for part in cells.split(",") if part.strip()] if cells else []
    chosen = [*named, *(cell or [])] or list(DEFAULT_CELLS)
    default = QUICK_LENGTHS if quick else DEFAULT_LENGTHS
    return Grid(
        models=read_models(chosen),
        lengths=_lengths(lengths) if lengths else default,
        seeds=1 if quick else seeds,
        digits=digits,
        hidden_size=_within("--hidden", hidden, 65_536),
    )


def _lengths(word: str) -> tuple[int, ...]:
    """Reads `--lengths`.

    >>> _lengths("5, 20,10")
    (5, 10, 20)
    """
    lengths = set()
    for part in word.split(","):
        if not part.strip().isdecimal() or not 2 <= int(part) <= MAX_LENGTH:
            raise DataError(
                f"cannot read {part.strip()!r} in --lengths {word}\n"
                f"  Write whole numbers from 2 to {MAX_LENGTH:,}: --lengths 5,10,20"
            )
        lengths.add(int(part))
    return tuple(sorted(lengths))


def _within(option: str, value: int, limit: int) -> int:
    if not 1 <= value <= limit:
        raise DataError(
            f"{option} {value} is out of range\n  Give a whole number from 1 to {limit:,}."
        )
    return value


def _progress() -> Any:
    from elman.lab.progress import BarProgress, LineProgress

    if not sys.stderr.isatty():
        return LineProgress(lambda line: print(line, flush=True))
    from rich.console import Console

    return BarProgress(Console(stderr=True))


def _conclude(
    this: Lab, session: Session, stored: int, page: Path, table: Path, *, stopped: bool
) -> None:
    """Says what there is, and where."""
    missing = len(this.specs) - stored
    if stopped:
        print(f"\nStopped; {stored} of {len(this.specs)} runs are kept.")
        print(f"The same command goes on with the other {missing}.")
    print(f"\nThe report: {page.resolve()}")
    print(f"The figures: {table.resolve()}")
    if stopped:
        raise typer.Exit(130)
