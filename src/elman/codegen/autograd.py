"""torch's automatic differentiation of an unrolled recurrence: it judges gradients on paper.

One torch operation for each operation at each step, in float64; nothing of `autodiff` takes part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.codegen.eager import apply_operation, reduce_over_time
from elman.equations.names import step_key
from elman.ir.graph import StepGraph
from elman.paper.unroll import UnrolledNode, unroll

Place: TypeAlias = tuple[str, int | None]


def differentiate_by_torch(
    graph: StepGraph,
    values: Mapping[str, NDArray[Any]],
    steps: int,
    source: Place,
    targets: Sequence[Place],
) -> NDArray[np.float64]:
    """Returns the gradient of one number with respect to a value, as torch finds it.

    >>> from elman.ir import parse
    >>> graph = parse("h_t = w h_{t-1} + x_t; L = sum_t h_t").typed()
    >>> values = {"w": np.array(2.0), "x": np.array([1.0, 1.0])}
    >>> float(differentiate_by_torch(graph, values, 2, ("L", None), [("w", None)]))
    1.0

    Args:
        graph: A typed step graph.
        values: Parameters, inputs [T, ...] and starts (`h_0`), as `evaluate` takes them.
        steps: T.
        source: (name, step) of one number, the step None for a total.
        targets: (name, step) of the value; several are one value, as parameters that are shared.
    """
    unrolled = unroll(graph, steps)
    shapes = {n.key: n.shape for n in graph.nodes if n.op in ("read", "parameter")}
    wanted = {unrolled.values[target].number for target in targets if target in unrolled.values}
    found: dict[int, Tensor] = {}
    leaves: list[Tensor] = []
    for node in unrolled:
        if node.op in ("number", "steps", "parameter", "input", "start"):
            own = tuple(dim.size or 0 for dim in shapes.get(node.key, ()))
            value = _leaf(node, values, own, steps, found)
        elif node.op == "over_time":
            value = reduce_over_time(node.key, torch.stack([found[a.number] for a in node.args]))
        else:
            assert node.source is not None, "internal: an operation without a node"
            value = apply_operation(node.source, [found[arg.number] for arg in node.args])
        if node.number in wanted:
            value = value.detach().requires_grad_()
            leaves.append(value)
        found[node.number] = value
    result = found[unrolled.value(*source).number].sum()
    if not leaves or not result.requires_grad:
        return np.zeros(()) if not leaves else np.zeros(tuple(leaves[0].shape))
    parts = torch.autograd.grad(result, leaves, allow_unused=True)
    total = torch.zeros_like(leaves[0])
    for part in parts:
        total = total if part is None else total + part
    gradient: NDArray[np.float64] = total.numpy()
    return gradient


def _leaf(
    node: UnrolledNode,
    values: Mapping[str, NDArray[Any]],
    own: tuple[int, ...],
    steps: int,
    found: Mapping[int, Tensor],
) -> Tensor:
    if node.op == "number":
        return _tensor(node.source.value if node.source else 0.0)
    if node.op == "steps":
        return _tensor(float(steps))
    if node.op == "parameter":
        return _tensor(values[node.key])
    assert node.step is not None, "internal: a value over time without a step"
    if node.op == "input":
        return _tensor(values[node.key][node.step - 1])
    given = values.get(step_key(node.key, node.step))
    if given is not None:
        return _tensor(given)
    if not node.args:
        return torch.zeros(own, dtype=torch.float64)
    return found[node.args[0].number].expand(own)


def _tensor(value: Any) -> Tensor:
    return torch.as_tensor(np.asarray(value), dtype=torch.float64)
