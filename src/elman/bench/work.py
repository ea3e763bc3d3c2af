"""The useful arithmetic of a recurrence: its matrix products, and no other operation."""

from __future__ import annotations

import math

from elman.ir.graph import StepGraph, reachable


def product_operations(graph: StepGraph) -> int:
    """Returns multiplications and additions of the matrix products of one sample at one step.

    Args:
        graph: A typed step graph with all sizes known.
    """
    return sum(
        2 * math.prod(dim.size or 0 for dim in (*node.args[0].shape[-1:], *node.shape))
        for node in reachable(graph.roots())
        if node.op == "matmul" and node.level == "step"
    )


def useful_operations(graph: StepGraph, steps: int, batch: int, mode: str) -> int:
    """Returns the operations of a whole run.

    Each product of the forward pass has two in the backward pass: the gradient of its vector and
    the share of the gradient of its matrix.

    Args:
        graph: A typed step graph with all sizes known.
        steps: T.
        batch: B.
        mode: `train` or `inference`.
    """
    passes = 3 if mode == "train" else 1
    return passes * steps * batch * product_operations(graph)
