"""Stages with products of one row of the batch or two, as LLVM IR.

A step of one row is short: what costs time is that each vector waits for the one before. So the
products of many panels come first, and then the elementwise operations of all their vectors,
several side by side.
"""

from __future__ import annotations

from elman.codegen.bodies import BodyWriter, StageContext
from elman.codegen.native import Target
from elman.codegen.tiles import TileWriter
from elman.codegen.writer import Function
from elman.codegen.zeros import clear

# Vectors whose operations are written side by side.
_AT_ONCE = 2
# Vectors of the scratch: they stay in the nearest cache.
_SCRATCH = 256


def emit_few_rows(context: StageContext, target: Target) -> int:
    """Writes a stage with products as a function of (pointers, arguments, rows, begin, end).

    It computes the panels from `begin` to `end`.

    Returns:
        How many panels there are.
    """
    return FewRowsWriter(context, target).emit_panels()


class FewRowsWriter(TileWriter):
    """Writes the functions of a stage with products of few rows."""

    def __init__(self, context: StageContext, target: Target) -> None:
        super().__init__(context, target)
        own = self.stage.accumulators * self.tile.vectors
        self.chunk = max(1, min(self.tile.panels, _SCRATCH // own))  # panels
        self.group = self.chunk * self.tile.vectors

    def emit_panels(self) -> int:
        context, tile, vector = self.context, self.tile, self.lanes.vector
        self.emit_products()
        self._emit_vectors("_some", _AT_ONCE, None)
        self._emit_vectors("_one", 1, None)
        if context.tail:
            self._emit_vectors("_tail", 1, context.tail)
        f = Function(context.module, context.name, ["ptr", "ptr", "i64", "i64", "i64"], self.lanes)
        _, arguments, rows, begin, end = f.arguments
        size = self.stage.accumulators * self.group
        scratch = f.allocate(f"[{size} x {vector}]")
        bases = self.bases(f, arguments)
        with f.loop("0", rows) as row:
            some = self.some(f, row, "1") if context.program.cotangents else "1"
            with f.loop(begin, end, self.chunk) as first:
                last = f.minimum(f.add(first, self.chunk), end)
                for case in f.switch(some, [0, 1] if context.program.cotangents else [1]):
                    if not case:
                        clear(f, scratch, size * self.lanes.width * self.lanes.size)
                        continue
                    with f.loop(first, last) as panel:
                        place = f.mul(f.sub(panel, first), tile.vectors)
                        self.sum_panel(f, panel, row, f.at(scratch, place, vector), bases)
                self._call_vectors(f, row, first, last, scratch)
        f.finish()
        return tile.panels

    def emit_products(self) -> None:
        """Writes the functions that `sum_panel` calls."""
        for number in range(len(self.passes)):
            self.emit_micro(number, 1)

    def sum_panel(
        self, f: Function, panel: str, row: str, scratch: str, bases: dict[int, str]
    ) -> None:
        """Puts the sums of a panel into the scratch."""
        for number, segments in enumerate(self.passes):
            columns = [self.columns(f, bases, segment, panel) for segment in segments]
            listed = "".join(f", ptr {column}" for column in columns)
            f.emit(
                f"call void @{self.context.name}_pass{number}_rows1("
                f"ptr {f.arguments[0]}, i64 {row}, ptr {scratch}{listed})"
            )

    def _call_vectors(self, f: Function, row: str, first: str, last: str, scratch: str) -> None:
        """Calls the elementwise operations of the vectors of some panels."""
        context = self.context
        start = f.mul(first, self.tile.vectors)
        count = f.sub(f.minimum(f.mul(last, self.tile.vectors), str(context.whole)), start)
        several = f.mul(f.div(count, _AT_ONCE), _AT_ONCE)
        calls = [("_some", "0", several), ("_one", several, count)]
        if context.tail:
            # The partial vector is the last of all: in the panel that is.
            is_last = f.one_if("eq", last, self.tile.panels)
            calls.append(("_tail", count, f.add(count, is_last)))
        for suffix, begin, end in calls:
            f.emit(
                f"call void @{context.name}{suffix}(ptr {f.arguments[0]}, i64 {row}, "
                f"ptr {scratch}, i64 {start}, i64 {begin}, i64 {end})"
            )

    def _emit_vectors(self, suffix: str, at_once: int, valid: int | None) -> None:
        """Writes the elementwise operations of the vectors from `begin` to `end` of a scratch.

        A function of (pointers, row, scratch, the vector with which the scratch begins, begin,
        end).
        """
        stage, lanes = self.stage, self.lanes
        types = ["ptr", "i64", "ptr", "i64", "i64", "i64"]
        f = self.context.function(suffix, types, at_once)
        pointers, row, scratch, start, begin, end = f.arguments
        body = BodyWriter(self.context, f, pointers, ahead=False)
        with f.loop(begin, end, at_once) as i:
            own = f.join([i, *(f.add(i, k) for k in range(1, at_once))])
            sums = {
                number: f.at(scratch, f.add(own, number * self.group), lanes.vector)
                for number in range(stage.accumulators)
            }
            column = f.mul(f.add(own, start), lanes.width * lanes.size)
            body.write(row, column, valid, sums, [])
        f.finish()
