"""The factors of the sums over time and batch, and the columns in which a loop writes them.

The gradient of a matrix is a sum over time and batch of outer products of a left factor, which
gives the rows, with a right one. A loop writes the factors of some steps into two buffers and then
adds the product of both to its sums; factors that meet the same partners stand side by side, so
that one product serves them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from elman.codegen.normal import UnsupportedByKernelError, columns, uncopied
from elman.codegen.program import Access, Buffer, LoopTotals, Span, Total
from elman.ir.graph import Node, StepGraph, reachable

# Columns at which factors begin: a multiple of the lanes of the widest vectors.
_ALIGNMENT = 16


class Pairs:
    """The factors of one loop's sums.

    Args:
        sums: The `over_time` nodes.

    Attributes:
        left: Left factors in order; joined vectors by their parts.
        right: Right factors.
    """

    def __init__(self, sums: Sequence[Node]) -> None:
        self.sums = sums
        partners: dict[int, list[int]] = {}
        lefts: dict[int, Node] = {}
        rights: dict[int, Node] = {}
        for total in sums:
            left, right = _factors(total)
            own = [] if right is None else _parts(right)
            rights.update((part.number, part) for part in own)
            for part in _parts(left):
                lefts[part.number] = part
                partners.setdefault(part.number, []).extend([p.number for p in own] or [-1])
        self.left = sorted(lefts.values(), key=lambda node: sorted(partners[node.number]))
        self.right = list(rights.values())
        self._lefts, self.left_width = _side_by_side(self.left)
        self._rights, self.right_width = _side_by_side(self.right)
        self.buffers: tuple[Buffer, Buffer] | None = None

    def factors(self) -> list[Node]:
        """Returns every factor, left ones first."""
        return [*self.left, *self.right]

    def places(self) -> list[tuple[Node, Access]]:
        """Returns every factor and where it is written."""
        if self.buffers is None:
            return []
        both = ((self.left, self._lefts), (self.right, self._rights))
        return [
            (node, Access(buffer, 0, spans[node.number].first))
            for buffer, (nodes, spans) in zip(self.buffers, both, strict=True)
            for node in nodes
        ]

    def totals(self, sums: Buffer) -> LoopTotals:
        """Returns which part of the products each sum is."""
        assert self.buffers is not None, "internal: sums without buffers"
        found = []
        for total in self.sums:
            left, right = _factors(total)
            rows = tuple(self._lefts[part.number] for part in _parts(left))
            over = () if right is None else _parts(right)
            found.append(Total(total, rows, tuple(self._rights[part.number] for part in over)))
        return LoopTotals(tuple(found), *self.buffers, sums)


def find_pairs(graph: StepGraph, loop_of: Mapping[int, int], loops: int) -> list[Pairs]:
    """Returns the factors of each loop's sums.

    Args:
        graph: A normalised graph.
        loop_of: Node number -> the loop that computes it.
        loops: How many there are.
    """
    found: list[list[Node]] = [[] for _ in range(loops)]
    for node in reachable(list(graph.totals.values())):
        if node.op == "over_time":
            # What is only read is there in every loop.
            found[loop_of.get(node.args[0].number, loops - 1)].append(node)
    return [Pairs(sums) for sums in found]


def _factors(total: Node) -> tuple[Node, Node | None]:
    body = total.args[0]
    if body.op == "outer":
        return body.args[0], body.args[1]
    if len(body.shape) > 1:
        raise UnsupportedByKernelError("the sum over time of a matrix has no kernel")
    return body, None


def _parts(node: Node) -> tuple[Node, ...]:
    return tuple(map(uncopied, node.args)) if node.op == "concat" else (node,)


def _side_by_side(nodes: Iterable[Node]) -> tuple[dict[int, Span], int]:
    """Gives each node its columns; returns how many there are."""
    spans, start = {}, 0
    for node in nodes:
        spans[node.number] = Span(start, columns(node))
        start += -(-columns(node) // _ALIGNMENT) * _ALIGNMENT
    return spans, start
