"""What `elman bench` does: chooses rows, measures them one by one, and shows the table."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from elman.bench.case import read_shape
from elman.bench.cells import CELLS
from elman.bench.measure import WrongResultError
from elman.bench.peers.registry import choose_peers
from elman.bench.records import Record, append_record, read_records, summarise
from elman.bench.run import Session, Settings, rows_for
from elman.bench.table import describe_run, print_tables, progress_line
from elman.bench.targets import SETS, Row, merged, rows_of
from elman.errors import DataError, RecurrenceError

_SHAPES = ("20,128,1,128", "28,128,28,128", "784,64,1,128")
_WIDTH = 150  # of tables that go to a file


@dataclass(frozen=True)
class Options:
    """What the command line asks for.

    Attributes:
        names: Of peers; None for all.
        threads: For each contender; None for all cores.
        quick: Three short rounds.
        bound_only: Whether only peers take part that a bound names.
        rounds: How often each has its turn.
        seconds: Of a turn.
        budget: Minutes after which no row begins.
        clock: What tells the time.
        json_file: Where records go.
        processes: How many measure everything, one after the other.
    """

    names: list[str] | None = None
    threads: int | None = None
    quick: bool = False
    bound_only: bool = False
    rounds: int | None = None
    seconds: float | None = None
    budget: float | None = None
    clock: Callable[[], float] = time.perf_counter
    json_file: Path | None = None
    processes: int = 1

    def settings(self) -> Settings:
        """Returns how to measure.

        Raises:
            DataError: A peer is unknown.
        """
        peers, _ = choose_peers(self.names)
        return Settings(
            tuple(peers),
            self.threads or torch.get_num_threads(),
            self.rounds or (3 if self.quick else 7),
            (0.05 if self.quick else 0.1) if self.seconds is None else self.seconds,
            self.names is not None,
            self.bound_only or self.quick,
            self.clock,
            "processor" if self.clock is time.process_time else "wall",
        )


def choose_rows(
    sets: Sequence[str] | None,
    cells: Sequence[str] | None,
    shapes: Sequence[str] | None,
    mode: str,
    last: bool,
) -> list[Row]:
    """Returns the rows that are asked for; cells and shapes choose among those of a set.

    Raises:
        DataError: A set, a cell or a shape is unknown, or nothing is left.
    """
    sizes = [read_shape(text) for text in shapes or ()]
    names = [name for word in cells or () for name in _words(word)]
    if not sets:
        sizes = sizes or [read_shape(text) for text in _SHAPES]
        return rows_for(names or list(CELLS), sizes, mode, last)
    rows = merged(row for name in sets for row in rows_of(name))
    rows = [row for row in rows if not names or row.case.cell in names]
    rows = [row for row in rows if not shapes or read_shape(row.case.shape) in sizes]
    rows = [row for row in rows if not last or row.case.last]
    if not rows:
        raise DataError(
            f"no row is left of the set {', '.join(sets)}\n"
            "  elman bench --set NAME --list shows its rows."
        )
    return rows


def _words(word: str) -> list[str]:
    """Splits names at commas; a text or a file stays whole."""
    return word.split(",") if all(part in CELLS for part in word.split(",")) else [word]


def print_list(rows: Sequence[Row], options: Options) -> int:
    """Prints rows, sets, cells and peers, and returns 0."""
    peers, missing = choose_peers(options.names)
    print(f"sets: {', '.join(SETS)}")
    print(f"cells: {', '.join(CELLS)}")
    print(f"peers: {', '.join(peer.name for peer in peers)}")
    print(f"not installed: {', '.join(missing) or 'none'}")
    for row in rows:
        bounds = ", ".join(
            f"{target.of} {'≤' if target.at_most else '≥'} {target.least:g}"
            for target in row.targets
        )
        print(f"{row.kind}: {row.case.title}" + (f"  ({bounds})" if bounds else ""))
    return 0


def run(rows: Sequence[Row], options: Options) -> int:
    """Measures rows and prints their table; Ctrl-C keeps what was measured.

    Returns:
        0; 1 where a result of elman's was wrong; 2 where one of several rows was no recurrence of
        these sizes; 130 after Ctrl-C.
    """
    _, missing = choose_peers(options.names)
    errors = Console(stderr=True)
    if missing:
        errors.print(f"not installed: {', '.join(missing)} (pip install elman\\[bench])")
    options.settings()  # refuses unknown names before any process starts
    records: list[Record] = []
    if options.processes == 1:
        code = _measure_all(rows, options, 0, records, errors)
    else:
        code = _in_processes(rows, options, records)
    out = Console(width=None if sys.stdout.isatty() else _WIDTH)
    if records:
        out.print(describe_run(records[-1]), highlight=False)
        print_tables(out, summarise(records, rows))
    return code


def _in_processes(rows: Sequence[Row], options: Options, records: list[Record]) -> int:
    """Measures everything in several fresh processes, one after the other."""
    code = 0
    budget = None if options.budget is None else options.budget / options.processes
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.processes):
            path = Path(folder) / f"{number}.jsonl"
            each = replace(options, budget=budget)
            process = multiprocessing.get_context("spawn").Process(
                target=_process, args=(tuple(rows), each, number, path)
            )
            process.start()
            try:
                process.join()
            except KeyboardInterrupt:
                process.join()  # it has been told too, and writes nothing more
                code = 130
            records += read_records([path]) if path.exists() else []
            code = code or abs(process.exitcode or 0)
            if code == 130:
                break
    return code


def _process(rows: tuple[Row, ...], options: Options, number: int, path: Path) -> None:
    """Is what one of several processes does: measures all rows and writes its records."""
    records: list[Record] = []
    code = _measure_all(rows, options, number, records, Console(stderr=True))
    for record in records:
        append_record(path, record)
    sys.exit(code)


def _measure_all(
    rows: Sequence[Row], options: Options, number: int, records: list[Record], errors: Console
) -> int:
    """Measures row by row until all are done, the time is up, or Ctrl-C.

    Args:
        rows: What is measured.
        options: How.
        number: Of the process.
        records: Gets one record for each row.
        errors: Gets a line for each row.
    """
    started = time.monotonic()
    code = 0
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    text = TextColumn("{task.description}", markup=False)
    try:
        session = Session(options.settings(), number)
        with Progress(*columns, text, console=errors, transient=True) as progress:
            bar = progress.add_task("", total=len(rows))
            for place, row in enumerate(rows):
                if _time_is_up(started, options.budget):
                    left = ", ".join(later.case.title for later in rows[place:])
                    errors.print(f"the time is up; not measured: {left}", highlight=False)
                    break
                progress.update(bar, description=f"{row.kind}: {row.case.title}")
                several = len(rows) > 1
                code = max(code, _measure_row(row, session, options, records, errors, several))
                progress.advance(bar)
    except KeyboardInterrupt:
        return 130
    return code


def _time_is_up(started: float, budget: float | None) -> bool:
    return budget is not None and time.monotonic() - started >= 60 * budget


def _measure_row(
    row: Row,
    session: Session,
    options: Options,
    records: list[Record],
    errors: Console,
    several: bool,
) -> int:
    try:
        record = session.measure(row)
    except WrongResultError as error:
        errors.print(f"WRONG, not timed: {row.case.title}: {error}", style="bold red")
        return 1
    except RecurrenceError as error:
        if several:
            # One text of many does not stop the others; the exit code tells.
            errors.print(f"not measured: {row.case.title}", style="bold red", markup=False)
            errors.print(str(error), highlight=False, markup=False)
            return 2
        raise
    records.append(record)
    if options.json_file is not None:
        append_record(options.json_file, record)
    line = f"{row.case.title}: {progress_line(record)}"
    errors.print(line, highlight=False, markup=False, soft_wrap=True)
    return 0
