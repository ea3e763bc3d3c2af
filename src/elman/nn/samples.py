"""What a compiled recurrence does under `torch.func.vmap`: many samples at once.

Samples that share their parameters are more rows of one batch. Where each has parameters of its own
(an ensemble), or sums over time of its own (its gradients of parameters), the kernel runs once for
each sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from elman.nn.plans import Layout


def needs_gradient(tensor: Tensor) -> bool:
    """Says whether a tensor has a gradient, at whatever level of `torch.func`.

    Inside `vmap` the tensor of all samples may need one that each sample does not speak of.
    """
    if tensor.requires_grad or torch.compiler.is_compiling():
        return bool(tensor.requires_grad)
    functorch = torch._C._functorch
    while functorch.is_functorch_wrapped_tensor(tensor):
        tensor = functorch.get_unwrapped(tensor)
        if tensor.requires_grad:
            return True
    return False


def merge_samples(
    layout: Layout,
    tensors: Sequence[Tensor],
    dims: Sequence[int | None],
    size: int,
    batch: int,
) -> list[Tensor] | None:
    """Returns the tensors of one call for all samples, None where their parameters differ.

    Args:
        layout: Of the plan's tensors.
        tensors: In the plan's order; those of all samples along one more axis.
        dims: That axis, None for a tensor that all samples share.
        size: The number of samples.
        batch: B of each.
    """
    shared = layout.parameters
    if any(dim is not None for dim in dims[:shared]):
        return None
    merged = list(tensors[:shared])
    for place in range(shared, len(tensors)):
        # Inputs are [T, B, ...], values outside 1..T [B, ...].
        axis = 1 if place < shared + layout.inputs else 0
        value, dim = tensors[place], dims[place]
        if dim is None:
            value = value.unsqueeze(axis)
            value = value.expand(*value.shape[:axis], size, *value.shape[axis + 1 :])
        else:
            value = value.movedim(dim, axis)
        rows = (*value.shape[:axis], size * batch, *value.shape[axis + 2 :])
        merged.append(value.reshape(rows).contiguous())
    return merged


def one_by_one(
    run: Callable[..., Sequence[Tensor]],
    tensors: Sequence[Tensor | None],
    dims: Sequence[int | None],
    size: int,
) -> tuple[list[Tensor], list[int]]:
    """Runs each sample by itself; returns the results stacked, and the axis of samples of each.

    Args:
        run: Takes the tensors of one sample.
        tensors: Those of all samples along one more axis.
        dims: That axis, None for a tensor that all samples share.
        size: The number of samples.
    """
    rows = []
    for i in range(size):
        own = [
            value if value is None or dim is None else value.select(dim, i).contiguous()
            for value, dim in zip(tensors, dims, strict=True)
        ]
        rows.append(run(*own))
    stacked = [torch.stack(list(values)) for values in zip(*rows, strict=True)]
    return stacked, [0] * len(stacked)
