"""Values that no step changes, computed once per call before the loops or after them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from elman.codegen.eager import apply_operation
from elman.ir.graph import Node


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
