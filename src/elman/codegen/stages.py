"""The stages of a step as LLVM IR: tiles of products with their epilogues, and rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from elman.codegen.elementwise import lower_node
from elman.codegen.layout import Tile, packed_word, tile_of
from elman.codegen.native import Target
from elman.codegen.normal import REDUCTIONS
from elman.codegen.program import Access, LoopProgram, Source, Stage
from elman.codegen.writer import Function, Lanes, Module
from elman.ir.graph import Node


@dataclass
class Table:
    """The places that a loop's stages read and write, each once; a pointer for each per step."""

    accesses: list[Access] = field(default_factory=list)

    def index(self, access: Access) -> int:
        """Returns the place of an access, columns aside."""
        for i, known in enumerate(self.accesses):
            if known.buffer is access.buffer and known.lag == access.lag:
                return i
        self.accesses.append(Access(access.buffer, access.lag))
        return len(self.accesses) - 1


class StageWriter:
    """Writes one stage as a function of (pointers, arguments of the call, rows).

    Attributes:
        name: Its symbol.
    """

    def __init__(
        self,
        module: Module,
        program: LoopProgram,
        stage: Stage,
        name: str,
        table: Table,
        target: Target,
        lanes: Lanes,
    ) -> None:
        self.module = module
        self.program = program
        self.stage = stage
        self.name = name
        self.table = table
        self.target = target
        self.lanes = lanes
        self.tail = stage.columns % lanes.width

    def emit(self) -> None:
        """Writes the stage and what it calls."""
        if self.stage.kind == "tile":
            self._emit_tiles()
        else:
            self._emit_rows()

    # -- rows ----------------------------------------------------------------------------------

    def _emit_rows(self) -> None:
        f = Function(self.module, self.name, ["ptr", "ptr", "i64"], self.lanes)
        body = BodyWriter(self, f, f.arguments[0])
        whole = self.stage.columns // self.lanes.width
        reduced = [node for node in self.stage.body if node.op in REDUCTIONS]
        with f.loop("0", f.arguments[2]) as row:
            starts = [(self.lanes.vector, _identity(f, node)) for node in reduced]
            sums = [start for _, start in starts]
            if whole:
                with f.carried("0", str(whole), 1, starts) as (i, carried, updated):
                    column = f.mul(i, self.lanes.width * self.lanes.size)
                    body.write(row, column, None, {}, carried)
                    updated += body.reduced
                sums = carried
            if self.tail:
                column = str(whole * self.lanes.width * self.lanes.size)
                body.write(row, column, self.tail, {}, sums)
                sums = list(body.reduced)
            for node, value in zip(reduced, sums, strict=True):
                body.store_reduction(node, row, _horizontal(f, node, value))
        f.finish()

    # -- tiles ---------------------------------------------------------------------------------

    def _emit_tiles(self) -> None:
        tile = tile_of(self.stage, self.target, self.lanes)
        for count in range(1, tile.rows + 1):
            self._emit_micro(tile, count)
        whole = self.stage.columns // self.lanes.width
        if whole:
            self._emit_epilogue(tile, "full", None)
        if self.tail:
            self._emit_epilogue(tile, "tail", self.tail)
        f = Function(self.module, self.name, ["ptr", "ptr", "i64"], self.lanes)
        pointers, context, all_rows = f.arguments
        sums = self.stage.accumulators * tile.vectors * tile.rows
        scratch = f.allocate(f"[{sums} x {self.lanes.vector}]")
        bases = [
            f.load_pointer(context, packed_word(self.program, source.index))
            for source in self.stage.sources
        ]
        blocks = f.div(f.add(all_rows, tile.rows - 1), tile.rows)
        with f.loop("0", str(tile.panels)) as panel:
            panels = [
                f.at(base, f.mul(panel, self._panel_bytes(source, tile)))
                for base, source in zip(bases, self.stage.sources, strict=True)
            ]
            with f.loop("0", blocks) as block:
                first = f.div(f.mul(all_rows, block), blocks)
                rows = f.sub(f.div(f.mul(all_rows, f.add(block, 1)), blocks), first)
                listed = "".join(f", ptr {p}" for p in panels)
                for case in f.switch(rows, range(1, tile.rows + 1)):
                    f.emit(
                        f"call void @{self.name}_rows{case}(ptr {pointers}, i64 {first}, "
                        f"ptr {scratch}{listed})"
                    )
                self._call_epilogues(f, tile, panel, first, rows, scratch, whole)
        f.finish()

    def _panel_bytes(self, source: Source, tile: Tile) -> int:
        width = len(source.terms) * tile.vectors * self.lanes.width
        return source.depth * width * self.lanes.size

    def _call_epilogues(
        self, f: Function, tile: Tile, panel: str, first: str, rows: str, scratch: str, whole: int
    ) -> None:
        start = f.mul(panel, tile.vectors)
        common = f"ptr {f.arguments[0]}, i64 {first}, i64 {rows}, ptr {scratch}, i64 {start}"
        if whole:
            vectors = f.minimum(f.sub(whole, start), tile.vectors)
            f.emit(f"call void @{self.name}_full({common}, i64 {vectors})")
        if self.tail:
            last = f.value(f"icmp eq i64 {panel}, {tile.panels - 1}")
            vectors = f.value(f"zext i1 {last} to i64")
            f.emit(f"call void @{self.name}_tail({common}, i64 {vectors})")

    def _emit_micro(self, tile: Tile, rows: int) -> None:
        """Writes the products of one block: sums of `rows` rows by one panel, to scratch."""
        stage, lanes = self.stage, self.lanes
        types = ["ptr", "i64", "ptr", *["ptr"] * len(stage.sources)]
        f = Function(self.module, f"{self.name}_rows{rows}", types, lanes)
        pointers, first, scratch, *panels = f.arguments
        sums: dict[tuple[int, int, int], str] = {}
        for source, panel in zip(stage.sources, panels, strict=True):
            operand = source.operand
            width = operand.buffer.width * lanes.size
            base = f.load_pointer(pointers, self.table.index(operand))
            base = f.at(base, f.add(f.mul(first, width), operand.column * lanes.size))
            addresses = [f.at(base, row * width) for row in range(rows)]
            self._multiply(f, source, panel, addresses, tile, sums)
        for number in range(rows):
            for group in range(stage.accumulators):
                for vector in range(tile.vectors):
                    place = (number * stage.accumulators + group) * tile.vectors + vector
                    value = sums.get((number, group, vector), lanes.splat(0.0))
                    f.store(value, f.at(scratch, place, lanes.vector))
        f.finish()

    def _multiply(
        self,
        f: Function,
        source: Source,
        panel: str,
        rows: list[str],
        tile: Tile,
        sums: dict[tuple[int, int, int], str],
    ) -> None:
        """Writes one pass over an operand; few sums are split so that none waits for another."""
        lanes = self.lanes
        keys = [
            (row, group, vector)
            for row in range(len(rows))
            for group, _ in source.terms
            for vector in range(tile.vectors)
        ]
        wanted = 16 if self.target.registers == 32 else 8
        split = max(1, min(4, wanted // len(keys), source.depth))
        per_column = len(source.terms) * tile.vectors
        zero = lanes.splat(0.0)
        starts = [sums.get(key, zero) for key in keys] + [zero] * (len(keys) * (split - 1))

        def column(k: str, offset: int, current: list[str]) -> list[str]:
            matrix = f.at(panel, f.add(f.mul(k, per_column), offset * per_column), lanes.vector)
            vectors = [f.load(f.at(matrix, i, lanes.vector)) for i in range(per_column)]
            scalars = []
            for row in rows:
                number = f.load_scalar(f.at(row, f.add(k, offset), lanes.scalar))
                scalars.append(f.broadcast(number))
            return [
                f.fma(scalars[i // per_column], vectors[i % per_column], value)
                for i, value in enumerate(current)
            ]

        whole = source.depth // split * split
        size = len(keys)
        with f.carried("0", str(whole), split, [(lanes.vector, s) for s in starts]) as loop:
            k, carried, updated = loop
            for part in range(split):
                updated += column(k, part, carried[part * size : (part + 1) * size])
        values = carried
        for rest in range(whole, source.depth):
            values = column(str(rest), 0, values[:size]) + values[size:]
        for part in range(1, split):
            values[:size] = [
                f.binary("fadd", values[i], values[part * size + i]) for i in range(size)
            ]
        sums.update(zip(keys, values[:size], strict=True))

    def _emit_epilogue(self, tile: Tile, name: str, valid: int | None) -> None:
        """Writes the elementwise operations on the sums of one block."""
        stage, lanes = self.stage, self.lanes
        types = ["ptr", "i64", "i64", "ptr", "i64", "i64"]
        f = Function(self.module, f"{self.name}_{name}", types, lanes)
        pointers, first, rows, scratch, start, vectors = f.arguments
        body = BodyWriter(self, f, pointers)
        if valid is not None:
            # The last, partial vector: all others of its panel have been written.
            place = str((stage.columns // lanes.width) % tile.vectors)
        with f.loop("0", rows) as row, f.loop("0", vectors) as i:
            own = i if valid is None else place
            sums = {}
            for group in range(stage.accumulators):
                index = f.add(
                    f.mul(f.add(f.mul(row, stage.accumulators), group), tile.vectors), own
                )
                sums[group] = f.at(scratch, index, lanes.vector)
            column = f.mul(f.add(start, own), lanes.width * lanes.size)
            body.write(f.add(first, row), column, valid, sums, [])
        f.finish()


class BodyWriter:
    """Writes the elementwise operations of a stage for one vector of one row.

    Attributes:
        reduced: After `write`, the running values of reductions.
    """

    def __init__(self, writer: StageWriter, f: Function, pointers: str) -> None:
        self.f = f
        self.stage = writer.stage
        self.lanes = writer.lanes
        self.names = writer.program.names
        self.table = writer.table
        self.reduced: list[str] = []
        self.bases = {self.table.index(access): "" for access in self._elementwise_accesses()}
        for index in self.bases:
            self.bases[index] = f.load_pointer(pointers, index)

    def _elementwise_accesses(self) -> list[Access]:
        return [*self.stage.loads.values(), *(access for _, access in self.stage.stores)]

    def write(
        self, row: str, column: str, valid: int | None, sums: dict[int, str], carried: list[str]
    ) -> None:
        """Writes one vector.

        Args:
            row: Which row of the slice.
            column: Bytes from a row's begin to the vector.
            valid: How many lanes exist, None for all.
            sums: Accumulator -> address of its vector.
            carried: Values of reductions so far.
        """
        f, stage = self.f, self.stage
        values: dict[int, str] = {}
        waiting = list(carried)
        self.reduced = []
        for node in stage.body:
            if node.op in REDUCTIONS:
                operand = self._operand(node.args[0], row, column, valid, values)
                if valid is not None:
                    operand = f.keep_first(operand, valid, _identity(f, node))
                self.reduced.append(_combine(f, node, waiting.pop(0), operand))
                continue
            values[node.number] = self._node(node, row, column, valid, values, sums)
        for node, access in stage.stores:
            if node.op not in REDUCTIONS or node.number in stage.loads:
                value = self._operand(node, row, column, valid, values)
                self._store(value, access, row, column, valid)

    def _node(
        self,
        node: Node,
        row: str,
        column: str,
        valid: int | None,
        values: dict[int, str],
        sums: dict[int, str],
    ) -> str:
        f = self.f
        summed = self.stage.sums.get(node.number)
        terms = []
        if summed is not None:
            terms.append(f.load(sums[summed]))
            if node.op == "matmul":
                return terms[0]
        if node.op == "part":
            return self._operand(node, row, column, valid, values)
        terms += [
            self._operand(arg, row, column, valid, values)
            for arg in node.args
            if arg.number not in self.stage.absorbed
        ]
        return lower_node(f, node, terms)

    def _operand(
        self, node: Node, row: str, column: str, valid: int | None, values: dict[int, str]
    ) -> str:
        if node.op == "number":
            return self.lanes.splat(node.value)
        known = values.get(node.number)
        if known is None:
            scalar = not node.shape and not self.stage.scalar
            access = self.stage.loads[node.number]
            known = values[node.number] = self._load(access, row, column, valid, scalar)
        return known

    def _address(self, access: Access, row: str, column: str) -> str:
        f, buffer = self.f, access.buffer
        base = self.bases[self.table.index(access)]
        if buffer.kind != "static":
            base = f.at(base, f.mul(row, buffer.width * self.lanes.size))
        return f.at(base, f.add(column, access.column * self.lanes.size))

    def _load(self, access: Access, row: str, column: str, valid: int | None, scalar: bool) -> str:
        if scalar:
            return self.f.broadcast(self.f.load_scalar(self._address(access, row, "0")))
        return self.f.load(self._address(access, row, column), valid)

    def _store(self, value: str, access: Access, row: str, column: str, valid: int | None) -> None:
        self.f.store(value, self._address(access, row, column), valid)

    def store_reduction(self, node: Node, row: str, value: str) -> None:
        """Writes a reduced value to its places."""
        for stored, access in self.stage.stores:
            if stored is node:
                self.f.store_scalar(value, self._address(access, row, "0"))


_IDENTITY = {"sum": 0.0, "prod": 1.0, "max": float("-inf"), "min": float("inf")}


def _identity(f: Function, node: Node) -> str:
    return f.lanes.splat(_IDENTITY[node.op])


def _combine(f: Function, node: Node, left: str, right: str) -> str:
    if node.op == "sum":
        return f.binary("fadd", left, right)
    if node.op == "prod":
        return f.binary("fmul", left, right)
    return f.higher(left, right) if node.op == "max" else f.lower(left, right)


def _horizontal(f: Function, node: Node, value: str) -> str:
    """Reduces a vector to a scalar."""
    lanes = f.lanes
    names = {"sum": "fadd", "prod": "fmul", "max": "fmax", "min": "fmin"}
    name = f"llvm.vector.reduce.{names[node.op]}.{lanes.suffix}"
    start = [lanes.scalar] if node.op in ("sum", "prod") else []
    f.module.declare(name, lanes.scalar, [*start, lanes.vector])
    flags = "reassoc " if start else ""
    first = f"{lanes.scalar} {lanes.number(_IDENTITY[node.op])}, " if start else ""
    return f.value(f"call {flags}{lanes.scalar} @{name}({first}{lanes.vector} {value})")
