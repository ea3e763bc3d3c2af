"""Measures what a module keeps in memory between its forward and its backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.nn.module import RecurrentModule


@dataclass(frozen=True)
class SavedMemory:
    """Bytes alive between forward and backward, beside parameters, inputs and initial states.

    Attributes:
        tensors: Bytes of the tensors that the backward pass will read.
        blocks: Bytes of the blocks of memory in which they lie, pooled ones included.
    """

    tensors: int
    blocks: int


def measure_saved(module: RecurrentModule, steps: int, batch: int = 1) -> SavedMemory:
    """Runs a forward pass on random inputs and measures what it keeps for the backward pass.

    >>> import elman
    >>> cell = elman.module("h_t = tanh(W h_{t-1} + U x_t)", sizes={"x": 2, "h": 4})
    >>> measure_saved(cell, steps=10).tensors >= 10 * 4 * 4
    True

    Args:
        module: Any recurrence.
        steps: T.
        batch: B.
    """
    first = next(module.parameters(), torch.zeros(()))
    inputs = {
        key: torch.rand(
            (steps, batch, *(dim.size or 1 for dim in module.shapes[key])),
            dtype=first.dtype,
            device=first.device,
        )
        for key in module.recurrence.inputs
    }
    given = {key: value.transpose(0, 1) for key, value in inputs.items()}
    given = given if module.batch_first else inputs
    return saved_between(
        lambda: module(given, steps=steps), [*module.parameters(), *inputs.values()]
    )


def saved_between(run: Callable[[], object], beside: Iterable[Tensor]) -> SavedMemory:
    """Runs any forward pass and measures what it keeps for the backward pass.

    Args:
        run: The forward pass; what it returns is alive while the memory is measured.
        beside: Tensors that are not counted, such as parameters and inputs.
    """
    saved: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = run()
    known = {_block(tensor) for tensor in beside}
    tensors: dict[tuple[object, ...], int] = {}
    blocks: dict[int, int] = {}
    for tensor in saved:
        if _block(tensor) in known:
            continue
        place = (tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()))
        tensors[place] = tensor.numel() * tensor.element_size()
        blocks[_block(tensor)] = tensor.untyped_storage().nbytes()
    del kept
    return SavedMemory(sum(tensors.values()), sum(blocks.values()))


def _block(tensor: Tensor) -> int:
    return int(tensor.untyped_storage().data_ptr())
