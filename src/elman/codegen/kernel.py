"""A compiled loop program that runs on tensors."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.codegen import threads
from elman.codegen.cache import compiled_object
from elman.codegen.emit import emit
from elman.codegen.layout import (
    BATCH,
    COUNTER,
    SHARES,
    STEPS,
    base_word,
    lanes_of,
    packed_size,
    packed_word,
    panel_stride,
    stride_word,
    tile_of,
    words,
)
from elman.codegen.memory import Pool
from elman.codegen.native import Target, host_target, load_object
from elman.codegen.pack import PACK_WORDS
from elman.codegen.program import Access, Buffer, LoopProgram, Source, Stage
from elman.codegen.statics import StaticValues
from elman.codegen.totals import sums_of

# Multiplications below which a second thread costs more than it does.
_WORK_OF_A_THREAD = 1_000_000


@dataclass(frozen=True)
class Sequence:
    """Values over time: `steps` of them from slot `before` on.

    Attributes:
        tensor: [before + T + after, B, size], contiguous but for the first axis.
        before: Slots before the first step.
    """

    tensor: Tensor
    before: int = 0


@dataclass(frozen=True)
class KernelResult:
    """What a call computed.

    Attributes:
        sequences: Kept name -> its values, with the slots outside 1..T that the program has.
        totals: Name without time -> its value.
        recent: Name -> [slots, B, size] of the last steps that are not kept whole.
    """

    sequences: dict[str, Sequence]
    totals: dict[str, Tensor]
    recent: dict[str, Tensor]

    def at(self, name: str, t: int) -> Tensor:
        """Returns a value [B, size] at a step counted from 0, if the call still has it."""
        if name in self.sequences:
            sequence = self.sequences[name]
            return sequence.tensor[sequence.before + t]
        ring = self.recent[name]
        return ring[t % ring.shape[0]]


class Kernel:
    """A loop program as machine code.

    Args:
        program: What to run.
        dtype: float32 or float64, of all tensors.
        target: The machine, the present one by default.
    """

    def __init__(
        self, program: LoopProgram, dtype: torch.dtype, target: Target | None = None
    ) -> None:
        self.program = program
        self.dtype = dtype
        self.target = target or host_target()
        bits = dtype.itemsize * 8
        self.lanes = lanes_of(self.target, bits)
        code = compiled_object(emit(program, self.target, bits), self.target)
        self.library = load_object(code, self.target)
        symbols = [f"loop{i}" for i in range(len(program.loops))]
        self._loops = [
            (self.library.function(s, ctypes.c_void_p), self.library.address(s)) for s in symbols
        ]
        self._pack = self.library.function("pack", ctypes.c_void_p)
        self.work = [sum(map(_work, loop.stages)) for loop in program.loops]
        self.pool = Pool()

    def run(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Mapping[str, Sequence],
        starts: Mapping[tuple[str, int], Tensor],
        *,
        steps: int,
        batch: int,
    ) -> KernelResult:
        """Runs all loops.

        Args:
            parameters: Name -> its value.
            inputs: Name -> its values; slots outside 1..T are there where the program reads them.
            starts: (name, step outside 1..T) -> [B, size] or [size]; others are what the text
                says, else zero.
            steps: T.
            batch: B.
        """
        return _Call(self, parameters, inputs, starts, steps, batch).run()


def _work(stage: Stage) -> int:
    """Returns about how many multiplications a stage does for one row."""
    products = sum(source.depth * len(source.terms) for source in stage.sources)
    return stage.columns * (products + 8 * len(stage.body))


class _Call:
    """The memory of one call and its arguments."""

    def __init__(
        self,
        kernel: Kernel,
        parameters: Mapping[str, Tensor],
        inputs: Mapping[str, Sequence],
        starts: Mapping[tuple[str, int], Tensor],
        steps: int,
        batch: int,
    ) -> None:
        self.kernel = kernel
        self.program = kernel.program
        self.static = StaticValues(parameters, steps, kernel.dtype)
        self.inputs = inputs
        self.given = starts
        self.steps = steps
        self.batch = batch
        self.shares = self._shares()
        self.words = (ctypes.c_int64 * words(self.program))()
        self.tensors: dict[int, Tensor] = {}
        self.names = {
            access.buffer.index: [k for k, a in self.program.sequences.items() if a == access]
            for access in self.program.sequences.values()
        }

    def run(self) -> KernelResult:
        for buffer in self.program.buffers:
            self._bind(buffer)
        packed = [self._pack(source, stage) for source, stage in self.program.packed]
        if self.steps and self.batch:
            for index in range(len(self.program.loops)):
                self._run_loop(index)
        totals = self._totals()
        del packed
        sequences, recent = {}, {}
        for name, access in self.program.sequences.items():
            buffer = access.buffer
            if buffer.kind == "sequence":
                sequences[name] = Sequence(self.tensors[buffer.index], buffer.before)
            elif buffer.kind == "ring":
                recent[name] = self.tensors[buffer.index]
        return KernelResult(sequences, totals, recent)

    # -- memory --------------------------------------------------------------------------------

    def _bind(self, buffer: Buffer) -> None:
        """Finds or makes the memory of a buffer and writes its address and stride."""
        offset = 0
        if buffer.kind == "static":
            node = self.program.statics[buffer.index]
            tensor = self.static.of(node).contiguous()
        elif buffer.kind == "input":
            tensor, offset = self._input(buffer)
        elif buffer.kind in ("panels", "sums"):
            rows = panel_stride(self.kernel.lanes) if buffer.kind == "panels" else 1
            shape = (self.shares, rows * buffer.width)
            tensor = self.kernel.pool.tensor(shape, self.kernel.dtype)
        else:
            after = self.steps + buffer.after if buffer.kind == "sequence" else buffer.slots
            whole = (buffer.before + after, self.batch, buffer.width)
            tensor = self.kernel.pool.tensor(whole, self.kernel.dtype)
            offset = buffer.before
            self._fill_starts(buffer, tensor)
        self.tensors[buffer.index] = tensor
        stride = 0 if buffer.kind == "static" else tensor.stride(0) * tensor.element_size()
        self.words[base_word(buffer.index)] = tensor.data_ptr() + offset * stride
        self.words[stride_word(buffer.index)] = stride

    def _input(self, buffer: Buffer) -> tuple[Tensor, int]:
        """Returns an input with the slots outside 1..T that the program reads."""
        given = self.inputs[buffer.name]
        after = given.tensor.shape[0] - given.before - self.steps
        if given.before >= buffer.before and after >= buffer.after:
            return given.tensor, given.before
        shape = (buffer.before + self.steps + buffer.after, self.batch, buffer.width)
        padded = self.kernel.pool.tensor(shape, self.kernel.dtype)
        own = given.tensor[given.before : given.before + self.steps]
        padded[buffer.before : buffer.before + self.steps] = own.reshape(
            self.steps, self.batch, buffer.width
        )
        for i in range(buffer.before):
            padded[i] = self._start(buffer.name, i - buffer.before + 1)
        for i in range(buffer.after):
            padded[buffer.before + self.steps + i] = self._start(buffer.name, self.steps + 1 + i)
        return padded, buffer.before

    def _fill_starts(self, buffer: Buffer, tensor: Tensor) -> None:
        names = self.names.get(buffer.index, [])
        if not names:
            return
        if buffer.kind == "sequence":
            for i in range(buffer.before):
                self._write_start(tensor[i], names, i - buffer.before + 1)
            for i in range(buffer.after):
                place = buffer.before + self.steps + i
                self._write_start(tensor[place], names, self.steps + 1 + i)
        elif buffer.slots > 1:
            backward = self._direction(buffer) == "backward"
            for i in range(buffer.slots - 1):
                step = self.steps + 1 + i if backward else -i
                self._write_start(tensor[(step - 1) % buffer.slots], names, step)

    def _direction(self, buffer: Buffer) -> str:
        for loop in self.program.loops:
            for stage in loop.stages:
                if any(access.buffer is buffer for _, access in stage.stores):
                    return loop.direction
        return "forward"

    def _write_start(self, slot: Tensor, names: list[str], step: int) -> None:
        for name in names:
            if (name, step) in self.given or (name, step) in self.program.starts:
                slot.copy_(self._start(name, step).reshape(-1, slot.shape[-1]))
                return
        slot.zero_()

    def _start(self, name: str, step: int) -> Tensor:
        given = self.given.get((name, step))
        if given is not None:
            return given.reshape(-1, 1) if given.ndim == 1 and self._scalar(name) else given
        node = self.program.starts.get((name, step))
        return torch.zeros((), dtype=self.kernel.dtype) if node is None else self.static.of(node)

    def _scalar(self, name: str) -> bool:
        return name in self.program.scalars

    def _pack(self, source: Source, stage: Stage) -> Tensor:
        """Lays out the matrices of a source as its tile reads them."""
        lanes = self.kernel.lanes
        tile = tile_of(stage, self.kernel.target, lanes)
        size = packed_size(source, tile, lanes)
        packed = self.kernel.pool.tensor((size,), self.kernel.dtype)
        terms = len(source.terms)
        panel = source.depth * terms * tile.vectors * lanes.width
        arguments = (ctypes.c_int64 * len(PACK_WORDS))()
        column = tile.vectors * lanes.width
        for i, (_, nodes) in enumerate(source.terms):
            place = i * column
            for node in nodes:
                matrix = self.static.of(node)
                rows, depth = matrix.shape
                arguments[:] = [
                    packed.data_ptr() + place * lanes.size,
                    matrix.data_ptr(),
                    *matrix.stride(),
                    rows,
                    depth,
                    tile.panels,
                    tile.vectors,
                    terms * column,
                    panel,
                ]
                self.kernel._pack(ctypes.addressof(arguments))
                place += depth * terms * column
        self.words[packed_word(self.program, source.index)] = packed.data_ptr()
        return packed

    # -- running -------------------------------------------------------------------------------

    def _shares(self) -> int:
        """Returns in how many parts the batch is computed: one for each thread that pays."""
        work = sum(self.kernel.work) * self.batch * self.steps
        useful = 1 + work // _WORK_OF_A_THREAD
        return max(1, min(threads.available_threads(), self.batch, useful))

    def _run_loop(self, index: int) -> None:
        self.words[STEPS], self.words[BATCH] = self.steps, self.batch
        self.words[SHARES], self.words[COUNTER] = self.shares, 0
        function, address = self.kernel._loops[index]
        threads.run(function, address, ctypes.addressof(self.words), self.shares)

    def _totals(self) -> dict[str, Tensor]:
        sums: dict[int, Tensor] = {}
        for loop in self.program.loops:
            if loop.totals is not None:
                shares = self.tensors[loop.totals.sums.index]
                if not (self.steps and self.batch):
                    shares.zero_()
                sums |= sums_of(loop.totals, shares[0] if len(shares) == 1 else shares.sum(0))
        return {
            name: self.static.with_sums(node, sums) for name, node in self.program.results.items()
        }


__all__ = ["Access", "Kernel", "KernelResult", "Sequence"]
