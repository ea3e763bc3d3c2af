"""Tells whether parameters have changed since the last call, by all of their numbers."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from elman.codegen import threads
from elman.codegen.pack import signature_bytes
from elman.codegen.writer import Lanes

# Numbers of a part, which one thread reads.
_PART = 1 << 17
_MOST_PARTS = 8


class Signer:
    """Computes signatures of parameters of the same sizes.

    Large ones are cut into parts, which threads read side by side: the memory gives two threads
    nearly twice as much.

    Args:
        function: `sign_parts`, for calls from Python.
        address: Where it begins.
        lanes: The vector type of the compiled code.
        parameters: Of these sizes, contiguous.
    """

    def __init__(
        self, function: Any, address: int, lanes: Lanes, parameters: Sequence[Tensor]
    ) -> None:
        self._function = function
        self._address = address
        parts = _cut([value.numel() for value in parameters])
        size = signature_bytes(lanes)
        self._found = (ctypes.c_char * (size * len(parts)))()
        # The words of `sign_parts`, then the addresses and counts of each part's blocks.
        first = 2 + 3 * len(parts)
        count = first + 2 * sum(map(len, parts))
        self._words = (ctypes.c_int64 * count)()
        self.address = ctypes.addressof(self._words)
        self._values = [0, len(parts)]
        for number, blocks in enumerate(parts):
            place = self.address + 8 * first
            result = ctypes.addressof(self._found) + number * size
            self._values += [place, len(blocks), result]
            first += 2 * len(blocks)
        # (word, parameter, bytes from its begin) of each block.
        self._places: list[tuple[int, int, int]] = []
        for blocks in parts:
            for parameter, begin, _ in blocks:
                self._places.append((len(self._values), parameter, begin * lanes.size))
                self._values.append(0)
            self._values += [numbers for _, _, numbers in blocks]
        self._format = struct.Struct(f"{count}q")
        self._parts = len(parts)
        self._addresses: list[int] = []

    def sign(self, addresses: list[int]) -> bytes:
        """Returns the signature of what lies at some addresses now."""
        if addresses != self._addresses:
            values = self._values
            for word, parameter, offset in self._places:
                values[word] = addresses[parameter] + offset
            self._format.pack_into(self._words, 0, *values)
            self._addresses = addresses
        else:
            self._words[0] = 0
        if self._parts == 1:
            self._function(self.address)
        else:
            most = min(self._parts, threads.available_threads())
            threads.run(self._function, self._address, self.address, most)
        return self._found.raw


def _cut(sizes: Sequence[int]) -> list[list[tuple[int, int, int]]]:
    """Cuts blocks into about equal parts: (block, first number, numbers) of each piece.

    >>> _cut([3, 2])
    [[(0, 0, 3), (1, 0, 2)]]
    """
    total = sum(sizes)
    count = max(1, min(_MOST_PARTS, total // _PART))
    most = -(-total // count)
    parts: list[list[tuple[int, int, int]]] = [[]]
    room = most
    for block, size in enumerate(sizes):
        first = 0
        while first < size:
            if not room:
                parts.append([])
                room = most
            taken = min(room, size - first)
            parts[-1].append((block, first, taken))
            first, room = first + taken, room - taken
    return parts
