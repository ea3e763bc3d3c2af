"""`elman train`: one recurrence, one task, one run."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from elman.cli import arguments
from elman.cli.boundary import INTERRUPTED
from elman.errors import DataError

if TYPE_CHECKING:
    from elman.lab.settings import Settings
    from elman.nn import RecurrentModule
    from elman.tasks.base import AbstractTask
    from elman.train.config import TrainConfig
    from elman.train.result import TrainResult

DEFAULT_FOLDER = Path("elman-runs")
RESULT_NAME, WEIGHTS_NAME = "result.json", "weights.safetensors"


Task: TypeAlias = Annotated[
    str, typer.Argument(metavar="TASK", help="palindrome, mnist, series, ...")
]
Cell: TypeAlias = Annotated[
    str, typer.Option(metavar="EQUATIONS", help="Equations, a file, - for standard input, a cell.")
]
Length: TypeAlias = Annotated[
    int | None, typer.Option(metavar="T", help="Length, where the task has one (10 without it).")
]
Encoding: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="How palindromes are read: scalar or one-hot.")
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Your series or text, or the folder with MNIST.",
        show_default=False,
    ),
]
Set: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE,...",
        help="Other settings of the training and options of the task; none switches one off.",
        show_default=False,
    ),
]
Hidden: TypeAlias = Annotated[int, typer.Option(metavar="H", help="Size of states not in --sizes.")]
Init: TypeAlias = Annotated[
    str, typer.Option(metavar="START", help="How parameters start: lab, orthogonal+b_f=3, ...")
]
Steps: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="Most steps (2000).")]
Rate: TypeAlias = Annotated[
    float | None, typer.Option(metavar="RATE", help="Learning rate (0.001).")
]
BatchSize: TypeAlias = Annotated[
    int | None, typer.Option(metavar="B", help="Sequences in a batch (128).")
]
Optimizer: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="adam, rmsprop or sgd (adam).")
]
Schedule: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="constant, linear, cosine or step (constant).")
]
Clip: TypeAlias = Annotated[
    float | None, typer.Option(metavar="NORM", help="Bound on the gradient's norm (1); 0 for none.")
]
Seed: TypeAlias = Annotated[int, typer.Option(metavar="N", help="Seed of start and batches.")]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where checkpoints and results go; a new folder in elman-runs without it.",
    ),
]
Resume: TypeAlias = Annotated[
    bool, typer.Option("--resume", help="Go on from the checkpoint in FOLDER.")
]


def train(
    task: Task,
    cell: Cell = "vanilla",
    length: Length = None,
    encoding: Encoding = None,
    data: Data = None,
    settings: Set = None,
    sizes: arguments.Sizes = None,
    hidden: Hidden = 128,
    init: Init = "orthogonal",
    steps: Steps = None,
    lr: Rate = None,
    batch_size: BatchSize = None,
    optimizer: Optimizer = None,
    schedule: Schedule = None,
    clip: Clip = None,
    seed: Seed = 0,
    out: Out = None,
    resume: Resume = False,
) -> int:
    """Trains one recurrence on one task.

    Training stops when the loss has converged or at the step limit; the accuracy reported is that
    on held-out data, of the state that was best on validation. Ctrl-C leaves a checkpoint, and
    --resume goes on from it to the same bits.

    \b
    For example:
      elman train palindrome --length 20 --cell lstm --init orthogonal+b_f=3
      elman train digits --cell "h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t"
      elman train palindrome --cell my-cell.eq --out run --resume
      elman train series --data my.csv --cell gru --set batch_size=16

    Args:
        task: Name of a task.
        cell: The recurrence.
        length: T of the palindromes.
        encoding: Of the palindromes.
        data: Where the task's data lie.
        settings: By name.
        sizes: Sizes by name.
        hidden: State size.
        init: The start.
        steps: Step limit.
        lr: Learning rate.
        batch_size: B.
        optimizer: Name.
        schedule: Name.
        clip: Bound.
        seed: Seed.
        out: Folder.
        resume: Whether to go on.
    Returns:
        0, or 130 after Ctrl-C.
    """
    recurrence = arguments.read_recurrence(cell)
    given = arguments.read_sizes(sizes)
    chosen = _read_settings(task, settings)
    made = _make_task(task, {"length": length, "encoding": encoding, "data": data}, chosen.task)
    config = _config(
        chosen.training,
        seed=seed,
        max_steps=steps,
        learning_rate=lr,
        batch_size=batch_size,
        optimizer=optimizer,
        schedule=schedule,
        clip_norm=clip,
    )
    network = _make_network(recurrence, made, hidden, given, init, seed)
    folder = _choose_folder(out, resume, task)
    result = _train(network, made, config, folder, resume)
    print(f"Checkpoint, weights and figures: {folder}")
    if not result.interrupted:
        return 0
    print(f"To go on:\n  {_resuming_command(sys.argv, folder, out, resume)}")
    return INTERRUPTED


def _read_settings(task: str, words: list[str] | None) -> Settings:
    from elman.lab.settings import read_settings
    from elman.tasks import options

    elsewhere = {"seed": "--seed", "length": "--length", "data": "--data"}
    return read_settings(words or [], options(task), elsewhere)


def _make_task(name: str, given: Mapping[str, Any], own: Mapping[str, Any]) -> AbstractTask:
    """Returns the task; what was not given keeps its default."""
    from elman.tasks import make, options

    named = {key: value for key, value in given.items() if value is not None}
    if options(name).get("length") is ...:
        named.setdefault("length", 10)
    if "data" in named:
        named["data"] = str(named["data"])
    elif options(name).get("data") is ...:
        raise DataError(f"the task {name} reads a file of yours\n  Name it: --data FILE.")
    task = make(name, **own, **named)
    task.prepare()
    return task


def _config(settings: Mapping[str, Any], *, clip_norm: float | None, **given: Any) -> TrainConfig:
    """Returns the settings, those of `--set` last; what was not given keeps its default."""
    from elman.train.config import TrainConfig

    chosen = {key: value for key, value in given.items() if value is not None}
    if clip_norm is not None:
        chosen["clip_norm"] = clip_norm or None
    return TrainConfig(**{**chosen, **settings})


def _make_network(
    recurrence: Any,
    task: AbstractTask,
    hidden: int,
    sizes: dict[str, int],
    init: str,
    seed: int,
) -> RecurrentModule:
    import torch

    from elman.lab.sizes import choose_sizes
    from elman.lab.starts import read_start
    from elman.nn import module

    if hidden < 1:
        raise DataError(f"--hidden {hidden} is out of range\n  Give a whole number from 1.")
    chosen = choose_sizes(recurrence, task.input_size, task.output_size, hidden, sizes)
    torch.manual_seed(seed)
    return module(recurrence, sizes=chosen, init=read_start(init))


def _train(
    network: RecurrentModule, task: AbstractTask, config: TrainConfig, folder: Path, resume: bool
) -> TrainResult:
    """Trains and leaves checkpoint, best weights and figures in the folder."""
    from elman.nn.weights import to_safetensors
    from elman.train.atomic import write_atomically
    from elman.train.loop import train as run
    from elman.train.progress import make_progress

    progress = make_progress(sys.stdout)
    result = run(network, task, config, checkpoint_folder=folder, resume=resume, progress=progress)
    figures = dataclasses.asdict(result) | {"equations": network.recurrence.plain()}
    write_atomically(folder / WEIGHTS_NAME, to_safetensors(network))
    write_atomically(folder / RESULT_NAME, (json.dumps(figures, indent=2) + "\n").encode())
    return result


def _choose_folder(out: Path | None, resume: bool, task: str) -> Path:
    """Returns the folder that was named, or one that does not exist yet."""
    if out is not None:
        return out
    if resume:
        raise DataError("--resume needs the folder of the run\n  Add --out FOLDER.")
    places = (DEFAULT_FOLDER / f"{task}-{number}" for number in count(1))
    return next(place for place in places if not place.exists())


def _resuming_command(words: list[str], folder: Path, out: Path | None, resume: bool) -> str:
    added = ([] if out is not None else ["--out", str(folder)]) + ([] if resume else ["--resume"])
    return shlex.join(["elman", *words[1:], *added])
