"""Ranks: which names and expressions are scalars (0), vectors (1) and matrices (2)."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

from elman.equations.symbols import SCALAR_GREEK
from elman.errors import ShapeError, Span, raise_all
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.operations import OPERATIONS
from elman.ir.products import group_product
from elman.ir.roles import Roles

_WORDS = {0: "a scalar", 1: "a vector", 2: "a matrix"}
_SAME_AS_ARGUMENT = frozenset(["negate", "transpose", "over_time", "softmax", "layernorm"])


class RankTable:
    """Finds the rank of every node by rules that only ever add knowledge.

    Attributes:
        nodes: The nodes in use, in order of evaluation.
        keys: Every name, in order of appearance.
        settled: Names that nothing made a vector, so that they were taken as scalars.
    """

    def __init__(self, graph: StepGraph) -> None:
        self.graph = graph
        self.nodes = reachable(graph.roots())
        self.keys = [
            *graph.inputs, *graph.definitions, *graph.parameters, *graph.derived, *graph.totals
        ]  # fmt: skip
        self.settled: set[str] = set()
        self._parent: dict[Hashable, Hashable] = {}
        self._rank: dict[Hashable, int] = {}
        self._changed = False
        for node in self.nodes:
            self._link(node)
        for group in (graph.definitions, graph.derived, graph.totals):
            for key, node in group.items():
                self._join(key, node.number)

    def _link(self, node: Node) -> None:
        """Joins what has one rank by construction."""
        if node.op in ("read", "parameter"):
            self._join(node.key, node.number)
        elif node.op in _SAME_AS_ARGUMENT or (
            node.op in OPERATIONS
            and OPERATIONS[node.op].kind == "elementwise"
            and len(node.args) == 1
        ):
            self._join(node.args[0].number, node.number)

    # -- the table ---------------------------------------------------------------------------

    def _find(self, slot: Hashable) -> Hashable:
        root = slot
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while self._parent.get(slot, slot) != slot:
            self._parent[slot], slot = root, self._parent[slot]
        return root

    def _join(self, left: Hashable, right: Hashable) -> None:
        self._parent[self._find(left)] = self._find(right)

    def rank(self, node: Node) -> int | None:
        """Returns the rank of a node, None while it is open."""
        return self._rank.get(self._find(node.number))

    def rank_of_key(self, key: str) -> int:
        """Returns the rank of a name, after `solve`."""
        return self._rank.get(self._find(key), 0)

    def is_row(self, node: Node) -> bool:
        """Says whether a node is a transposed vector."""
        return node.op == "transpose" and self.rank(node) == 1

    def fix(self, slot: Hashable, rank: int, span: Span | None) -> None:
        """Sets the rank of a name or node.

        Raises:
            ShapeError: It already has another one.
        """
        root = self._find(slot)
        known = self._rank.get(root)
        if known == rank:
            return
        if known is not None:
            text = span.text if span is not None else str(slot)
            raise ShapeError(
                f"{text.splitlines()[0] if text else slot} is used both as {_WORDS[known]} "
                f"and as {_WORDS[rank]}",
                span,
                remedy="Declare its shape, such as u: [h] or alpha: scalar, or use another name.",
            )
        self._rank[root] = rank
        self._changed = True

    def _set(self, node: Node, rank: int) -> None:
        self.fix(node.number, rank, node.span)

    # -- rules -------------------------------------------------------------------------------

    def solve(self, roles: Roles, *, ask: bool) -> None:
        """Finds all ranks.

        Args:
            roles: The roles of the names; what stays open is settled in their order.
            ask: Whether an input that stays open is an error, because sizes were given for
                others, rather than a scalar.
        """
        for key in self.keys:
            if key in SCALAR_GREEK and key in roles.parameters:
                self._rank.setdefault(self._find(key), 0)
        for node in self.nodes:
            if node.op in ("number", "steps"):
                self._set(node, 0)
        self._propagate()
        open_inputs = [key for key in roles.inputs if self._find(key) not in self._rank]
        if ask and open_inputs:
            raise_all([_open_input(key, self.nodes) for key in open_inputs])
        for group in (roles.inputs, roles.states, self.keys):
            for key in group:
                if self._find(key) not in self._rank:
                    self._rank[self._find(key)] = 0
                    self.settled.add(key)
                    self._propagate()
        for node in self.nodes:
            if self.rank(node) is None:
                self._set(node, 0)
                self._propagate()

    def _propagate(self) -> None:
        self._changed = True
        while self._changed:
            while self._changed:
                self._changed = False
                for node in self.nodes:
                    self._apply(node)
                for (key, _), node in self.graph.starts.items():
                    known = self._rank.get(self._find(key))
                    if known is not None and self.rank(node) is None:
                        self._set(node, known)
            for node in self.nodes:
                self._apply_weak(node)

    def _apply(self, node: Node) -> None:
        """Draws what certainly follows for one node."""
        if node.op == "product":
            self._apply_product(node)
        elif node.op in ("identity", "diag"):
            self._set(node, 2)
            for arg in node.args:
                self._set(arg, 1)
        elif node.op == "transpose":
            arg = node.args[0]
            if self.rank(arg) is None and arg.op == "parameter":
                self._set(arg, 2 if arg.key[0].isupper() else 1)
        elif node.op == "concat":
            self._set(node, 1)
            for arg in node.args:
                if self.rank(arg) is None:
                    self._set(arg, 1)
        elif node.op in ("softmax", "layernorm"):
            if self.rank(node) is None:
                self._set(node, 1)
        elif node.op in OPERATIONS and OPERATIONS[node.op].kind == "reduction":
            self._set(node, 0)
        elif node.op in OPERATIONS and OPERATIONS[node.op].kind == "elementwise":
            self._apply_broadcast(node)

    def _apply_broadcast(self, node: Node) -> None:
        known = [self.rank(arg) for arg in node.args]
        highest = max((rank for rank in known if rank is not None), default=None)
        if highest or (highest == 0 and None not in known):
            self._set(node, highest)
        rank = self.rank(node)
        if rank is None:
            return
        unknown = [arg for arg in node.args if self.rank(arg) is None]
        for arg in unknown:
            is_exponent = node.op == "power" and arg is node.args[1]
            if rank == 0 or (is_exponent and arg.op == "parameter"):
                self._set(arg, 0)
            elif arg.op == "parameter" or (len(unknown) == 1 and highest in (None, 0)):
                self._set(arg, rank)

    def _apply_weak(self, node: Node) -> None:
        """Makes what is added to a vector a vector, where nothing else says what it is."""
        row = OPERATIONS.get(node.op)
        if row is None or row.kind != "elementwise" or len(node.args) < 2:
            return
        rank = self.rank(node)
        for arg in node.args:
            if rank and self.rank(arg) is None and arg.level == "static":
                self._set(arg, rank)

    def _apply_product(self, node: Node) -> None:
        factors = node.args
        ranks = [self.rank(factor) for factor in factors]
        if None not in ranks:
            grouped = group_product([r or 0 for r in ranks], [self.is_row(f) for f in factors])
            if grouped is not None:
                self._set(node, grouped[1])
            return
        tensors = [f for f, rank in zip(factors, ranks, strict=True) if rank != 0]
        if len(tensors) == 1 and self.rank(node) is not None:
            self._set(tensors[0], self.rank(node) or 0)
            return
        if self.rank(node) == 2 and all(self.rank(f) in (None, 2) for f in tensors):
            for factor in tensors:
                self._set(factor, 2)
            return
        self._apply_sides(tensors)
        is_beside_scalar = all(rank in (0, None) for rank in ranks) and 0 in ranks
        timed_scalar = any(f.level == "step" and self.rank(f) == 0 for f in factors)
        if is_beside_scalar and timed_scalar:
            for factor in tensors:
                if factor.op == "parameter":
                    self._set(factor, 0)

    def _apply_sides(self, tensors: list[Node]) -> None:
        """Makes a name beside a vector a matrix, and what a matrix is applied to a vector."""
        for left, right in pairwise(tensors):
            ranks = (self.rank(left), self.rank(right))
            column = ranks[1] == 1 and not self.is_row(right)
            if column and ranks[0] is None and left.level == "static":
                self._set(left, 2)
            elif ranks[0] == 1 and ranks[1] is None and right.level == "static":
                self._set(right, 2)
            elif ranks == (2, None) and right is tensors[-1]:
                self._set(right, 1)
            elif ranks == (None, 2) and left is tensors[0] and left.level == "step":
                self._set(left, 1)
        last = tensors[-1]
        has_matrix = any(self.rank(factor) == 2 for factor in tensors[:-1])
        if has_matrix and self.rank(last) is None and last.level == "step":
            self._set(last, 1)
        for left, right in reversed(list(pairwise(tensors))):
            # `V W h`: what stands before a matrix that is applied to a vector is a matrix too.
            if self.rank(right) == 2 and self.rank(left) is None and left.level == "static":
                self._set(left, 2)


def _open_input(key: str, nodes: list[Node]) -> ShapeError:
    span = next((n.span for n in nodes if n.op == "read" and n.key == key), None)
    return ShapeError(
        f"the size of the input {key} is open",
        span,
        remedy=f'Give it a size, such as sizes={{"{key}": 28}}, or declare it: {key}: scalar',
    )
