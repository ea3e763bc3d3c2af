"""The elementwise operations of a stage as LLVM IR, for one vector of one or several rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from elman.codegen.elementwise import lower_node
from elman.codegen.interleaved import Interleaved
from elman.codegen.layout import panel_stride
from elman.codegen.normal import REDUCTIONS
from elman.codegen.program import Access, LoopProgram, Stage
from elman.codegen.writer import Lanes, Module
from elman.ir.graph import Node

# Rows whose operations are written side by side; more need more registers than there are.
ROWS_AT_ONCE = 2


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


@dataclass(frozen=True)
class StageContext:
    """What writing a stage needs to know.

    Attributes:
        module: Where its functions go.
        program: The whole program.
        stage: The stage.
        name: The symbol of its function; others begin with it.
        table: The loop's places.
        lanes: The vector type.
    """

    module: Module
    program: LoopProgram
    stage: Stage
    name: str
    table: Table
    lanes: Lanes

    @property
    def whole(self) -> int:
        """Number of whole vectors in a row."""
        return self.stage.columns // self.lanes.width

    @property
    def tail(self) -> int:
        """Number of lanes of the last vector, if it is partial."""
        return self.stage.columns % self.lanes.width

    def function(self, suffix: str, types: Sequence[str], rows: int) -> Interleaved:
        """Begins one of the stage's functions."""
        return Interleaved(self.module, self.name + suffix, types, self.lanes, rows)


@contextmanager
def row_groups(f: Interleaved, rows: str) -> Iterator[str]:
    """Loops over rows, as many at once as the function joins; yields their numbers, joined.

    Rows beyond the last whole group are left to a function that takes one at a time.
    """
    with f.loop("0", f.div(rows, f.count)) as group:
        first = f.mul(group, f.count)
        yield f.join([first, *(f.add(first, i) for i in range(1, f.count))])


class BodyWriter:
    """Writes the elementwise operations of a stage for one vector of each of several rows.

    Args:
        context: The stage.
        f: Where to write.
        pointers: The step's places.
        ahead: Whether to ask for the next rows while these are computed. Values of many steps come
            from far away, in streams too short for the processor to foresee.

    Attributes:
        reduced: After `write`, the running values of reductions.
    """

    def __init__(
        self, context: StageContext, f: Interleaved, pointers: str, *, ahead: bool
    ) -> None:
        self.ahead = ahead
        self.f = f
        self.stage = context.stage
        self.lanes = context.lanes
        self.table = context.table
        self.reduced: list[str] = []
        places = [*self.stage.loads.values(), *(access for _, access in self.stage.stores)]
        self.bases = dict.fromkeys((self.table.index(access) for access in places), "")
        for index in self.bases:
            self.bases[index] = f.load_pointer(pointers, index)

    def write(
        self,
        row: str,
        column: str,
        valid: int | None,
        sums: dict[int, str],
        carried: Iterable[str],
    ) -> None:
        """Writes one vector of each row.

        Args:
            row: Which row of the slice; joined for several.
            column: Bytes from a row's begin to the vector; joined for several vectors of a row.
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
                    operand = f.keep_first(operand, valid, identity(f, node))
                self.reduced.append(combine(f, node, waiting.pop(0), operand))
                continue
            values[node.number] = self._node(node, row, column, valid, values, sums)
        for node, access in stage.stores:
            if node.op not in REDUCTIONS or node.number in stage.loads:
                value = self._operand(node, row, column, valid, values)
                # Panels have room for the lanes beyond the last entry.
                lanes = None if access.buffer.kind == "panels" else valid
                f.store(value, self._address(access, row, column), lanes)

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
        self,
        node: Node,
        row: str,
        column: str,
        valid: int | None,
        values: dict[int, str],
    ) -> str:
        if node.op == "number":
            return self.lanes.splat(node.value)
        known = values.get(node.number)
        if known is None:
            access = self.stage.loads[node.number]
            if not node.shape and not self.stage.scalar:
                known = self.f.broadcast(self.f.load_scalar(self._address(access, row, "0")))
            else:
                address = self._address(access, row, column)
                if self.ahead and access.buffer.kind in ("sequence", "input"):
                    further = self.f.count * access.buffer.width * self.lanes.size
                    for part in self.f.parts(address):
                        self.f.prefetch(self.f.at(part, further))
                known = self.f.load(address, valid)
            values[node.number] = known
        return known

    def _address(self, access: Access, row: str, column: str) -> str:
        f, buffer, size = self.f, access.buffer, self.lanes.size
        base, column = self.bases[self.table.index(access)], f.add(column, access.column * size)
        width = buffer.width * size
        if buffer.kind == "panels":
            column, width = f.mul(column, panel_stride(self.lanes)), self.lanes.width * size
        base = f.at(base, column)
        if buffer.kind == "static":
            return base
        return f.at(base, f.mul(row, width))

    def store_reduction(self, node: Node, row: str, value: str) -> None:
        """Writes a reduced value to its places."""
        for stored, access in self.stage.stores:
            if stored is node:
                self.f.store_scalar(value, self._address(access, row, "0"))


_IDENTITY = {"sum": 0.0, "prod": 1.0, "max": float("-inf"), "min": float("inf")}
_INSTRUCTIONS = {"sum": "fadd", "prod": "fmul", "max": "fmax", "min": "fmin"}


def identity(f: Interleaved, node: Node) -> str:
    """Returns the vector that a reduction begins with."""
    return f.lanes.splat(_IDENTITY[node.op])


def combine(f: Interleaved, node: Node, left: str, right: str) -> str:
    """Reduces two vectors to one, lane by lane."""
    if node.op == "sum":
        return f.binary("fadd", left, right)
    if node.op == "prod":
        return f.binary("fmul", left, right)
    return f.higher(left, right) if node.op == "max" else f.lower(left, right)


def reduce_lanes(f: Interleaved, node: Node, value: str) -> str:
    """Reduces a vector to a number."""
    return f.horizontal(_INSTRUCTIONS[node.op], _IDENTITY[node.op], value)
