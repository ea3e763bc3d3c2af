"""Everything that the next step depends on, and how it becomes named tensors and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from elman.train.curves import Curves
from elman.train.optimizers import optimizer_tensors, restore_optimizer

_INTEGER_COLUMNS = {"evaluation_step"}


@dataclass
class BestState:
    """The state with the highest validation metric; at equal metrics, the lowest loss.

    Attributes:
        step: After which step.
        loss: Its validation loss.
        metric: Its validation metric.
        weights: Copies of the module's tensors by name.
    """

    step: int
    loss: float
    metric: float
    weights: dict[str, Tensor]


@dataclass
class RunState:
    """A run between two steps.

    Attributes:
        module: The network, with the weights after the last step.
        optimizer: Its optimizer.
        curves: What was recorded; its length is the number of steps taken.
        best: The state that was best on validation, or None before the first evaluation.
        seconds: Wall-clock seconds of training so far, over all pauses.
    """

    module: torch.nn.Module
    optimizer: torch.optim.Optimizer
    curves: Curves = field(default_factory=Curves)
    best: BestState | None = None
    seconds: float = 0.0

    @property
    def step(self) -> int:
        """Number of steps taken."""
        return self.curves.steps

    def keep_if_best(self, step: int, loss: float, metric: float) -> None:
        """Copies the weights where they are better on validation than those kept before."""
        best = self.best
        if best is None or (metric, -loss) > (best.metric, -best.loss):
            self.best = BestState(step, loss, metric, copy_weights(self.module))


def copy_weights(module: torch.nn.Module) -> dict[str, Tensor]:
    """Returns copies of all tensors of a module's state, by name."""
    return {name: item.detach().clone() for name, item in module.state_dict().items()}


def to_tensors(state: RunState) -> dict[str, Tensor]:
    """Returns a run's tensors under names such as `module.W`, `optimizer.exp_avg.W`, `curve.loss`.

    The states of torch's generators are among them, so that random masks go on as they would.
    """
    tensors = _prefixed("module", state.module.state_dict())
    tensors |= _prefixed("optimizer", optimizer_tensors(state.optimizer, state.module))
    if state.best is not None:
        tensors |= _prefixed("best", state.best.weights)
    for name, values in state.curves.columns().items():
        kind = torch.int64 if name in _INTEGER_COLUMNS else torch.float64
        tensors[f"curve.{name}"] = torch.tensor(values, dtype=kind)
    tensors["random.cpu"] = torch.get_rng_state()
    device = _cuda_device(state.module)
    if device is not None:
        tensors["random.cuda"] = torch.cuda.get_rng_state(device)
    return {name: item.detach().cpu().contiguous() for name, item in tensors.items()}


def restore_tensors(
    state: RunState, tensors: Mapping[str, Tensor], best: Mapping[str, Any] | None
) -> None:
    """Puts the tensors of `to_tensors` into a run; the opposite direction.

    Args:
        state: A run of the same module and optimizer; changed in place.
        tensors: The tensors by name.
        best: `step`, `loss` and `metric` of the best state, or None.
    Raises:
        KeyError, RuntimeError, TypeError, ValueError: A tensor is missing or does not fit.
    """
    curves = {name: tensors[f"curve.{name}"].tolist() for name in Curves().columns()}
    weights = _with_prefix("module", tensors)
    restore_optimizer(state.optimizer, state.module, _with_prefix("optimizer", tensors))
    state.module.load_state_dict(weights)
    if best is not None:
        kept = _with_prefix("best", tensors)
        if kept.keys() != weights.keys():
            raise KeyError("the best state and the last one have different tensors")
        device = next(state.module.parameters()).device
        moved = {name: item.to(device) for name, item in kept.items()}
        state.best = BestState(int(best["step"]), best["loss"], best["metric"], moved)
    state.curves = Curves(**curves)
    torch.set_rng_state(tensors["random.cpu"])
    device = _cuda_device(state.module)
    if device is not None and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], device)


def _cuda_device(module: torch.nn.Module) -> Any:
    device = next(module.parameters()).device
    return device if device.type == "cuda" else None


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": item for name, item in tensors.items()}


def _with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {
        name.removeprefix(start): item for name, item in tensors.items() if name.startswith(start)
    }
