"""Ranks: which names and expressions are scalars (0), vectors (1) and matrices (2)."""

from __future__ import annotations

from collections.abc import Hashable
from heapq import heappop, heappush
from itertools import pairwise

from elman.equations.symbols import GREEK, SCALAR_GREEK
from elman.errors import ShapeError, Span, raise_all
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.operations import OPERATIONS
from elman.ir.products import group_product
from elman.ir.roles import Roles

_WORDS = {0: "a scalar", 1: "a vector", 2: "a matrix"}
_SAME_AS_ARGUMENT = frozenset(["negate", "transpose", "over_time", "softmax", "layernorm"])


class RankTable:
    """Finds the rank of every node by rules that only ever add knowledge.

    Rules look at a node again only when something became known that it touches, so that the time
    grows with the text and not with its square.

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
        self._origin: dict[Hashable, str] = {}
        self.errors: dict[Hashable, ShapeError] = {}
        for node in self.nodes:
            self._link(node)
        for group in (graph.definitions, graph.derived, graph.totals):
            for key, node in group.items():
                self._join(key, node.number)
        self._numbered = {node.number: node for node in self.nodes}
        self._watchers = self._find_watchers()
        self._started: dict[int, list[str]] = {}
        for (key, _), node in graph.starts.items():
            self._started.setdefault(node.number, []).append(key)
        self._now: list[int] = []
        self._later: set[int] = set()
        self._weak: set[int] = set()
        self._at = -1

    def _find_watchers(self) -> dict[Hashable, list[int]]:
        """Returns, per class of equal ranks, the nodes whose rules look at it."""
        watchers: dict[Hashable, list[int]] = {}
        for node in self.nodes:
            for root in {self._find(part.number) for part in (node, *node.args)}:
                watchers.setdefault(root, []).append(node.number)
        for (key, _), node in self.graph.starts.items():
            watchers.setdefault(self._find(key), []).append(node.number)
        return watchers

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
        parent, root = self._parent, slot
        while root in parent:
            root = parent[root]
        while slot != root:
            parent[slot], slot = root, parent[slot]
        return root

    def _join(self, left: Hashable, right: Hashable) -> None:
        one, other = self._find(left), self._find(right)
        if one != other:
            self._parent[one] = other

    def rank(self, node: Node) -> int | None:
        """Returns the rank of a node, None while it is open."""
        return self._rank.get(self._find(node.number))

    def rank_of_key(self, key: str) -> int:
        """Returns the rank of a name, after `solve`."""
        return self._rank.get(self._find(key), 0)

    def is_row(self, node: Node) -> bool:
        """Says whether a node is a transposed vector."""
        return node.op == "transpose" and self.rank(node) == 1

    def fix(self, slot: Hashable, rank: int, span: Span | None, origin: str = "") -> None:
        """Sets the rank of a name or node; notes an error where it already has another one.

        Args:
            slot: A name, or the number of a node.
            rank: 0, 1 or 2.
            span: Where an error points.
            origin: What gives it this rank, in the user's words.
        """
        root = self._find(slot)
        known = self._rank.get(root)
        text = _one_line(span) or str(slot)
        origin = origin or text
        if known is None:
            self._rank[root] = rank
            self._origin[root] = origin
            for number in self._watchers.get(root, ()):
                self._wake(number)
        elif known != rank and root not in self.errors:
            self.errors[root] = ShapeError(
                f"{text} is used both as {_WORDS[known]} and as {_WORDS[rank]}",
                span,
                facts=[
                    f"{_WORDS[known]}: {self._origin[root]}",
                    f"{_WORDS[rank]}: {origin}",
                ],
                remedy="Declare its shape, such as u: [h] or alpha: scalar, or use another name.",
            )

    def _wake(self, number: int) -> None:
        """Puts a node on the list of those to look at, in this sweep if it is still ahead."""
        self._weak.add(number)
        if number > self._at:
            heappush(self._now, number)
        else:
            self._later.add(number)

    def _set(self, node: Node, rank: int, by: Node | None = None) -> None:
        self.fix(node.number, rank, node.span, "" if by is None else _one_line(by.span))

    # -- rules -------------------------------------------------------------------------------

    def solve(self, roles: Roles, *, ask: bool) -> None:
        """Finds all ranks.

        Args:
            roles: The roles of the names; what stays open is settled in their order.
            ask: Whether an input that stays open is an error, because sizes were given for
                others, rather than a scalar.

        Raises:
            ShapeError: A name is used with two ranks, or an input stays open.
            SourceErrorGroup: Several are.
        """
        beside = self._greek_beside()
        for key in self.keys:
            if key in roles.parameters and (key in SCALAR_GREEK or key in beside):
                self._settle(key)
        for node in self.nodes:
            if node.op in ("number", "steps"):
                self._set(node, 0)
            self._wake(node.number)
        self._propagate()
        raise_all(list(self.errors.values()))
        open_inputs = [key for key in roles.inputs if self._find(key) not in self._rank]
        if ask and open_inputs:
            raise_all([_open_input(key, self.nodes) for key in open_inputs])
        for group in (roles.inputs, roles.states, self.keys):
            for key in group:
                if self._find(key) not in self._rank:
                    self._settle(key)
                    self.settled.add(key)
                    self._propagate()
        for node in self.nodes:
            if self.rank(node) is None:
                self._set(node, 0)
                self._propagate()
        raise_all(list(self.errors.values()))

    def _greek_beside(self) -> set[str]:
        """Returns the lower-case Greek parameters that stand side by side with a sequence."""
        return {
            factor.key
            for node in self.nodes
            if node.op == "product" and any(factor.op == "read" for factor in node.args)
            for factor in node.args
            if factor.op == "parameter" and factor.key in GREEK and factor.key.islower()
        }

    def _settle(self, key: str) -> None:
        """Makes a name a scalar unless something else is known of it."""
        if self._find(key) not in self._rank:
            self.fix(key, 0, None, f"{key}, which nothing makes a vector")

    def _propagate(self) -> None:
        """Applies rules until nothing follows any more; a node is looked at when it may matter."""
        while self._now or self._later or self._weak:
            self._sweep()
            if self._now or self._later:
                continue
            weak, self._weak = sorted(self._weak), set()
            for number in weak:
                self._apply_weak(self._numbered[number])

    def _sweep(self) -> None:
        """Looks at the nodes that were woken, in order of evaluation."""
        for number in self._later:
            heappush(self._now, number)
        self._later.clear()
        while self._now:
            number = heappop(self._now)
            if number == self._at:
                continue  # it was woken more than once
            self._at = number
            node = self._numbered[number]
            self._apply(node)
            self._apply_start(node)
        self._at = -1

    def _apply_start(self, node: Node) -> None:
        """Gives a start the rank of its state."""
        for key in self._started.get(node.number, ()):
            known = self._rank.get(self._find(key))
            if self.rank(node) is None and known is not None:
                self._set(node, known)

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
        unknown = [arg for arg in node.args if self.rank(arg) is None]
        scalars = [arg for arg in node.args if self.rank(arg) == 0 and arg.level == "step"]
        if scalars and unknown and all(arg.op == "parameter" for arg in unknown):
            # `w^T x_t + b`: what is added to a scalar is one, where nothing says otherwise.
            for arg in unknown:
                self._set(arg, 0)

    def _apply_product(self, node: Node) -> None:
        factors = node.args
        ranks = [self.rank(factor) for factor in factors]
        if None not in ranks:
            grouped = group_product([r or 0 for r in ranks], [self.is_row(f) for f in factors])
            # Two vectors side by side are no product; the dimensions say so, with their shapes.
            self._set(node, 1 if grouped is None else grouped[1])
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

    def _is_dot(self, left: Node, right: Node) -> bool:
        """Says whether a row vector stands before something open: `w^T x_t`."""
        return self.is_row(left) and self.rank(right) is None and right.level == "step"

    def _is_greek(self, node: Node) -> bool:
        r"""Says whether a factor holds lower-case Greek letters and scalars only, as `1/\tau`."""
        waiting, seen = [node], {node.number}
        while waiting:
            part = waiting.pop()
            if self.rank(part) == 0:
                continue
            is_letter = part.op == "parameter" and part.key in GREEK and part.key.islower()
            row = OPERATIONS.get(part.op)
            is_elementwise = row is not None and row.kind == "elementwise"
            if self.rank(part) is not None or not (is_letter or is_elementwise):
                return False
            fresh = [arg for arg in part.args if arg.number not in seen]
            seen.update(arg.number for arg in fresh)
            waiting += fresh
        return True

    def _apply_sides(self, tensors: list[Node]) -> None:
        """Makes a name beside a vector a matrix, and what a matrix is applied to a vector."""
        for left, right in pairwise(tensors):
            ranks = (self.rank(left), self.rank(right))
            column = ranks[1] == 1 and not self.is_row(right)
            if column and ranks[0] is None and left.level == "static":
                self._set(left, 0 if self._is_greek(left) else 2)
            elif ranks[0] == 1 and ranks[1] is None and right.level == "static":
                self._set(right, 0 if self._is_greek(right) else 2)
            elif right is tensors[-1] and (ranks == (2, None) or self._is_dot(left, right)):
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


def _one_line(span: Span | None) -> str:
    return " ".join(span.text.split()) if span is not None else ""


def _open_input(key: str, nodes: list[Node]) -> ShapeError:
    span = next((n.span for n in nodes if n.op == "read" and n.key == key), None)
    return ShapeError(
        f"the size of the input {key} is open",
        span,
        remedy=f'Give it a size, such as sizes={{"{key}": 28}}, or declare it: {key}: scalar',
    )
