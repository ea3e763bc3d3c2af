"""How the products of a chunk of steps are added to the sums over time, as LLVM IR.

A thread that goes through the steps of its share of the batch does it itself. Where the whole batch
is one share and threads are left, a second one does it: while the first goes on to the next chunk,
whose factors go into other panels. Sums are added in the order of chunks in any case, so results do
not depend on whether the second thread turns up, or when.
"""

from __future__ import annotations

from elman.codegen.layout import (
    CLOSED,
    COME,
    HANDED,
    MEETING,
    MEETING_LINE,
    PANELS,
    SUMMED,
    loop_word,
)
from elman.codegen.program import Buffer, LoopProgram
from elman.codegen.steps import of_share
from elman.codegen.writer import Function


def has_helper(program: LoopProgram, index: int) -> bool:
    """Says whether a second thread can add the sums of a loop: nothing else runs beside it."""
    loop = program.loops[index]
    few = any(stage.few_rows for stage in loop.stages)
    return few and loop.totals is not None and program.runs_alone(index)


class Summing:
    """The sums of a share of the batch, added by the thread that does its steps.

    Args:
        f: Where to write; the function's argument is that of the kernel.
        program: The whole program.
        index: Of the loop, which has sums.
        share: Which one.
    """

    def __init__(self, f: Function, program: LoopProgram, index: int, share: str) -> None:
        self.f = f
        self.index = index
        self.share = share
        totals = program.loops[index].totals
        assert totals is not None, "internal: a loop without sums adds none"
        self.totals = totals

    def panels(self, buffer: Buffer) -> str:
        """Returns where the factors of the present chunk go."""
        return of_share(self.f, self.f.arguments[0], buffer, self.share)

    def finish_chunk(self, filled: str, last: str) -> None:
        """Adds the products of a chunk of which some rows are filled, at least one.

        Args:
            filled: How many.
            last: 1 for the last chunk.
        """
        del last
        self.add(filled)

    def finish(self) -> None:
        """Waits until all is added."""

    def add(self, filled: str) -> None:
        """Calls the function that adds the products of the present panels."""
        sums = of_share(self.f, self.f.arguments[0], self.totals.sums, self.share)
        own = [self.panels(self.totals.lefts), self.panels(self.totals.rights), sums]
        listed = "".join(f"ptr {pointer}, " for pointer in own)
        self.f.emit(f"call void @loop{self.index}_sums({listed}i64 {filled})")


class HelpedSumming(Summing):
    """The sums of a whole batch, most of them added by a second thread.

    Args:
        f: Where to write.
        program: The whole program.
        index: Of the loop.
    """

    def __init__(self, f: Function, program: LoopProgram, index: int) -> None:
        super().__init__(f, program, index, "0")
        # How many chunks came before the present one, as this thread counts them.
        self.chunk = f.allocate("i64", 8)
        f.emit(f"store i64 0, ptr {self.chunk}")
        meeting = f.load_pointer(f.arguments[0], loop_word(program, index, MEETING))
        self.come, self.handed, self.summed = (
            f.at(meeting, line * MEETING_LINE) for line in (COME, HANDED, SUMMED)
        )

    def joined(self) -> str:
        """Returns how many threads came before this one: the first does the steps."""
        return self.f.value(f"atomicrmw add ptr {self.come}, i64 1 seq_cst")

    def panels(self, buffer: Buffer) -> str:
        """Returns where the factors of the present chunk go: each second one to the same place."""
        return of_share(self.f, self.f.arguments[0], buffer, self._present())

    def filled(self) -> str:
        """Returns where the number of filled rows of the present panels stands."""
        return self.f.at(self.handed, self.f.add(self._present(), 1), "i64")

    def _present(self) -> str:
        """Returns which panels are those of the present chunk."""
        return self.f.rem(self.f.load_word(self.chunk, 0), PANELS)

    def finish_chunk(self, filled: str, last: str) -> None:
        """Hands a chunk over, if the second thread is there; the last one is added at once."""
        f = self.f
        come = f.value(f"load atomic i64, ptr {self.come} acquire, align 8")
        over = f.mul(f.one_if("sgt", come, 1), f.sub(1, last))
        handed = f.load_word(self.chunk, 0)
        for case in f.switch(over, [0, 1]):
            if case:
                f.emit(f"store i64 {filled}, ptr {self.filled()}")
                following = f.add(handed, 1)
                f.emit(f"store i64 {following}, ptr {self.chunk}")
                f.emit(f"store atomic i64 {following}, ptr {self.handed} release, align 8")
                self._wait(handed)  # the other panels are free then
            else:
                self._wait(handed)
                self.add(filled)

    def finish(self) -> None:
        """Says that there is no more, and waits for what was handed over."""
        f = self.f
        handed = f.load_word(self.chunk, 0)
        closed = f.add(handed, CLOSED)
        f.emit(f"store atomic i64 {closed}, ptr {self.handed} release, align 8")
        self._wait(handed)

    def _wait(self, goal: str) -> None:
        """Waits until so many chunks are summed."""
        self.f.value(f"call i64 @meet(ptr {self.summed}, i64 {goal}, i64 -1)")

    def help(self) -> None:
        """Writes what the second thread does: adds what is handed over, until there is no more."""
        f = self.f
        head, body, end = (f.fresh_label(stem) for stem in ("wait", "help", "done"))
        f.emit(f"br label %{head}")
        f.label(head)
        chunk = f.load_word(self.chunk, 0)
        following = f.add(chunk, 1)
        f.value(f"call i64 @meet(ptr {self.handed}, i64 {following}, i64 -1)")
        handed = f.value(f"load atomic i64, ptr {self.handed} acquire, align 8")
        left = f.value(f"icmp sgt i64 {f.rem(handed, CLOSED)}, {chunk}")
        f.emit(f"br i1 {left}, label %{body}, label %{end}")
        f.label(body)
        self.add(f.load_word(self.filled(), 0))
        f.emit(f"store i64 {following}, ptr {self.chunk}")
        f.emit(f"store atomic i64 {following}, ptr {self.summed} release, align 8")
        f.emit(f"br label %{head}")
        f.label(end)
