"""A kernel prepared for one number of steps and one size of the batch.

A call only fills in the addresses of its tensors; all else is in the tables.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from elman.codegen import threads
from elman.codegen.frame import Frame
from elman.codegen.kernel import Kernel
from elman.codegen.moves import MOVE_WORDS
from elman.codegen.statics import StaticValues
from elman.codegen.tables import Request, Tables

# Smaller results come from torch's allocator, larger ones from blocks that are used again.
_POOLED_BYTES = 1 << 20


class CallResult(NamedTuple):
    """What a call computed, in the order of its request.

    Attributes:
        returned: Whole sequences, [before + T + after, B, size].
        copies: Values at some steps, [steps, B, size], or at one step, [B, size].
        totals: Sums over time and what is computed from them.
    """

    returned: list[Tensor]
    copies: list[Tensor]
    totals: list[Tensor]


class PreparedCall:
    """A kernel and what a call of it does for T steps of B rows, at least one of each.

    Args:
        kernel: What runs.
        steps: T.
        batch: B.
        shares: In how many parts rows are computed at most.
        request: What a call is given and gives back.

    Attributes:
        tables: All that is the same in every call.
    """

    def __init__(
        self, kernel: Kernel, steps: int, batch: int, shares: int, request: Request
    ) -> None:
        self.kernel = kernel
        self.program = kernel.program
        self.steps = steps
        self.batch = batch
        self.tables = Tables(kernel, steps, batch, shares, request)
        self._before = _Jobs(self.tables.before)
        self._after = _Jobs(self.tables.after)
        self._collected = [(_Jobs(c.jobs), c.shares, c.share) for c in self.tables.collected]
        self._returned = [
            (word, self._maker(shape), skipped) for word, shape, skipped in self.tables.returned
        ]
        self._copies = [(word, self._maker(shape)) for word, shape in self.tables.copies]
        self._sums = [
            (word, self._maker(tuple(dim.size or 0 for dim in node.shape)))
            for word, node in self.tables.sums
        ]

    def run(
        self, parameters: Sequence[Tensor], inputs: Sequence[Tensor], starts: Sequence[Tensor]
    ) -> CallResult:
        """Runs the kernel.

        Args:
            parameters: In the order of `Kernel.parameters`, contiguous.
            inputs: In the order of `Kernel.inputs`: [slots, B, size], each slot contiguous.
            starts: In the order of the request: [B, size] or [B], contiguous.
        """
        kernel, tables = self.kernel, self.tables
        if tables.texts:
            starts = [*starts, *self._text_starts(parameters)]
        frame = kernel.take_frame()
        try:
            frame.adopt(self)
            words = frame.words
            addresses = frame.read_parameters(parameters, self.steps)
            for word, parameter, offset in tables.viewed:
                words[word] = addresses[parameter] + offset
            for word, address in frame.derived:
                words[word] = address
            held = self._point_to_inputs(words, inputs)
            if tables.starts:
                for word, start in zip(tables.starts, starts, strict=True):
                    words[word] = start.data_ptr()
            returned = []
            for word, make, skipped in self._returned:
                made = make()
                returned.append(made)
                words[word] = made.data_ptr() + skipped
            copies = []
            for word, make in self._copies:
                made = make()
                copies.append(made)
                words[word] = made.data_ptr()
            sums = []
            for word, make in self._sums:
                made = make()
                sums.append(made)
                words[word] = made.data_ptr()
            for word in tables.counters:
                words[word] = 0
            if self._before.count:
                kernel.move(frame.address, self._before.address, self._before.count)
            for function, address, useful in tables.waves:
                threads.run(function, address, frame.address, useful)
            del held
            if self._after.count:
                kernel.move(frame.address, self._after.address, self._after.count)
            for jobs, shares, share in self._collected:
                kernel.collect(frame.address, jobs.address, jobs.count, shares, share)
            return CallResult(returned, copies, self._totals(sums, parameters))
        finally:
            kernel.give_frame(frame)

    # -- tensors -------------------------------------------------------------------------------

    def _text_starts(self, parameters: Sequence[Tensor]) -> list[Tensor]:
        """Returns the values outside 1..T that the text gives, for every row."""
        static = self._static(parameters)
        found = []
        for key in self.tables.texts:
            node = self.program.starts[key]
            sizes = [self.program.sequences[key[0]].buffer.width] if node.shape else [1]
            found.append(static.of(node).expand(self.batch, *sizes).contiguous())
        return found

    def _static(self, parameters: Sequence[Tensor]) -> StaticValues:
        named = dict(zip(self.kernel.parameters, parameters, strict=True))
        return StaticValues(named, self.steps, self.kernel.dtype)

    def _point_to_inputs(
        self, words: ctypes.Array[ctypes.c_int64], inputs: Sequence[Tensor]
    ) -> list[Tensor]:
        """Writes where inputs lie; returns what must live as long as the loops run."""
        size = self.kernel.lanes.size
        held = []
        for word, number, before, together in self.tables.inputs:
            tensor = inputs[number]
            stride = tensor.stride(0) * size
            if together and stride != together:
                tensor, stride = tensor.contiguous(), together
                held.append(tensor)
            words[word] = tensor.data_ptr() + before * stride
            words[word + 1] = stride
        for word, number in self.tables.padded:
            held.append(inputs[number].contiguous())
            words[word] = held[-1].data_ptr()
        return held

    def _maker(self, shape: tuple[int, ...]) -> Callable[[], Tensor]:
        """Returns what makes a tensor of a shape, in the shortest time."""
        dtype = self.kernel.dtype
        if math.prod(shape) * self.kernel.lanes.size >= _POOLED_BYTES:
            return partial(self.kernel.pool.tensor, shape, dtype)
        sizes = shape or ((),)  # numbers by themselves are parsed faster than a tuple
        return partial(torch.empty, *sizes, dtype=dtype)

    def clear(self, frame: Frame) -> None:
        """Writes what stays in a frame's workspace from call to call."""
        place, size = self.tables.zeros
        frame.tensor(place, (size // self.kernel.lanes.size,)).zero_()

    def _totals(self, sums: list[Tensor], parameters: Sequence[Tensor]) -> list[Tensor]:
        """Returns what was asked for: sums over time, or what is computed from them."""
        wanted = self.tables.totals
        if not wanted:
            return []
        if all(isinstance(total, int) for total in wanted):
            return [sums[total] for total in wanted if isinstance(total, int)]
        static = self._static(parameters)
        known = {
            node.number: value for value, (_, node) in zip(sums, self.tables.sums, strict=True)
        }
        return [
            sums[total] if isinstance(total, int) else static.with_sums(total, known).clone()
            for total in wanted
        ]


class _Jobs:
    """Jobs of `move` or `collect` as compiled code reads them."""

    def __init__(self, words: list[int]) -> None:
        self._words = (ctypes.c_int64 * len(words))(*words)
        self.address = ctypes.addressof(self._words)
        self.count = len(words) // len(MOVE_WORDS)
