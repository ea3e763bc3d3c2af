"""What a call of a kernel does beside the loops, as tables that do not change between calls.

The arguments of the compiled code are words: addresses and steps of buffers (`layout.py`), and
after them the addresses of what is copied before the loops (values outside 1..T, inputs that need
slots around them) and after them (last values, sums over time).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from elman.codegen.layout import (
    COUNTER,
    MEETING,
    MEETING_LINE,
    MEETING_LINES,
    MEMBERS,
    PANELS,
    ROWS,
    SHARES,
    STEPS,
    base_word,
    loop_word,
    panel_stride,
    stride_word,
    words,
)
from elman.codegen.program import Buffer, LoopProgram, LoopTotals, Span
from elman.ir.graph import Node, reachable

if TYPE_CHECKING:
    from elman.codegen.kernel import Kernel

_ALIGNMENT = 64

Place: TypeAlias = tuple[int, int]  # a word of the arguments that holds an address, and bytes


@dataclass(frozen=True)
class Request:
    """What a call is given and what it gives back.

    Attributes:
        margins: For each input of the kernel how many slots its tensor has before the first and
            after the last step; where that is less than the kernel reads, it is copied.
        starts: The values outside 1..T that a call is given, as (name, step); others are
            what the text says, else zero.
        returned: The memory that a call gives back.
        copies: Values to give back by themselves, as a name and its steps, or one step.
        totals: Names of sums over time to give back.
    """

    margins: Sequence[tuple[int, int]]
    starts: Sequence[tuple[str, int]] = ()
    returned: Sequence[Buffer] = ()
    copies: Sequence[tuple[str, tuple[int, ...] | int]] = ()
    totals: Sequence[str] = ()


@dataclass(frozen=True)
class Collected:
    """The sums of a loop, which all shares of the batch add to.

    Attributes:
        jobs: Words of the jobs of `collect`.
        shares: How many there are.
        share: Bytes from the sums of one share to those of the next.
    """

    jobs: list[int]
    shares: int
    share: int


class Tables:
    """The tables of a kernel for T steps of B rows, at least one of each.

    Args:
        kernel: What runs.
        steps: T.
        batch: B.
        shares: In how many parts rows are computed at most.
        request: What a call is given and gives back.

    Attributes:
        constants: The words of the arguments, zero where they differ between calls.
        counters: The words from which threads take shares, zero before each call.
        waves: For each the function, its address and how many threads it has work for.
        workspace: Bytes that a call needs for itself.
        workspace_words: (word, place in the workspace).
        zeros: The place of a row of zeros, and its bytes.
        viewed: (word, parameter, bytes) of the static values that lie in a parameter.
        inputs: (word, input, slots before the first step, bytes from step to step if they must be
            so many, else 0).
        padded: (word, input) of those that are copied.
        texts: Values outside 1..T that the text gives.
        starts: A word for each value outside 1..T: the given ones, then those of the text.
        returned: (word, shape, bytes before step 1) of the memory to be returned.
        copies: (word, shape).
        sums: (word, node) of the sums over time.
        totals: What is to be given back: the place of a sum among `sums`, or a node that is
            computed from sums.
        before: Jobs of `move` before the loops.
        after: Jobs after them.
        collected: Jobs of `collect` after them, for each loop.
    """

    def __init__(
        self, kernel: Kernel, steps: int, batch: int, shares: int, request: Request
    ) -> None:
        self.program = kernel.program
        self.steps = steps
        self.batch = batch
        self.shares = shares
        self.constants = [0] * words(self.program)
        self.counters = [
            loop_word(self.program, number, COUNTER) for number in range(len(self.program.loops))
        ]
        self.waves: list[tuple[object, int, int]] = []
        self._bind_loops(kernel)
        self.workspace = 0
        self.workspace_words: list[tuple[int, int]] = []
        self.before: list[int] = []
        self.after: list[int] = []
        self._lanes = kernel.lanes
        self._size = kernel.lanes.size
        self._names = _names_by_buffer(self.program)
        widest = max((buffer.width for buffer in self.program.buffers), default=1)
        widest = max(widest, MEETING_LINE // self._size)
        self._zeros = self._word()
        self.zeros = (self._reserve(self._zeros, widest * self._size), widest * self._size)
        self._bind_teams()
        self.texts = [key for key in self.program.starts if key not in request.starts]
        self._starts = {key: self._word() for key in (*request.starts, *self.texts)}
        self.starts = list(self._starts.values())
        self.viewed = [(word, v.parameter, v.first * self._size) for word, v in kernel.viewed]
        self.inputs: list[tuple[int, int, int, int]] = []
        self.padded: list[tuple[int, int]] = []
        self._bind_inputs(request.margins)
        self._bind_own({buffer.index for buffer in request.returned})
        self.returned = [self._return(buffer) for buffer in request.returned]
        self.copies = [self._copy(name, at) for name, at in request.copies]
        self.sums: list[tuple[int, Node]] = []
        self.collected: list[Collected] = []
        results = [self.program.results[name] for name in request.totals]
        self._collect_sums(results)
        places = {node.number: i for i, (_, node) in enumerate(self.sums)}
        self.totals: list[int | Node] = [places.get(node.number, node) for node in results]

    # -- loops ---------------------------------------------------------------------------------

    def _bind_loops(self, kernel: Kernel) -> None:
        """Says how many steps, rows and shares each loop has."""
        loops, flat = self.program.loops, set()
        self._shares: dict[int, int] = {}
        for number, loop in enumerate(loops):
            rows = loop.rows(self.steps, self.batch)
            shares = min(self.shares, rows)
            values = {STEPS: 1 if loop.flat else self.steps, ROWS: rows, SHARES: shares}
            for word, value in values.items():
                self.constants[loop_word(self.program, number, word)] = value
            if loop.totals is not None:
                for buffer in (loop.totals.lefts, loop.totals.rights, loop.totals.sums):
                    self._shares[buffer.index] = shares
            if loop.flat:
                flat |= {access.buffer for stage in loop.stages for access in stage.accesses()}
        self._flat: frozenset[Buffer] = frozenset(flat)
        self._teams: dict[int, int] = {}
        for wave, function, address in kernel.waves:
            work = sum(self.constants[loop_word(self.program, i, SHARES)] for i in wave)
            useful = min(self.shares, work)
            members = kernel.members(wave[0], self.steps, self.batch) if useful == 1 else 1
            if members > 1:
                self._teams[wave[0]] = useful = members
                totals = loops[wave[0]].totals
                if totals is not None:
                    for buffer in (totals.lefts, totals.rights):
                        self._shares[buffer.index] = PANELS
            self.waves.append((function, address, useful))

    def _bind_teams(self) -> None:
        """Gives the threads that do a loop together a place to meet, empty before each call."""
        for loop, members in self._teams.items():
            word = loop_word(self.program, loop, MEETING)
            self.constants[loop_word(self.program, loop, MEMBERS)] = members
            self._reserve(word, MEETING_LINES * MEETING_LINE)
            numbers = MEETING_LINE // self._size
            self._move(
                self.before, (word, 0), (self._zeros, 0), numbers,
                rows=MEETING_LINES, steps=(MEETING_LINE, 0),
            )  # fmt: skip

    # -- memory --------------------------------------------------------------------------------

    def _word(self) -> int:
        """Adds a word to the arguments."""
        self.constants.append(0)
        return len(self.constants) - 1

    def _reserve(self, word: int, size: int, skipped: int = 0) -> int:
        """Gives a word a place in the workspace; it points `skipped` bytes behind its begin."""
        place = self.workspace
        self.workspace_words.append((word, place + skipped))
        self.workspace += -(-max(size, 1) // _ALIGNMENT) * _ALIGNMENT
        return place

    def _slots(self, buffer: Buffer) -> int:
        if buffer.kind == "ring":
            # All steps of a flat loop are at the same place of the program at once.
            return self.steps if buffer in self._flat else buffer.slots
        return buffer.before + self.steps + buffer.after

    def _bind_inputs(self, margins: Sequence[tuple[int, int]]) -> None:
        """Says where the inputs lie: in the given tensors, or in copies with slots around them."""
        buffers = [buffer for buffer in self.program.buffers if buffer.kind == "input"]
        for number, (buffer, (before, after)) in enumerate(zip(buffers, margins, strict=True)):
            if before >= buffer.before and after >= buffer.after:
                together = self.batch * buffer.width * self._size if buffer in self._flat else 0
                self.inputs.append((base_word(buffer.index), number, before, together))
                continue
            stride = self._own_memory(buffer)
            source = self._word()
            self.padded.append((source, number))
            target, begin = (base_word(buffer.index), 0), (source, before * stride)
            self._move(self.before, target, begin, self.steps * stride // self._size)
            self._fill_starts(buffer, [buffer.name])

    def _own_memory(self, buffer: Buffer) -> int:
        """Gives a buffer its part of the workspace; returns the bytes of one slot."""
        stride = self.batch * buffer.width * self._size
        skipped = buffer.before * stride if buffer.kind != "ring" else 0
        self._reserve(base_word(buffer.index), self._slots(buffer) * stride, skipped)
        self.constants[stride_word(buffer.index)] = stride
        return stride

    def _bind_own(self, returned: set[int]) -> None:
        """Says where what the kernel computes goes."""
        for buffer in self.program.buffers:
            if buffer.kind in ("static", "input"):
                continue
            if buffer.kind in ("panels", "sums"):
                rows = panel_stride(self._lanes) if buffer.kind == "panels" else 1
                stride = -(-rows * buffer.width * self._size // _ALIGNMENT) * _ALIGNMENT
                self.constants[stride_word(buffer.index)] = stride
                self._reserve(base_word(buffer.index), self._shares[buffer.index] * stride)
                continue
            if buffer.index in returned:
                stride = self.batch * buffer.width * self._size
                self.constants[stride_word(buffer.index)] = stride
            else:
                self._own_memory(buffer)
            self._fill_starts(buffer, self._names.get(buffer.index, []))

    # -- values outside 1..T -------------------------------------------------------------------

    def _fill_starts(self, buffer: Buffer, names: Sequence[str]) -> None:
        """Copies the values outside 1..T to their slots."""
        if buffer.kind == "ring":
            backward = _direction(self.program, buffer) == "backward"
            for i in range(buffer.slots - 1 if names else 0):
                step = self.steps + 1 + i if backward else -i
                self._start(buffer, names, step, (step - 1) % buffer.slots)
            return
        for i in range(buffer.before):
            self._start(buffer, names, i - buffer.before + 1, i - buffer.before)
        for i in range(buffer.after):
            self._start(buffer, names, self.steps + 1 + i, self.steps + i)

    def _start(self, buffer: Buffer, names: Sequence[str], step: int, slot: int) -> None:
        row = buffer.width * self._size
        target = (base_word(buffer.index), slot * self.batch * row)
        for name in names:
            if (name, step) in self._starts:
                source = (self._starts[name, step], 0)
                self._move(self.before, target, source, self.batch * buffer.width)
                return
        zeros = (self._zeros, 0)
        self._move(self.before, target, zeros, buffer.width, rows=self.batch, steps=(row, 0))

    # -- results -------------------------------------------------------------------------------

    def _copy(self, name: str, at: tuple[int, ...] | int) -> tuple[int, tuple[int, ...]]:
        """Copies values of a sequence, at steps counted from 1, to a tensor of their own."""
        access = self.program.sequences[name]
        buffer = access.buffer
        stride = self.batch * buffer.width * self._size
        target = self._word()
        steps = (at,) if isinstance(at, int) else at
        for i, step in enumerate(steps):
            slot = (step - 1) % buffer.slots if buffer.kind == "ring" else step - 1
            source = (base_word(buffer.index), slot * stride)
            self._move(self.after, (target, i * stride), source, self.batch * buffer.width)
        lead = () if isinstance(at, int) else (len(at),)
        return target, (*lead, self.batch, buffer.width)

    def _return(self, buffer: Buffer) -> tuple[int, tuple[int, ...], int]:
        shape = (self._slots(buffer), self.batch, buffer.width)
        skipped = buffer.before * self.constants[stride_word(buffer.index)]
        return base_word(buffer.index), shape, skipped

    def _collect_sums(self, results: Sequence[Node]) -> None:
        """Collects the sums over time from which results are computed."""
        wanted = {node.number for node in reachable(list(results)) if node.op == "over_time"}
        for totals in (loop.totals for loop in self.program.loops):
            if totals is None:
                continue
            jobs: list[int] = []
            for total in totals.totals:
                if total.node.number in wanted:
                    word = self._word()
                    self.sums.append((word, total.node))
                    self._collect(jobs, totals, word, total.rows, total.columns)
            if jobs:
                share = self.constants[stride_word(totals.sums.index)]
                self.collected.append(Collected(jobs, self._shares[totals.sums.index], share))

    def _collect(
        self,
        jobs: list[int],
        totals: LoopTotals,
        word: int,
        rows: Sequence[Span],
        columns: Sequence[Span],
    ) -> None:
        """Cuts one sum out of those of its loop, part by part."""
        source, size = base_word(totals.sums.index), self._size
        stride = totals.rights.width * size
        width = sum(span.width for span in columns) * size
        down = 0
        for row in rows:
            if not columns:
                first = totals.lefts.width * stride + row.first * size
                self._move(jobs, (word, down * size), (source, first), row.width)
            across = 0
            for column in columns:
                first = row.first * stride + column.first * size
                target = (word, down * width + across * size)
                self._move(
                    jobs, target, (source, first), column.width,
                    rows=row.width, steps=(width, stride),
                )  # fmt: skip
                across += column.width
            down += row.width

    def _move(
        self,
        jobs: list[int],
        target: Place,
        source: Place,
        numbers: int,
        *,
        rows: int = 1,
        steps: tuple[int, int] = (0, 0),
    ) -> None:
        """Adds a job of `MOVE_WORDS`: rows of numbers, steps of the target and of the source."""
        jobs += [*target, steps[0], *source, steps[1], rows, numbers]


def _names_by_buffer(program: LoopProgram) -> dict[int, list[str]]:
    """Returns the names whose values a buffer holds from its first column on."""
    found: dict[int, list[str]] = {}
    for name, access in program.sequences.items():
        if access.column == 0:
            found.setdefault(access.buffer.index, []).append(name)
    return found


def _direction(program: LoopProgram, buffer: Buffer) -> str:
    """Returns which way the loop runs that writes a buffer."""
    for loop in program.loops:
        for stage in loop.stages:
            if any(access.buffer is buffer for _, access in stage.stores):
                return loop.direction
    return "forward"
