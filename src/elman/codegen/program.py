"""The loop program: what a kernel does, in the order in which it does it.

A recurrence of given sizes becomes one or more loops over time. A loop runs through stages at each
step; a stage computes vectors of one size, all rows of a slice of the batch before the next stage
begins. A `tile` stage sums products in registers first and then does its elementwise
operations on the sums; a `row` stage has no products and may reduce over features.

Shapes: a buffer is [slots, B, width], row-major.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from elman.ir.graph import Node


class Form(StrEnum):
    """How the products of a program read their matrices.

    PACKED: laid out anew in panels, for many rows of the batch at once.
    APART: the same for a row or two over many steps; products that no step needs from another
        stand apart from the loops.
    IN_PLACE: where they lie, for a row or two over a few steps.
    """

    PACKED = "packed"
    APART = "apart"
    IN_PLACE = "in place"


@dataclass(frozen=True, eq=False)
class Buffer:
    """Memory for one value, or for several that stand side by side.

    Attributes:
        name: As the user would call it.
        kind: `input` (given), `sequence` (a slot for each step and those read outside 1..T),
            `ring` (the last few steps), `static` (one row, the same at every step), `panels`
            (factors of sums over time, for the rows of a chunk of steps), `sums` (what they are
            summed to); each thread has panels and sums of its own.
        width: Numbers in a row.
        before: Slots before the first step.
        after: Slots after the last step.
        slots: Of a ring.
        index: Its place in the program's list.
    """

    name: str
    kind: str
    width: int
    index: int
    before: int = 0
    after: int = 0
    slots: int = 0


@dataclass(frozen=True)
class Access:
    """Where a value lies: a buffer at a lag, from a column on."""

    buffer: Buffer
    lag: int = 0
    column: int = 0

    def __str__(self) -> str:
        when = "" if self.buffer.kind == "static" else "[t]"
        if self.lag:
            when = f"[t{-self.lag:+d}]"
        return f"{self.buffer.name}{when}" + (f"+{self.column}" if self.column else "")


@dataclass(frozen=True, eq=False)
class Source:
    """One operand of a stage's products and the matrices it meets.

    Attributes:
        operand: A vector of `depth` entries; several that stand side by side are one.
        depth: How many.
        terms: (accumulator, matrices) pairs; result[j] += matrix[j, k] operand[k], with the columns
            of the matrices side by side.
        index: Its place among the program's packed matrices; of those that are read where they lie
            a stage's `loads` say the places.
    """

    operand: Access
    depth: int
    terms: tuple[tuple[int, tuple[Node, ...]], ...]
    index: int


@dataclass(eq=False)
class Stage:
    """Vectors of one size, computed together.

    Attributes:
        columns: Their size; 1 for scalars.
        scalar: Whether they are scalars.
        few_rows: Whether they belong to one row of the batch or two, step after step.
        in_place: Whether their matrices are read where they lie.
        sources: Products, summed in accumulators.
        accumulators: How many.
        sums: Node number -> the accumulator that holds its products: of the `matmul` itself, or
            of an `add` that sums several.
        absorbed: Numbers of products that are inside the accumulator of an `add`.
        body: Operations in order.
        loads: Node number -> where the value of an operand is found.
        stores: What is written where.
    """

    columns: int
    scalar: bool
    few_rows: bool = False
    in_place: bool = False
    sources: tuple[Source, ...] = ()
    accumulators: int = 0
    sums: dict[int, int] = field(default_factory=dict)
    absorbed: frozenset[int] = frozenset()
    body: list[Node] = field(default_factory=list)
    loads: dict[int, Access] = field(default_factory=dict)
    stores: list[tuple[Node, Access]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """`tile` or `row`."""
        return "tile" if self.sources else "row"

    def accesses(self) -> Iterator[Access]:
        """Yields every place that the stage reads or writes."""
        yield from (source.operand for source in self.sources)
        yield from self.loads.values()
        yield from (access for _, access in self.stores)


@dataclass(frozen=True)
class Span:
    """Columns: where they begin and how many they are."""

    first: int
    width: int


@dataclass(frozen=True, eq=False)
class Total:
    """A sum over time and batch of an outer product, or of a vector.

    Attributes:
        node: The `over_time` node that it is.
        rows: Where its left factor stands among the left ones; joined vectors in several parts.
        columns: The same for the right factor; none for the sum of a vector.
    """

    node: Node
    rows: tuple[Span, ...]
    columns: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class LoopTotals:
    """The sums over time and batch that a loop computes.

    Attributes:
        totals: Each of them.
        lefts: The panels of left factors.
        rights: The panels of right factors.
        sums: [lefts.width, rights.width] products, then [lefts.width] sums of left factors.
    """

    totals: tuple[Total, ...]
    lefts: Buffer
    rights: Buffer
    sums: Buffer


@dataclass(eq=False)
class Loop:
    """A loop over time.

    Attributes:
        direction: `forward` or `backward`.
        stages: In order, at each step.
        totals: The sums that it adds to after each chunk of steps, None where there are none.
        flat: Whether no step needs another: then the rows of all steps are those of a single one.
    """

    direction: str
    stages: list[Stage]
    totals: LoopTotals | None = None
    flat: bool = False

    def rows(self, steps: int, batch: int) -> int:
        """Returns how many rows go through the loop side by side."""
        return steps * batch if self.flat else batch


@dataclass(eq=False)
class LoopProgram:
    """A whole kernel.

    Attributes:
        loops: In order.
        buffers: All memory, by index.
        sequences: Name over time -> where its values lie.
        statics: Static buffer's index -> the node whose value fills it.
        packed: The matrices of each source, by index.
        scalars: Names over time that are scalars.
        names: Node number -> what the user would call it.
        results: Names without time -> total-level nodes.
        starts: (name, step) -> static node, as the text says.
        cotangents: The inputs that all results are linear in; where they are zero, nothing is
            computed.
    """

    loops: list[Loop]
    buffers: list[Buffer]
    sequences: dict[str, Access]
    statics: dict[int, Node]
    packed: list[tuple[Source, Stage]]
    scalars: frozenset[str]
    names: dict[int, str]
    results: dict[str, Node]
    starts: dict[tuple[str, int], Node]
    cotangents: frozenset[str] = frozenset()

    def runs_alone(self, index: int) -> bool:
        """Says whether no other loop runs beside one."""
        return [index] in self.waves()

    def waves(self) -> list[list[int]]:
        """Returns the loops that may run at once: neighbours of which none needs another."""
        found: list[list[int]] = []
        written: set[int] = set()
        for number, loop in enumerate(self.loops):
            accesses = [a.buffer for stage in loop.stages for a in stage.accesses()]
            stores = [a.buffer for stage in loop.stages for _, a in stage.stores]
            if not found or any(buffer.index in written for buffer in accesses):
                found.append([])
                written = set()
            found[-1].append(number)
            written |= {buffer.index for buffer in stores}
        return found
