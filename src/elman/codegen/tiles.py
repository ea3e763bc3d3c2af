"""Stages with products as LLVM IR: register-blocked tiles, then their epilogue.

Rows of a slice are taken some dozens at a time, so that they stay in the nearest cache. For each
panel of the packed matrices, micro-kernels sum the products of a few rows in registers and put them
into a scratch; then the stage's elementwise operations run on the scratch, several rows at
once.
"""

from __future__ import annotations

from typing import TypeAlias

from elman.codegen.bodies import ROWS_AT_ONCE, BodyWriter, StageContext, row_groups
from elman.codegen.layout import Segment, Tile, packed_word, passes_of, tile_of
from elman.codegen.native import Target
from elman.codegen.program import Access
from elman.codegen.writer import Function, Lanes
from elman.codegen.zeros import any_of, clear

Sums: TypeAlias = dict[tuple[int, int, int], str]


def emit_tiles(context: StageContext, target: Target) -> None:
    """Writes a stage with products and what it calls."""
    TileWriter(context, target).emit()


class TileWriter:
    """Writes the functions of a stage with products.

    Attributes:
        group: Vectors in the scratch from one accumulator to the next.
    """

    def __init__(self, context: StageContext, target: Target) -> None:
        self.context = context
        self.stage = context.stage
        self.lanes: Lanes = context.lanes
        self.target = target
        self.tile: Tile = tile_of(context.stage, target, context.lanes)
        self.passes = passes_of(context.stage, self.tile, target, context.lanes)
        self.group = self.tile.vectors

    def emit(self) -> None:
        context, tile = self.context, self.tile
        for number in range(len(self.passes)):
            for count in range(1, tile.rows + 1):
                self.emit_micro(number, count)
        for at_once in (ROWS_AT_ONCE, 1):
            if context.whole:
                self._emit_epilogue(f"_full{at_once}", None, at_once)
            if context.tail:
                self._emit_epilogue(f"_tail{at_once}", context.tail, at_once)
        f = Function(context.module, context.name, ["ptr", "ptr", "i64"], self.lanes)
        _, arguments, all_rows = f.arguments
        vectors = self.stage.accumulators * tile.vectors * tile.block
        scratch = f.allocate(f"[{vectors} x {self.lanes.vector}]")
        bases = self.bases(f, arguments)
        with f.blocks(all_rows, tile.block) as (first, rows):
            some = "1"
            if context.program.cotangents:
                some = self.some(f, first, rows)
                for _ in f.switch(some, [0]):
                    clear(f, scratch, vectors * self.lanes.width * self.lanes.size)
            with f.loop("0", str(tile.panels)) as p:
                for _ in f.switch(some, [1]):
                    for number, segments in enumerate(self.passes):
                        panels = [self.columns(f, bases, segment, p) for segment in segments]
                        self._call_micros(f, number, panels, first, rows, scratch)
                self._call_epilogues(f, p, first, rows, scratch)
        f.finish()

    def some(self, f: Function, first: str, rows: str) -> str:
        """Returns 1 if an operand of some rows is not zero, else 0."""
        found, size = "0", self.lanes.size
        for source in self.stage.sources:
            width = source.operand.buffer.width * size
            base = f.load_pointer(f.arguments[0], self.context.table.index(source.operand))
            base = f.at(base, f.add(f.mul(first, width), source.operand.column * size))
            own = any_of(f, base, rows, width, source.depth)
            found = own if found == "0" else f.value(f"or i64 {found}, {own}")
        return found

    def bases(self, f: Function, arguments: str) -> dict[int, str]:
        """Returns where the packed matrices of each source begin."""
        return {
            source.index: f.load_pointer(arguments, packed_word(self.context.program, source.index))
            for source in self.stage.sources
        }

    def columns(self, f: Function, bases: dict[int, str], segment: Segment, panel: str) -> str:
        """Returns where the columns of a panel begin that a segment's operand meets."""
        source = segment.source
        entry = len(source.terms) * self.tile.vectors * self.lanes.width * self.lanes.size
        start = f.at(bases[source.index], f.mul(panel, source.depth * entry))
        return f.at(start, segment.first * entry)

    def _call_micros(
        self, f: Function, number: int, panels: list[str], first: str, rows: str, scratch: str
    ) -> None:
        listed = "".join(f", ptr {panel}" for panel in panels)
        with f.blocks(rows, self.tile.rows) as (start, count):
            own = f.at(scratch, start, self.lanes.vector)
            begin = f.add(first, start)
            for case in f.switch(count, range(1, self.tile.rows + 1)):
                f.emit(
                    f"call void @{self.context.name}_pass{number}_rows{case}("
                    f"ptr {f.arguments[0]}, i64 {begin}, ptr {own}{listed})"
                )

    def _call_epilogues(self, f: Function, panel: str, first: str, rows: str, scratch: str) -> None:
        context, tile = self.context, self.tile
        start = f.mul(panel, tile.vectors)
        paired = f.mul(f.div(rows, ROWS_AT_ONCE), ROWS_AT_ONCE)
        for kind, valid in (("full", context.whole), ("tail", context.tail)):
            if not valid:
                continue
            if kind == "full":
                vectors = f.minimum(f.sub(context.whole, start), tile.vectors)
            else:
                vectors = f.one_if("eq", panel, tile.panels - 1)
            for at_once, begin, end in ((ROWS_AT_ONCE, "0", paired), (1, paired, rows)):
                f.emit(
                    f"call void @{context.name}_{kind}{at_once}(ptr {f.arguments[0]}, "
                    f"i64 {first}, i64 {begin}, i64 {end}, ptr {scratch}, i64 {start}, "
                    f"i64 {vectors})"
                )

    def _scratch_place(self, group: int, vector: int) -> int:
        """Returns the place of a sum's first row in the scratch: [accumulators, vectors, rows]."""
        return (group * self.group + vector) * self.tile.block

    def entries(self, f: Function, operand: Access, row: str, first: int = 0) -> str:
        """Returns where the entries of an operand begin, in some row and from the first one on."""
        size = self.lanes.size
        base = f.load_pointer(f.arguments[0], self.context.table.index(operand))
        offset = (operand.column + first) * size
        return f.at(base, f.add(f.mul(row, operand.buffer.width * size), offset))

    def emit_micro(self, number: int, rows: int) -> None:
        """Writes the products that one pass adds, for some rows by one panel, to the scratch."""
        lanes, segments = self.lanes, self.passes[number]
        types = ["ptr", "i64", "ptr", *["ptr"] * len(segments)]
        name = f"{self.context.name}_pass{number}_rows{rows}"
        f = Function(self.context.module, name, types, lanes)
        _, first, scratch, *panels = f.arguments
        known = {group for old in self.passes[:number] for s in old for group, _ in s.source.terms}
        sums: Sums = {}

        def place(key: tuple[int, int, int]) -> str:
            row, group, vector = key
            return f.at(scratch, self._scratch_place(group, vector) + row, lanes.vector)

        for i, (segment, panel) in enumerate(zip(segments, panels, strict=True)):
            keys = [
                (row, group, vector)
                for row in range(rows)
                for group, _ in segment.source.terms
                for vector in range(self.tile.vectors)
            ]
            for key in keys:
                sums.setdefault(key, lanes.splat(0.0))
            operand = segment.source.operand
            width = operand.buffer.width * lanes.size
            base = self.entries(f, operand, first, segment.first)
            addresses = [f.at(base, row * width) for row in range(rows)]
            depth = segment.stop - segment.first
            added = self._multiply(f, depth, panel, addresses, [sums[key] for key in keys])
            sums.update(zip(keys, added, strict=True))
            # What the rest of the pass does not add to leaves its register now.
            later = {group for s in segments[i + 1 :] for group, _ in s.source.terms}
            for key in [key for key in sums if key[1] not in later]:
                own = sums.pop(key)
                # Added at the end: a sum of sums is closer than one that goes on for ever.
                if key[1] in known:
                    own = f.binary("fadd", f.load(place(key)), own)
                f.store(own, place(key))
        f.finish()

    def _multiply(
        self, f: Function, depth: int, panel: str, rows: list[str], starts: list[str]
    ) -> list[str]:
        """Writes the products of an operand's entries with the columns of a panel.

        Few sums are split so that none waits for another.

        Args:
            f: Where to write.
            depth: Number of entries.
            panel: Address of the first column.
            rows: Address of the first entry of each row.
            starts: The sums before, those of a row side by side.

        Returns:
            The sums after.
        """
        lanes, size = self.lanes, len(starts)
        columns = size // len(rows)
        wanted = 16 if self.target.registers == 32 else 8
        split = max(1, min(4, wanted // size, depth))

        def products(k: str, offset: int, current: list[str]) -> list[str]:
            place = f.add(f.mul(k, columns), offset * columns)
            matrix = f.at(panel, place, lanes.vector)
            return self._products(f, matrix, rows, f.add(k, offset), current)

        carried = [*starts, *[lanes.splat(0.0)] * (size * (split - 1))]
        whole = depth // split * split
        with f.carried("0", str(whole), split, [(lanes.vector, s) for s in carried]) as loop:
            k, carried, updated = loop
            for part in range(split):
                updated += products(k, part, carried[part * size : (part + 1) * size])
        sums = carried[:size]
        for rest in range(whole, depth):
            sums = products(str(rest), 0, sums)
        for part in range(1, split):
            other = carried[part * size : (part + 1) * size]
            sums = [f.binary("fadd", a, b) for a, b in zip(sums, other, strict=True)]
        return sums

    def _products(
        self, f: Function, matrix: str, rows: list[str], k: str, current: list[str]
    ) -> list[str]:
        """Adds the products of one entry of each row with one column of the panel.

        The smaller of both sides stays in registers, of the other there is one at a time: with the
        sums they fill the registers, and one more would have to be moved to memory and back.
        """
        lanes = self.lanes
        count = len(current) // len(rows)

        def entry(row: int) -> str:
            return f.broadcast(f.load_scalar(f.at(rows[row], k, lanes.scalar)))

        def weights(i: int) -> str:
            return f.load(f.at(matrix, i, lanes.vector))

        found = list(current)
        if count <= len(rows):
            held = [weights(i) for i in range(count)]
            for row in range(len(rows)):
                own = entry(row)
                for i in range(count):
                    found[row * count + i] = f.fma(own, held[i], current[row * count + i])
        else:
            held = [entry(row) for row in range(len(rows))]
            for i in range(count):
                own = weights(i)
                for row in range(len(rows)):
                    found[row * count + i] = f.fma(held[row], own, current[row * count + i])
        return found

    def _emit_epilogue(self, suffix: str, valid: int | None, at_once: int) -> None:
        """Writes the elementwise operations on the scratch, for rows from `begin` to `end`."""
        stage, lanes, tile = self.stage, self.lanes, self.tile
        types = ["ptr", "i64", "i64", "i64", "ptr", "i64", "i64"]
        f = self.context.function(suffix, types, at_once)
        pointers, first, begin, end, scratch, start, vectors = f.arguments
        body = BodyWriter(self.context, f, pointers, ahead=False)
        with row_groups(f, f.sub(end, begin)) as group, f.loop("0", vectors) as i:
            # A partial vector is the last of all: the others of its panel have been written.
            own = i if valid is None else str(self.context.whole % tile.vectors)
            row = f.add(group, begin)
            sums = {}
            for number in range(stage.accumulators):
                place = f.mul(f.add(own, number * self.group), tile.block)
                sums[number] = f.at(scratch, f.add(row, place), lanes.vector)
            column = f.mul(f.add(start, own), lanes.width * lanes.size)
            body.write(f.add(row, first), column, valid, sums, [])
        f.finish()
