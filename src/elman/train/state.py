"""Everything that the next step depends on, and how it becomes named tensors and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from elman.train.curriculum import Curriculum, GoodState
from elman.train.curves import Curves
from elman.train.optimizers import optimizer_tensors, restore_optimizer

_INTEGER_COLUMNS = {"length", "evaluation_step", "evaluation_length"}


@dataclass
class BestState:
    """The state that is best on validation: at the greatest length, then by metric, then by loss.

    Attributes:
        step: After which step.
        loss: Its validation loss.
        metric: Its validation metric.
        weights: Copies of the module's tensors by name.
        length: Length of the sequences on which it was validated.
    """

    step: int
    loss: float
    metric: float
    weights: dict[str, Tensor]
    length: int = 0

    def to_dict(self) -> dict[str, float]:
        """Returns everything but the weights."""
        return {"step": self.step, "loss": self.loss, "metric": self.metric, "length": self.length}


@dataclass
class RunState:
    """A run between two steps.

    Attributes:
        module: The network, with the weights after the last step.
        optimizer: Its optimizer.
        curves: What was recorded; its length is the number of steps taken.
        best: The state that was best on validation, or None before the first evaluation.
        seconds: Wall-clock seconds of training so far, over all pauses.
        curriculum: Which lengths are learned, or None where there is one only.
    """

    module: torch.nn.Module
    optimizer: torch.optim.Optimizer
    curves: Curves = field(default_factory=Curves)
    best: BestState | None = None
    seconds: float = 0.0
    curriculum: Curriculum | None = None

    @property
    def step(self) -> int:
        """Number of steps taken."""
        return self.curves.steps

    def keep_if_best(
        self, step: int, loss: float, metric: float, length: int = 0, *, higher: bool = True
    ) -> None:
        """Copies the weights where they are better on validation than those kept before.

        Args:
            step: Of the evaluation.
            loss: On validation.
            metric: On validation.
            length: Of the validation sequences; a greater one wins.
            higher: Whether a higher metric is a better one.
        """
        best, sign = self.best, 1.0 if higher else -1.0
        rank = (length, sign * metric, -loss)
        if best is None or rank > (best.length, sign * best.metric, -best.loss):
            self.best = BestState(step, loss, metric, copy_weights(self.module), length)

    def keep_as_good(self) -> GoodState:
        """Returns copies of weights and optimizer, to which a curriculum may go back."""
        assert self.curriculum is not None, "internal: a good state without a curriculum"
        optimizer = optimizer_tensors(self.optimizer, self.module)
        copies = {name: item.detach().clone() for name, item in optimizer.items()}
        return GoodState(self.curriculum.length, copy_weights(self.module), copies)

    def return_to(self, good: GoodState) -> None:
        """Gives module and optimizer the tensors of an earlier state."""
        self.module.load_state_dict(dict(good.weights))
        restore_optimizer(self.optimizer, self.module, good.optimizer)


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
    if state.curriculum is not None and state.curriculum.good is not None:
        tensors |= _prefixed("good.module", state.curriculum.good.weights)
        tensors |= _prefixed("good.optimizer", state.curriculum.good.optimizer)
    for name, values in state.curves.columns().items():
        kind = torch.int64 if name in _INTEGER_COLUMNS else torch.float64
        tensors[f"curve.{name}"] = torch.tensor(values, dtype=kind)
    tensors["random.cpu"] = torch.get_rng_state()
    device = _cuda_device(state.module)
    if device is not None:
        tensors["random.cuda"] = torch.cuda.get_rng_state(device)
    return {name: item.detach().cpu().contiguous() for name, item in tensors.items()}


def restore_tensors(
    state: RunState,
    tensors: Mapping[str, Tensor],
    best: Mapping[str, Any] | None,
    curriculum: Mapping[str, Any] | None = None,
) -> None:
    """Puts the tensors of `to_tensors` into a run; the opposite direction.

    Args:
        state: A run of the same module and optimizer; changed in place.
        tensors: The tensors by name.
        best: What `BestState.to_dict` gave of the best state, or None.
        curriculum: What `Curriculum.to_dict` gave, or None.
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
        length = int(best["length"])
        state.best = BestState(int(best["step"]), best["loss"], best["metric"], moved, length)
    if curriculum is not None:
        kept = {"weights": _with_prefix("good.module", tensors)}
        kept["optimizer"] = _with_prefix("good.optimizer", tensors)
        state.curriculum = Curriculum.from_dict(curriculum, **kept)
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
