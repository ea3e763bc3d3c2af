"""What a contender is: something that computes a problem and can be timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from elman.bench.case import Problem
from elman.nn.saved import SavedMemory, saved_between

Results = dict[str, Tensor]


class NotComputedError(Exception):
    """A peer does not compute a case; the text says why."""


@dataclass(frozen=True)
class Contender:
    """An implementation that is ready to be timed.

    Attributes:
        run: Computes everything once.
        read: From what `run` returned: outputs by name, the gradient of `x` as `d x`.
        keeps: Measures what is alive between forward and backward, where that can be measured.
    """

    run: Callable[[], Any]
    read: Callable[[Any], Results]
    keeps: Callable[[], SavedMemory] | None = None


@dataclass(frozen=True)
class Peer:
    """A way to compute recurrences.

    Attributes:
        name: As it stands in tables.
        package: The distribution that it needs.
        installed: Whether it can be imported.
        prepare: Makes the contender of a problem, or raises NotComputedError.
    """

    name: str
    package: str
    installed: Callable[[], bool]
    prepare: Callable[[Problem], Contender]


Forward = Callable[[list[Tensor]], Sequence[Tensor]]
Split = Callable[[str, Tensor], Mapping[str, Tensor]]


def same_name(name: str, gradient: Tensor) -> Mapping[str, Tensor]:
    """Is the `Split` of modules whose parameters have elman's names."""
    return {name: gradient}


def torch_contender(
    problem: Problem,
    forward: Forward,
    parameters: Mapping[str, Tensor],
    split: Split = same_name,
) -> Contender:
    """Returns the contender of a torch implementation.

    Args:
        problem: What is computed.
        forward: From the inputs, in order, to the outputs, in order.
        parameters: What is differentiated beside the inputs.
        split: From a parameter's name and gradient to elman's names and gradients.
    """
    if problem.case.mode == "inference":
        return _inference(problem, forward)
    last = problem.case.last
    given = [value.detach().clone().requires_grad_() for value in problem.inputs.values()]
    targets = [*given, *parameters.values()]
    cotangents = list(problem.cotangents.values())

    def run() -> tuple[list[Tensor], Sequence[Tensor | None]]:
        outputs = forward(given)
        if last:
            outputs = [output[-1] for output in outputs]
        found = torch.autograd.grad(list(outputs), targets, cotangents, allow_unused=True)
        return [output.detach() for output in outputs], found

    def read(results: tuple[list[Tensor], Sequence[Tensor | None]]) -> Results:
        outputs, found = results
        filled = [
            torch.zeros_like(target) if gradient is None else gradient
            for target, gradient in zip(targets, found, strict=True)
        ]
        named = dict(zip(problem.cotangents, outputs, strict=True))
        count = len(given)
        named.update(zip([f"d {key}" for key in problem.inputs], filled[:count], strict=True))
        for name, gradient in zip(parameters, filled[count:], strict=True):
            parts = split(name, gradient)
            named.update({f"d {key}": value for key, value in parts.items()})
        return named

    def keeps() -> SavedMemory:
        return saved_between(lambda: forward(given), targets)

    return Contender(run, read, keeps)


def _inference(problem: Problem, forward: Forward) -> Contender:
    given = list(problem.inputs.values())

    def run() -> Sequence[Tensor]:
        with torch.no_grad():
            return forward(given)

    def read(outputs: Sequence[Tensor]) -> Results:
        return dict(zip(problem.cotangents, outputs, strict=True))

    return Contender(run, read)
