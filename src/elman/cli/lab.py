"""`elman lab`: the labs by name, with their reports."""

from __future__ import annotations

import re
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from elman.cli.boundary import FAILED, INTERRUPTED
from elman.errors import DataError
from elman.lab.analyses import analyse_runs, choose_runs, read_analyses
from elman.lab.execute import execute
from elman.lab.named import better
from elman.lab.named.presets import PRESETS
from elman.lab.named.registry import DEFAULT, find_lab
from elman.lab.options import LabOptions
from elman.lab.pool import WorkerPool
from elman.lab.progress import BarProgress, LineProgress
from elman.lab.record import CRASHED, RunRecord
from elman.lab.session import Session, make_folder, read_lab, run_lab
from elman.lab.settings import read_settings
from elman.lab.spec import Lab
from elman.lab.versions import available_cores, code_version, describe_machine
from elman.report.notebook.write import NOTEBOOK_NAME, write_notebook
from elman.report.rows import Row, rows_of
from elman.report.sections.published import tell_published
from elman.report.summary import summarise
from elman.report.write import write_report

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis

DEFAULT_FOLDER = "lab-report"
_WITH_PRESETS = "published"
_LIMIT = 1000  # of seeds, lengths and workers
_LONGEST = 100_000  # minutes of a budget
_LISTED = 10  # runs that were not reached, by name

Name: TypeAlias = Annotated[
    str, typer.Argument(metavar="[NAME]", help="Which lab; see above.", show_default=False)
]
Cells: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--cells",
        metavar="CELL[:START],...",
        help="Cells of the catalogue, files, or one text of equations (then once a text).",
        show_default=False,
    ),
]
Lengths: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="T,...", help="Lengths of the palindromes.", show_default=False),
]
Seeds: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="N", help="Seeds 0 to N-1; 3 without it.", show_default=False),
]
Hidden: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="H", help="Size of the states; 128 without it.", show_default=False),
]
Preset: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...", help="Presets of the lab published; see above.", show_default=False
    ),
]
Data: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Folder with the files of MNIST, or a text; may be given twice.",
        show_default=False,
    ),
]
Set: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE,...",
        help="Settings of the training and options of the tasks; none switches one off.",
        show_default=False,
    ),
]
DigitsToo: TypeAlias = Annotated[bool, typer.Option(help="Learn the handwritten digits too.")]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where runs and report go; lab-report, for another lab lab-report-NAME, without it.",
        show_default=False,
    ),
]
Budget: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="MINUTES",
        help="Stop after so long, and say what was not reached.",
        show_default=False,
    ),
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Processes, one thread each; one a core without it.", show_default=False
    ),
]
Quick: TypeAlias = Annotated[
    bool, typer.Option("--quick", help="Short sequences, one seed: to see what it is like.")
]


def lab(
    name: Name = DEFAULT,
    cells: Cells = None,
    lengths: Lengths = None,
    seeds: Seeds = None,
    hidden: Hidden = None,
    preset: Preset = None,
    data: Data = None,
    settings: Set = None,
    digits: DigitsToo = True,
    out: Out = None,
    budget: Budget = None,
    workers: Workers = None,
    quick: Quick = False,
) -> int:
    """Trains many networks to answer one question, and writes a report.

    \b
    The labs:
      length      accuracy against sequence length, 5 to 100, and handwritten
                  digits (the default)
      thousand    a thousand steps, then tested untrained at 10,000 and 100,000
      better      what each option of the training brings: on, and off
      clipping    a network whose loss stops decreasing, the same with clipping
      truncation  what a short window of gradients saves, and what it costs
      published   tasks of the literature beside published figures; --preset
                  names them: adding, copying, row, rowold (these four without
                  it; minutes), pixel, permuted (hours), characters (with
                  --data FILE), all

    Finished runs are kept in FOLDER: a lab that was stopped, even killed, goes on where it was
    when the same command is given again. The report is FOLDER/report.html, its figures
    results.csv.

    A START follows a cell behind a colon: lab, orthogonal, xavier, kaiming, identity, torch or
    normal(0.01), and behind + single parameters, as in orthogonal+b_f=3.

    \b
    For example:
      elman lab
      elman lab --quick
      elman lab thousand --cells vanilla --seeds 5
      elman lab better --lengths 100 --budget 30
      elman lab --cells gru,lstm:xavier+b_f=1 --lengths 10,20 --seeds 5
      elman lab published --preset row,characters --data mnist --data text.txt
      elman lab clipping --cells my-cell.eq --set batch_size=64,max_steps=500
      elman lab --cells 'h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t + c'

    Args:
        name: Which lab.
        cells: The recurrences, each with its starts.
        lengths: Lengths of the palindromes.
        seeds: How many seeds.
        hidden: Size of the states.
        preset: Presets of the lab published.
        data: Where its data lie.
        settings: Training settings and options of tasks.
        digits: Whether the handwritten digits are learned too.
        out: Folder of the store and the report.
        budget: Minutes.
        workers: Number of processes.
        quick: Less of everything.
    Returns:
        0; 1 where a run broke off and will be repeated next time; 130 after Ctrl-C.
    """
    chosen = LabOptions(
        cells=tuple(split_cells(cells or [])),
        lengths=read_lengths(lengths),
        seeds=_count(seeds, "--seeds"),
        hidden_size=_count(hidden, "--hidden", 65_536),
        presets=_read_presets(name, preset),
        data=_read_data(name, data),
        settings=read_settings(settings or [], _task_options()),
        digits=digits,
        quick=quick,
        command=shlex.join(["elman", *sys.argv[1:]]),
    )
    return _plan_and_run(name, chosen, out, _count(workers, "--workers"), _seconds(budget))


def _plan_and_run(
    name: str, chosen: LabOptions, out: Path | None, workers: int | None, seconds: float | None
) -> int:
    planned = find_lab(name).make(chosen)
    folder = out or Path(DEFAULT_FOLDER if name == DEFAULT else f"{DEFAULT_FOLDER}-{name}")
    make_folder(folder)
    _prepare(planned)
    return run_and_report(planned, _session(folder, workers or available_cores(), seconds))


def _task_options() -> set[str]:
    from elman.tasks import names, options

    return {option for task in names() for option in options(task)}


def _read_presets(lab_name: str, word: str | None) -> tuple[str, ...]:
    if word is None:
        return ()
    _refuse_elsewhere(lab_name, "--preset")
    return tuple(dict.fromkeys(part.strip() for part in word.split(",")))


def _read_data(lab_name: str, paths: list[str] | None) -> tuple[str, ...]:
    if not paths:
        return ()
    _refuse_elsewhere(lab_name, "--data")
    return tuple(paths)


def _refuse_elsewhere(lab_name: str, option: str) -> None:
    if lab_name != _WITH_PRESETS:
        raise DataError(
            f"the lab {lab_name} has no {option}\n  elman lab {_WITH_PRESETS} has: its presets are "
            f"{', '.join(PRESETS)}."
        )


def _prepare(planned: Lab) -> None:
    """Reads or downloads the data of all tasks, so that what is wrong is told before any run."""
    from elman.tasks import make

    tasks = {repr((spec.task, spec.options)): spec for spec in planned.specs}
    for spec in tasks.values():
        if "data" in spec.options or spec.task == "mnist":
            make(spec.task, **spec.options).prepare()


def _session(out: Path, workers: int, seconds: float | None) -> Session:
    run = partial(execute, folder=out)
    machine = describe_machine(workers)
    return Session(out, WorkerPool(workers), code_version(), machine, run, seconds)


def run_and_report(planned: Lab, session: Session) -> int:
    """Runs what is missing, writes the report, tells where it is, and returns the exit code."""
    interrupted = False
    with session.pool:
        try:
            with _progress() as progress:
                records = run_lab(planned, session, progress)
        except KeyboardInterrupt:
            interrupted = True
            records = read_lab(planned, session)
        analyses = _look_at_networks(planned, records, session, compute=not interrupted)
    beside = _better_beside(planned, session)
    report = partial(
        write_report, planned, records, session.code_version, session.folder, analyses, beside
    )
    if interrupted:
        page = report()
    else:
        rows = rows_of(planned, records, session.code_version)
        page, trouble = write_notebook(planned, rows, session.folder, meanwhile=report)
        if trouble:
            print(f"a cell of {page.with_name(NOTEBOOK_NAME)} failed: {trouble}", file=sys.stderr)
    _tell(planned, session, records, page, interrupted=interrupted)
    if interrupted:
        return INTERRUPTED
    return FAILED if any(record.status == CRASHED for record in records.values()) else 0


def _look_at_networks(
    planned: Lab, records: dict[str, RunRecord], session: Session, *, compute: bool
) -> dict[str, Analysis]:
    """What is found in some of the trained networks; only what is stored where time is over."""
    rows = rows_of(planned, records, session.code_version)
    chosen = choose_runs(row.record for row in rows if row.record is not None)
    if compute:
        try:
            return analyse_runs(
                chosen, session.folder, session.pool,
                lambda line: print(line, file=sys.stderr, flush=True),
            )  # fmt: skip
        except KeyboardInterrupt:  # the runs are done: the report is written with what there is
            print("stopped looking at networks", file=sys.stderr)
    return read_analyses((record.key for record in chosen), session.folder)


def _better_beside(planned: Lab, session: Session) -> list[Row]:
    """The runs of the lab `better`, where its folder lies beside this one."""
    if planned.name == "better":
        return []
    folder = session.folder.parent / f"{DEFAULT_FOLDER}-better"
    return [Row(record.spec, record) for record in better.read_runs(folder, session.code_version)]


def _tell(
    planned: Lab, session: Session, records: dict[str, RunRecord], page: Path, *, interrupted: bool
) -> None:
    print()
    rows = rows_of(planned, records, session.code_version)
    for sentence in [*summarise(rows), *tell_published(planned, rows)]:
        print(f"- {sentence}")
    print(f"\nReport: {page}")
    notebook = page.with_name(NOTEBOOK_NAME)
    if notebook.is_file():
        print(f"Notebook: {notebook}")
    missing = [
        spec.title for spec in planned.specs if spec.key(session.code_version) not in records
    ]
    if missing and not interrupted:
        assert session.seconds is not None, "internal: runs are missing without a budget"
        print(f"{session.seconds / 60:g} minutes were not enough for {_runs(len(missing))}:")
        for title in missing[:_LISTED]:
            print(f"  {title}")
        if missing[_LISTED:]:
            print(f"  and {len(missing) - _LISTED} more")
        print(f"To go on:\n  {planned.command}")
    if interrupted:
        print(f"Stopped with {len(records)} of {len(planned.specs)} runs. To go on:")
        print(f"  {planned.command}")


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


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


def _seconds(minutes: float | None) -> float | None:
    if minutes is None:
        return None
    if not 0 < minutes <= _LONGEST:
        raise DataError(
            f"--budget {minutes:g} is out of range\n"
            f"  Give minutes, above 0 and at most {_LONGEST:,}."
        )
    return 60 * minutes


def _count(number: int | None, option: str, limit: int = _LIMIT) -> int | None:
    if number is not None and not 1 <= number <= limit:
        raise DataError(
            f"{option} {number} is out of range\n  Give a whole number from 1 to {limit:,}."
        )
    return number
