"""Memory that calls use again: a fresh large block costs more to touch than to compute on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

_ALIGNMENT = 64


class Pool:
    """Blocks of memory by size; what is given back is handed out again.

    Args:
        limit: Bytes kept at most while nobody uses them.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self.limit = limit
        self.kept = 0
        self._free: dict[int, list[Any]] = {}

    def take(self, size: int) -> Any:
        """Returns a block of at least `size` bytes, as an array."""
        size = -(-size // 4096) * 4096
        free = self._free.get(size)
        if free:
            try:
                block = free.pop()
            except IndexError:  # another thread was quicker
                return np.empty(size + _ALIGNMENT, dtype=np.uint8)
            self.kept -= size
            return block
        return np.empty(size + _ALIGNMENT, dtype=np.uint8)

    def give(self, block: Any) -> None:
        """Takes a block back."""
        size = block.size - _ALIGNMENT
        if self.kept + size <= self.limit:
            self.kept += size
            self._free.setdefault(size, []).append(block)

    def tensor(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Returns a tensor whose memory comes back when the last view of it is gone."""
        count = 1
        for size in shape:
            count *= size
        if count == 0:
            return torch.empty(shape, dtype=dtype)
        lease = _Lease(self, self.take(count * dtype.itemsize))
        return torch.from_numpy(np.asarray(lease)).view(dtype)[:count].view(shape)


class _Lease:
    """Holds a block for as long as a tensor needs it."""

    def __init__(self, pool: Pool, block: Any) -> None:
        self.pool = pool
        self.block = block
        address = block.ctypes.data
        aligned = -(-address // _ALIGNMENT) * _ALIGNMENT
        self.__array_interface__ = {
            "shape": (block.size - _ALIGNMENT,),
            "typestr": "|u1",
            "data": (aligned, False),
            "version": 3,
        }

    def __del__(self) -> None:
        self.pool.give(self.block)
