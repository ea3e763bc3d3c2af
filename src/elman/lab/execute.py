"""Computes one run, in a process of its own: the only part of the lab that trains."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from elman.errors import CheckpointError, RecurrenceError
from elman.lab.networks import keep_network, network_path
from elman.lab.record import RunMetrics
from elman.lab.session import Failure
from elman.lab.spec import RunSpec
from elman.lab.versions import code_version

if TYPE_CHECKING:
    from elman.nn import RecurrentModule
    from elman.tasks.base import AbstractTask
    from elman.train.config import TrainConfig
    from elman.train.result import TrainResult

UNFINISHED_NAME = "unfinished"
_FEWEST, _TESTED_STEPS = 100, 10_000_000


def execute(spec: RunSpec, folder: Path | None = None) -> RunMetrics | Failure:
    """Trains the recurrence of a spec on one thread and returns its figures.

    The seed alone decides the start and the batches, so a spec gives the same figures whatever
    ran before it in the same process; only `seconds` differ. A run that was stopped, even killed,
    goes on from its last checkpoint to the same figures.

    Args:
        spec: What to run.
        folder: The lab's folder, where the trained network is kept and, while a run goes on, its
            checkpoint; None to keep none.
    Returns:
        The figures, or why there are none where the same would happen again.
    Raises:
        OSError: The network cannot be written, for example because the disk is full.
    """
    import torch  # here: the parent of the pool names this function without training itself

    from elman.lab.studies import STUDIES
    from elman.tasks import make
    from elman.train.config import TrainConfig

    torch.set_num_threads(1)
    key = spec.key(code_version())
    unfinished = None if folder is None else folder / UNFINISHED_NAME / key[:16]
    try:
        task = make(spec.task, **spec.options)
        config = TrainConfig(**{**spec.training, "seed": spec.seed})
        study = STUDIES[spec.study] if spec.study else None
        before = {} if study is None else study(make_network(spec), task, config, "start")
        network, result = _train(spec, task, config, unfinished)
        after = {} if study is None else study(network, task, config, "end")
        metrics = collect_metrics(result, _test_beyond(network, spec, task), {**before, **after})
    except CheckpointError:
        raise  # a full disk, say: it may work next time
    except RecurrenceError as error:
        _forget(unfinished)
        return Failure(str(error))
    if folder is not None:
        keep_network(network, network_path(folder, key))
    _forget(unfinished)
    return metrics


def _forget(unfinished: Path | None) -> None:
    """Removes the checkpoint of a run that ended, and their folder once it is empty."""
    if unfinished is not None:
        shutil.rmtree(unfinished, ignore_errors=True)
        with suppress(OSError):
            unfinished.parent.rmdir()


def make_network(spec: RunSpec, backend: str = "auto") -> RecurrentModule:
    """Returns the network of a spec as it is before training; seeds torch's generator.

    Args:
        spec: Its equations, sizes, start and seed.
        backend: As `elman.module` takes it.
    """
    import torch

    from elman.nn import module

    torch.manual_seed(spec.seed)
    return module(spec.equations, sizes=spec.sizes, init=spec.init, backend=backend)


def _train(
    spec: RunSpec, task: AbstractTask, config: TrainConfig, folder: Path | None
) -> tuple[RecurrentModule, TrainResult]:
    """Trains from the start, or from a checkpoint where the run was stopped before."""
    from elman.train.checkpoint import checkpoint_exists
    from elman.train.loop import train

    if folder is not None and checkpoint_exists(folder):
        try:
            network = make_network(spec)
            return network, train(network, task, config, checkpoint_folder=folder, resume=True)
        except CheckpointError:
            shutil.rmtree(folder)  # damaged from outside: the run is only repeated
    network = make_network(spec)
    return network, train(network, task, config, checkpoint_folder=folder)


def _test_beyond(network: RecurrentModule, spec: RunSpec, task: AbstractTask) -> dict[str, float]:
    """Tests the trained network at lengths for which it was not trained.

    Of very long sequences there are fewer, so that a test has no more than ten million steps.
    """
    from elman.train.evaluation import evaluate

    found = {}
    for length in spec.beyond:
        size = min(len(task.test()), max(_FEWEST, _TESTED_STEPS // length))
        other = task.at_length(length, test_size=size)
        found[str(length)] = evaluate(network, other, other.test()).metric
    return found


def collect_metrics(
    result: TrainResult,
    beyond: dict[str, float] | None = None,
    study: dict[str, object] | None = None,
) -> RunMetrics:
    """Returns what the lab keeps of a training run that was not interrupted."""
    assert result.loss is not None, "internal: a run without a step"
    assert result.best_step is not None, "internal: a run without an evaluation"
    assert result.test_metric is not None and result.validation_metric is not None
    curves = result.curves
    return RunMetrics(
        accuracy=result.test_metric,
        validation_accuracy=result.validation_metric,
        chance=result.chance,
        loss=result.loss,
        best_step=result.best_step,
        steps=result.steps,
        ending=result.reason,
        converged_at=result.converged_at,
        seconds=result.seconds,
        parameters=result.parameters,
        test_size=result.test_size,
        curves={
            "loss": _shorten(curves.loss),
            "gradient_norm": _shorten(curves.gradient_norm),
            "clipped_norm": _shorten(curves.clipped_norm),
            "learning_rate": _shorten(curves.learning_rate),
            "length": _shorten(curves.length),
            "validation_step": [float(step) for step in curves.evaluation_step],
            "validation_length": _shorten(curves.evaluation_length),
            "validation_loss": _shorten(curves.validation_loss),
            "validation_accuracy": _shorten(curves.validation_metric),
        },
        notes=result.notes,
        metric_name=result.metric_name,
        higher_is_better=result.higher_is_better,
        explanation=result.explanation,
        mastered=result.mastered,
        beyond=beyond or {},
        study=study or {},
    )


def _shorten(column: Sequence[float]) -> list[float]:
    """Six digits are enough for a curve, and a third of the room."""
    return [float(f"{value:.6g}") for value in column]
