"""Modules whose parameters hold those of several gates, one below the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from elman.bench.case import Problem
from elman.bench.peers.base import Contender, Split, torch_contender

# The module's parameter -> elman's parameters in the module's order.
Layout = Mapping[str, tuple[str, ...]]


def gate_layout(letters: Mapping[str, str], gates: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Writes a layout by letters and gates.

    >>> gate_layout({"weight_ih_l0": "W"}, ("r", "z", "n"))
    {'weight_ih_l0': ('Wr', 'Wz', 'Wn')}

    Args:
        letters: The module's parameter -> the letter of elman's names.
        gates: The suffixes of elman's names, in the module's order.
    """
    return {name: tuple(letter + gate for gate in gates) for name, letter in letters.items()}


def fill(made: torch.nn.Module, own: Mapping[str, Tensor], layout: Layout) -> None:
    """Copies elman's parameters; those that elman's cell has not are zero."""
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            names = layout[name]
            zero = torch.zeros_like(parameter[: len(parameter) // len(names)])
            parameter.copy_(torch.cat([own.get(key, zero) for key in names]))


def split_by(own: Mapping[str, Tensor], layout: Layout) -> Split:
    """Returns the way back: from a gradient of the module's to those of elman's names."""

    def split(name: str, gradient: Tensor) -> dict[str, Tensor]:
        parts = zip(layout[name], gradient.chunk(len(layout[name])), strict=True)
        return {key: part for key, part in parts if key in own}

    return split


def stacked_contender(
    problem: Problem, make: Callable[[int, int], torch.nn.Module], layout: Layout
) -> Contender:
    """Returns the contender of a module of one layer that returns (output, state).

    Args:
        problem: What is computed.
        make: From I and H to the module.
        layout: How its parameters are put together.
    """
    made = make(problem.case.inputs, problem.case.hidden)
    own = problem.parameters
    fill(made, own, layout)
    parameters = dict(made.named_parameters())
    split = split_by(own, layout)
    return torch_contender(problem, lambda given: (made(given[0])[0],), parameters, split)
