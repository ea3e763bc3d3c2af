"""`elman bench`: elman beside torch, JAX and others, on this machine."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from elman.errors import DataError

Action = Annotated[
    str, typer.Argument(help="run, write, check, verbs", metavar="[ACTION]", show_default=False)
]
Words = Annotated[
    list[str] | None,
    typer.Argument(help="Files for write, a git ref for check.", metavar="[WORDS]"),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", help="Rows with bounds: core, wide, train, ...; see --list."),
]
Cells = Annotated[
    list[str] | None,
    typer.Option("--cells", help="Names with commas, or a file or equations; may be repeated."),
]
Shapes = Annotated[
    list[str] | None, typer.Option("--shapes", metavar="T,B,I,H", help="May be repeated.")
]
Train = Annotated[
    bool, typer.Option("--train/--inference", help="With all gradients, or forward alone.")
]
Last = Annotated[bool, typer.Option("--last", help="Only the last step's output enters the loss.")]
Peers = Annotated[
    str | None, typer.Option("--peers", help="Names with commas; all that are installed.")
]
Threads = Annotated[
    int | None, typer.Option("--threads", help="For each contender; all cores.", min=1)
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Three short rounds, only peers that a bound names.")
]
Rounds = Annotated[int | None, typer.Option("--rounds", help="Turns of each.", min=1)]
Seconds = Annotated[float | None, typer.Option("--seconds", help="Of a turn, about.", min=0.0)]
Processes = Annotated[
    int, typer.Option("--processes", help="Measure all again in as many fresh processes.", min=1)
]
Budget = Annotated[
    float | None, typer.Option("--budget", metavar="MINUTES", help="Begin nothing after that.")
]
CpuTime = Annotated[
    bool, typer.Option("--cpu-time", help="Count processor time, on a busy machine.")
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Add one line a measurement.")
]
List = Annotated[
    bool, typer.Option("--list", help="Say what would be measured, and what is installed.")
]
_MEASUREMENTS = Path("docs/measurements")


def bench(
    action: Action = "run",
    words: Words = None,
    set_: Sets = None,
    cells: Cells = None,
    shapes: Shapes = None,
    train: Train = True,
    last: Last = False,
    peers: Peers = None,
    threads: Threads = None,
    quick: Quick = False,
    rounds: Rounds = None,
    seconds: Seconds = None,
    processes: Processes = 1,
    budget: Budget = None,
    cpu_time: CpuTime = False,
    json_file: JsonFile = None,
    list_: List = False,
) -> int:
    """Measures elman beside torch.nn, loops, JAX and ONNX Runtime.

    Every result is compared with float64 before anything is timed, and what is wrong is not timed
    at all. Then contenders take turns in one process. The table shows how many times longer the
    others take, beside the bound where the row has one: `2.71 ≥ 2.5`.

    elman bench --set core --quick             common cells at common sizes, two minutes

    elman bench --set wide --processes 3       everything that has a bound, an hour

    elman bench --cells my.eq --shapes 100,32,64,256 --json results.jsonl

    elman bench write [FILES]                  the figures of docs/performance.md and README.md

    elman bench check main                     what became slower since a git ref

    Args:
        action: What to do.
        words: What to do it with.
        set_: Named sets of rows.
        cells: Names, files or texts.
        shapes: T,B,I,H each.
        train: Train steps, or inference.
        last: Loss at the last step.
        peers: Their names.
        threads: For each contender.
        quick: Short.
        rounds: How often each has its turn.
        seconds: Of a turn.
        processes: How many.
        budget: Minutes.
        cpu_time: Which clock.
        json_file: Where records go.
        list_: Only say what there is.
    """
    if action in ("verbs", "write"):
        return _without_measuring(action, words or [])
    limit_cores(threads)
    if action == "check":
        return _check(words or [], cells, shapes, threads, rounds, seconds)
    if action != "run" or words:
        given = " ".join([action, *(words or [])])
        raise DataError(f"there is no action {given!r}\n  Choose among run, write, check, verbs.")
    from elman.bench import command

    rows = command.choose_rows(set_, cells, shapes, "train" if train else "inference", last)
    options = command.Options(
        names=None if peers is None else [name.strip() for name in peers.split(",")],
        threads=threads,
        quick=quick,
        bound_only=set_ == ["core"],
        rounds=rounds,
        seconds=seconds,
        budget=budget,
        clock=time.process_time if cpu_time else time.perf_counter,
        json_file=json_file,
        processes=processes,
    )
    return command.print_list(rows, options) if list_ else command.run(rows, options)


def _without_measuring(action: str, words: list[str]) -> int:
    """Writes the pages of figures, or times verbs."""
    if action == "verbs":
        from elman.bench.verbs import time_verbs

        time_verbs()
        return 0
    from elman.bench.page import write_pages

    files = [Path(word) for word in words] or sorted(_MEASUREMENTS.glob("*.jsonl"))
    write_pages(files, Path("docs/performance.md"), Path("README.md"))
    return 0


def _check(
    words: list[str],
    cells: list[str] | None,
    shapes: list[str] | None,
    threads: int | None,
    rounds: int | None,
    seconds: float | None,
) -> int:
    """Compares the working tree with a git ref."""
    if len(words) != 1:
        raise DataError("name one git ref\n  elman bench check main")
    from elman.bench import check

    rows = check.choose_cases(cells, shapes)
    return check.check_ref(
        words[0], rows, threads, rounds or 15, 0.05 if seconds is None else seconds
    )


def limit_cores(threads: int | None) -> None:
    """Keeps this process on as many cores, before anything starts threads, where that is known.

    JAX has no other way to be told.
    """
    if threads is not None and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, set(cores[:threads]))
