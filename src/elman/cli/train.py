"""`elman train`: one recurrence, one task, one run."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elman.cli import arguments
from elman.errors import DataError

if TYPE_CHECKING:
    from elman.nn import RecurrentModule
    from elman.tasks.base import AbstractTask
    from elman.train.config import TrainConfig
    from elman.train.result import TrainResult

RESULT_NAME, WEIGHTS_NAME = "result.json", "weights.safetensors"


def train(
    task: Annotated[str, typer.Argument(metavar="TASK", help="palindrome or digits.")],
    cell: Annotated[
        str,
        typer.Option(metavar="EQUATIONS", help="Equations, a file, - for standard input, a cell."),
    ] = "vanilla",
    length: Annotated[
        int | None, typer.Option(metavar="T", help="Length of the palindromes (10 without it).")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="How palindromes are read: scalar or one-hot.")
    ] = None,
    sizes: arguments.Sizes = None,
    hidden: Annotated[int, typer.Option(metavar="H", help="Size of states not in --sizes.")] = 128,
    init: Annotated[
        str, typer.Option(metavar="START", help="How parameters start: lab, orthogonal+b_f=3, ...")
    ] = "orthogonal",
    steps: Annotated[int | None, typer.Option(help="Most steps.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Sequences in a batch.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam, rmsprop or sgd.")] = None,
    schedule: Annotated[str | None, typer.Option(help="constant, linear, cosine or step.")] = None,
    clip: Annotated[
        float | None, typer.Option(help="Bound on the gradient's norm; 0 for none.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of start and batches.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where checkpoints and results go.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in FOLDER.")
    ] = False,
) -> None:
    """Trains one recurrence on one task.

    Training stops when the loss has converged or at the step limit; the accuracy reported is that
    on held-out data, of the state that was best on validation. With --out, Ctrl-C leaves a
    checkpoint and --resume goes on from it to the same bits.

    elman train palindrome --length 20 --cell lstm --init orthogonal+b_f=3

    elman train digits --cell "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t + c"

    elman train palindrome --cell my-cell.eq --out run --resume

    Args:
        task: Name of a task.
        cell: The recurrence.
        length: T of the palindromes.
        encoding: Of the palindromes.
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
    """
    import torch

    from elman.lab.sizes import choose_sizes
    from elman.lab.starts import read_start
    from elman.nn import module
    from elman.train.loop import train as run
    from elman.train.progress import make_progress

    if resume and out is None:
        raise DataError("--resume needs the folder of the run\n  Add --out FOLDER.")
    recurrence = arguments.read_recurrence(cell)
    made = _make_task(task, length, encoding)
    given = arguments.read_sizes(sizes)
    chosen = choose_sizes(recurrence, made.input_size, made.output_size, hidden, given)
    torch.manual_seed(seed)
    network = module(recurrence, sizes=chosen, init=read_start(init))
    config = _config(
        seed=seed,
        max_steps=steps,
        learning_rate=lr,
        batch_size=batch_size,
        optimizer=optimizer,
        schedule=schedule,
        clip_norm=clip,
    )
    progress = make_progress(sys.stdout)
    result = run(network, made, config, checkpoint_folder=out, resume=resume, progress=progress)
    if out is not None:
        _write(network, result, out)
    if result.interrupted:
        if out is not None:
            print(f"The checkpoint is in {out}; the same command with --resume goes on.")
        raise typer.Exit(130)


def _make_task(name: str, length: int | None, encoding: str | None) -> AbstractTask:
    from elman.tasks import make
    from elman.tasks.registry import options

    known = options(name)
    if "length" in known and length is None:
        length = 10
    given = {"length": length, "encoding": encoding}
    return make(name, **{key: value for key, value in given.items() if value is not None})


def _config(*, clip_norm: float | None, **given: Any) -> TrainConfig:
    """Returns the settings; what was not given keeps its default."""
    from elman.train.config import TrainConfig

    chosen = {key: value for key, value in given.items() if value is not None}
    if clip_norm is not None:
        chosen["clip_norm"] = clip_norm or None
    return TrainConfig(**chosen)


def _write(network: RecurrentModule, result: TrainResult, folder: Path) -> None:
    """Writes the weights of the best state, with equations and sizes, and the figures."""
    from elman.nn.weights import to_safetensors
    from elman.train.atomic import write_atomically

    write_atomically(folder / WEIGHTS_NAME, to_safetensors(network))
    figures = dataclasses.asdict(result) | {"equations": network.recurrence.plain()}
    write_atomically(folder / RESULT_NAME, (json.dumps(figures, indent=2) + "\n").encode())
    print(f"Weights and figures are in {folder}: {WEIGHTS_NAME}, {RESULT_NAME}")
