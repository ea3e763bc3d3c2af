"""Memory that calls use again: a fresh large block costs more to touch than to compute on."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import torch
from torch import Tensor

_ALIGNMENT = 64
_ORDER = "<" if sys.byteorder == "little" else ">"


class _Block:
    """Memory of a size, from an aligned address on."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._memory = np.empty(size + _ALIGNMENT, dtype=np.uint8)
        self.address = -(-self._memory.ctypes.data // _ALIGNMENT) * _ALIGNMENT


class Pool:
    """Blocks of memory by size; what is given back is handed out again.

    Args:
        limit: Bytes kept at most while nobody uses them.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self.limit = limit
        self.kept = 0
        self._free: dict[int, list[_Block]] = {}

    def take(self, size: int) -> _Block:
        """Returns a block of at least `size` bytes."""
        size = -(-size // 4096) * 4096
        free = self._free.get(size)
        if free:
            try:
                block = free.pop()
            except IndexError:  # another thread was quicker
                return _Block(size)
            self.kept -= size
            return block
        return _Block(size)

    def give(self, block: _Block) -> None:
        """Takes a block back."""
        if self.kept + block.size <= self.limit:
            self.kept += block.size
            self._free.setdefault(block.size, []).append(block)

    def tensor(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Returns a tensor whose memory comes back when the last view of it is gone."""
        size = math.prod(shape) * dtype.itemsize
        if size == 0:
            return torch.empty(shape, dtype=dtype)
        block = self.take(size)
        interface = {
            "shape": shape,
            "typestr": f"{_ORDER}f{dtype.itemsize}",
            "data": (block.address, False),
            "version": 3,
        }
        return torch.from_numpy(np.asarray(_Lease(self, block, interface)))


class _Lease:
    """Holds a block for as long as a tensor needs it, which NumPy makes of its interface."""

    def __init__(self, pool: Pool, block: _Block, interface: dict[str, Any]) -> None:
        self.pool = pool
        self.block = block
        self.__array_interface__ = interface

    def __del__(self) -> None:
        self.pool.give(self.block)
