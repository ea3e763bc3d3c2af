"""Computes one run, in a process of its own: the only part of the lab that trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from elman.errors import RecurrenceError
from elman.lab.networks import keep_network, network_path
from elman.lab.record import RunMetrics
from elman.lab.session import Failure
from elman.lab.spec import RunSpec
from elman.lab.versions import code_version

if TYPE_CHECKING:
    from elman.train.result import TrainResult


def execute(spec: RunSpec, folder: Path | None = None) -> RunMetrics | Failure:
    """Trains the recurrence of a spec on one thread and returns its figures.

    The seed alone decides the start and the batches, so a spec gives the same figures whatever
    ran before it in the same process; only `seconds` differ.

    Args:
        spec: What to run.
        folder: The lab's folder, where the trained network is kept; None to keep none.
    Returns:
        The figures, or why there are none where the same would happen again.
    Raises:
        OSError: The network cannot be written, for example because the disk is full.
    """
    import torch  # here: the parent of the pool names this function without training itself

    from elman.nn import module
    from elman.tasks import make
    from elman.train.config import TrainConfig
    from elman.train.loop import train

    torch.set_num_threads(1)
    try:
        task = make(spec.task, **spec.options)
        torch.manual_seed(spec.seed)
        network = module(spec.equations, sizes=spec.sizes, init=spec.init)
        config = TrainConfig(**{**spec.training, "seed": spec.seed})
        metrics = collect_metrics(train(network, task, config))
    except RecurrenceError as error:
        return Failure(str(error))
    if folder is not None:
        keep_network(network, network_path(folder, spec.key(code_version())))
    return metrics


def collect_metrics(result: TrainResult) -> RunMetrics:
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
            "validation_step": [float(step) for step in curves.evaluation_step],
            "validation_loss": _shorten(curves.validation_loss),
            "validation_accuracy": _shorten(curves.validation_metric),
        },
        notes=result.notes,
    )


def _shorten(column: list[float]) -> list[float]:
    """Six digits are enough for a curve, and a third of the room."""
    return [float(f"{value:.6g}") for value in column]
