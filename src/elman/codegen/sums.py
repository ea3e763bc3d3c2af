"""The products that sum gradients over time and batch, as LLVM IR.

After each chunk of steps a thread adds, for what it has of the batch, sums of outer products:
sums[i, j] += left[k, i] right[k, j] over all rows k of the chunk. Factors lie in panels of one
vector, [vectors, `panel_stride`, lanes], so that a tile reads each in order, and few enough rows
for the panels of a tile to stay in the nearest cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elman.codegen.layout import panel_stride, sums_in_registers
from elman.codegen.native import Target
from elman.codegen.program import LoopTotals
from elman.codegen.totals import blocks_of, summed_lefts, vector_runs
from elman.codegen.writer import Function, Lanes, Module


def emit_sums(module: Module, name: str, totals: LoopTotals, target: Target, lanes: Lanes) -> None:
    """Writes a function of (lefts, rights, sums, rows) that adds the products of a chunk."""
    _SumsWriter(module, name, totals, target, lanes).emit()


class _SumsWriter:
    def __init__(
        self, module: Module, name: str, totals: LoopTotals, target: Target, lanes: Lanes
    ) -> None:
        self.module = module
        self.name = name
        self.totals = totals
        self.lanes = lanes
        room = sums_in_registers(target)
        # A tile: some entries of one left panel by some right panels.
        self.rows = max(1, min(lanes.width, room // 3))
        self.vectors = room // self.rows
        self.bytes = lanes.width * lanes.size
        self.panel = panel_stride(lanes) * self.bytes
        self.written: set[str] = set()

    def emit(self) -> None:
        f = Function(self.module, self.name, ["ptr", "ptr", "ptr", "i64"], self.lanes)
        lefts, rights, sums, rows = f.arguments
        width = self.totals.rights.width
        for block in blocks_of(self.totals):
            for first, count in _evenly(vector_runs(block.rights, self.lanes.width), self.vectors):
                right = f.at(rights, first * self.panel)
                column = f.at(sums, first * self.bytes)
                for start, number in vector_runs(block.lefts, self.lanes.width):
                    self._call_tiles(f, lefts, right, column, rows, (start, number, count))
        vectors = f.at(sums, self.totals.lefts.width * width * self.lanes.size)
        for first, count in _evenly(vector_runs(summed_lefts(self.totals), self.lanes.width), 8):
            function = self._vector_function(count)
            left = f.at(lefts, first * self.panel)
            to = f.at(vectors, first * self.bytes)
            f.emit(f"call void @{function}(ptr {left}, ptr {to}, i64 {rows})")
        f.finish()

    def _call_tiles(
        self,
        f: Function,
        lefts: str,
        right: str,
        column: str,
        rows: str,
        run: tuple[int, int, int],
    ) -> None:
        """Calls the tiles of a run of left panels: (first, how many, right panels)."""
        start, number, count = run
        function = self._tile_function(count)
        row_bytes = self.totals.rights.width * self.lanes.size
        with f.loop(str(start), str(start + number)) as panel:
            left = f.at(lefts, f.mul(panel, self.panel))
            to = f.at(column, f.mul(panel, self.lanes.width * row_bytes))
            with f.loop("0", str(self.lanes.width), self.rows) as entry:
                own = f.at(left, f.mul(entry, self.lanes.size))
                place = f.at(to, f.mul(entry, row_bytes))
                f.emit(f"call void @{function}(ptr {own}, ptr {right}, ptr {place}, i64 {rows})")

    def _tile_function(self, count: int) -> str:
        """Writes the tile of some right panels, once; returns its symbol."""
        name = f"{self.name}_tile{count}"
        if name in self.written:
            return name
        self.written.add(name)
        lanes, size = self.lanes, self.lanes.size
        f = Function(self.module, name, ["ptr", "ptr", "ptr", "i64"], lanes)
        left, right, sums, rows = f.arguments
        starts = [(lanes.vector, lanes.splat(0.0))] * (self.rows * count)
        with f.carried("0", rows, 1, starts) as (k, carried, updated):
            offset = f.mul(k, self.bytes)
            own, other = f.at(left, offset), f.at(right, offset)
            held = [f.load(f.at(other, i * self.panel)) for i in range(count)]
            for row in range(self.rows):
                entry = f.broadcast(f.load_scalar(f.at(own, row * size)))
                for i in range(count):
                    updated.append(f.fma(entry, held[i], carried[row * count + i]))
        row_bytes = self.totals.rights.width * size
        for row in range(self.rows):
            for i in range(count):
                place = f.at(sums, row * row_bytes + i * self.bytes)
                f.store(f.binary("fadd", f.load(place), carried[row * count + i]), place)
        f.finish()
        return name

    def _vector_function(self, count: int) -> str:
        """Writes the sums of some left panels, once; returns its symbol."""
        name = f"{self.name}_vectors{count}"
        if name in self.written:
            return name
        self.written.add(name)
        lanes = self.lanes
        f = Function(self.module, name, ["ptr", "ptr", "i64"], lanes)
        left, sums, rows = f.arguments
        starts = [(lanes.vector, lanes.splat(0.0))] * count
        with f.carried("0", rows, 1, starts) as (k, carried, updated):
            own = f.at(left, f.mul(k, self.bytes))
            for i in range(count):
                value = f.load(f.at(own, i * self.panel))
                updated.append(f.binary("fadd", carried[i], value))
        for i in range(count):
            place = f.at(sums, i * self.bytes)
            f.store(f.binary("fadd", f.load(place), carried[i]), place)
        f.finish()
        return name


def _evenly(runs: Iterable[tuple[int, int]], largest: int) -> Iterator[tuple[int, int]]:
    """Splits runs into parts of at most some vectors, all about equally large."""
    for first, count in runs:
        parts = -(-count // largest)
        for part in range(parts):
            start, stop = count * part // parts, count * (part + 1) // parts
            yield first + start, stop - start
