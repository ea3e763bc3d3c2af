"""Values that no step changes, computed once per call before the loops or after them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.codegen.eager import apply_operation
from elman.ir.graph import Node, reachable


class StaticValues:
    """Computes static nodes of a normalised graph, each once.

    Args:
        parameters: Name -> its value.
        steps: T.
        dtype: Of numbers.
        detach: Whether the values have no gradients.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        steps: int,
        dtype: torch.dtype,
        *,
        detach: bool = True,
    ) -> None:
        self.parameters = parameters
        self.detach = detach
        self.steps = steps
        self.dtype = dtype
        self._known: dict[int, Tensor] = {}

    def of(self, node: Node) -> Tensor:
        """Returns the value of a static node; structural ones are views."""
        known = self._known.get(node.number)
        if known is None:
            known = self._known[node.number] = self._compute(node)
        return known

    def with_sums(self, node: Node, sums: Mapping[int, Tensor]) -> Tensor:
        """Returns the value of a node that may depend on sums over time, by their numbers."""
        self._known.update(sums)
        return self.of(node)

    def _compute(self, node: Node) -> Tensor:
        if node.op == "parameter":
            value = self.parameters[node.key]
            return value.detach() if self.detach else value
        if node.op == "number":
            return torch.tensor(node.value, dtype=self.dtype)
        if node.op == "steps":
            return torch.tensor(float(self.steps), dtype=self.dtype)
        args = [self.of(arg) for arg in node.args]
        if node.op == "columns":
            start, stop = (int(part) for part in node.key.split(":"))
            return args[0][:, start:stop] if len(node.shape) == 2 else args[0][:, start]
        if node.op == "transpose" and args[0].ndim == 2:
            return args[0].T
        return apply_operation(node, args)


@dataclass(frozen=True)
class View:
    """Where a vector or matrix lies within a contiguous parameter, in numbers.

    Attributes:
        parameter: Which one.
        first: Its first entry.
        strides: From one entry to the next along each axis.
    """

    parameter: int
    first: int
    strides: tuple[int, ...]

    @property
    def is_readable(self) -> bool:
        """Whether the entries of a vector, or of each row of a matrix, stand side by side."""
        return self.strides[-1:] in ((), (1,))


def view_of(node: Node, parameters: Sequence[str]) -> View | None:
    """Returns where a static node lies within a parameter, None where it must be computed."""
    if node.op == "parameter":
        sizes = [dim.size or 0 for dim in node.shape]
        strides = tuple(math.prod(sizes[i + 1 :]) for i in range(len(sizes)))
        return View(parameters.index(node.key), 0, strides)
    if node.op not in ("columns", "transpose") or len(node.args[0].shape) != 2:
        return None
    whole = view_of(node.args[0], parameters)
    if whole is None:
        return None
    if node.op == "transpose":
        return View(whole.parameter, whole.first, whole.strides[::-1])
    start = int(node.key.split(":")[0])
    first = whole.first + start * whole.strides[1]
    return View(whole.parameter, first, whole.strides[: len(node.shape)])


def row_step(node: Node) -> int:
    """Returns how many numbers lie between two rows of a matrix that a kernel reads.

    It lies in a parameter, or what is computed for it has its rows side by side.
    """
    view = view_of(node, [n.key for n in reachable([node]) if n.op == "parameter"])
    if view is not None and view.is_readable:
        return view.strides[0]
    return int(node.shape[1].size or 0)
