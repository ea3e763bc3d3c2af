"""Forward values as symbols: the variables of a derivative, and those that are missing."""

from __future__ import annotations

from collections.abc import Collection

from elman.autodiff.terms import Term, Terms
from elman.equations.names import step_key
from elman.ir.graph import Node, StepGraph

Place = tuple[str, int | None]


class ForwardValues:
    """Writes values of the forward graph at a step as terms.

    A value in one of the allowed variables is a symbol; any other is written out as what it is
    computed from, down to what cannot be: that is missing.

    Args:
        graph: The forward graph.
        terms: Where terms are created.
        steps: T.
        allowed: (name, step) pairs, the step None for a name without time. None allows all names.

    Attributes:
        missing: Values that the allowed variables cannot express, in the order met.
        symbols: Key of a created symbol (`h_1`) -> its (name, step).
        written: (name, step) -> the term of a named value that had to be written out.
    """

    def __init__(
        self, graph: StepGraph, terms: Terms, steps: int, allowed: Collection[Place] | None
    ) -> None:
        self.graph = graph
        self.terms = terms
        self.steps = steps
        self.allowed = None if allowed is None else frozenset(allowed)
        self.missing: dict[str, None] = {}
        self.symbols: dict[str, Place] = {}
        self.written: dict[Place, Term] = {}
        self._names = graph.names_of()
        self._known: dict[tuple[int, int | None], Term | None] = {}
        self._functions = {
            (node.op, node.args[0].number): node for node in graph.nodes if len(node.args) == 1
        }

    def value(self, node: Node, step: int | None) -> Term | None:
        """Returns a forward node at a step; None for what is zero."""
        if node.level != "step":
            step = None
        key = (node.number, step)
        if key not in self._known:
            term = self._known[key] = self._value(node, step)
            names = self._names.get(node.number, ())
            if names and term is not None and term.node.args:
                self.written[names[0], step] = term
        return self._known[key]

    def read(self, key: str, step: int) -> Term | None:
        """Returns a name at a step, which may lie outside of 1..T; None for what is zero."""
        node = self.graph.definitions.get(key)
        if 1 <= step <= self.steps:
            if node is not None:
                return self._by_name(key, step, node) or self.value(node, step)
            return self._leaf(key, step, self._shape_of(key))
        if node is None:
            return None  # an input outside of its steps
        if self._is_allowed(key, step) and (
            self.allowed is not None or (key, step) not in self.graph.starts
        ):
            return self._symbol(key, step, node.shape)
        if (key, step) in self.graph.starts:
            start = self.value(self.graph.starts[key, step], None)
            return None if start is None else self.terms.fit(start, node.shape)
        return self._leaf(key, step, node.shape)

    def function(self, op: str, argument: Node, step: int) -> Node | None:
        """Returns a forward node that is this function of an argument, if it should stand for it.

        It should where it is an allowed variable and its argument is none.
        """
        node = self._functions.get((op, argument.number))
        if node is None or self._any_allowed(argument, step):
            return None
        return node if self._any_allowed(node, step) else None

    def _value(self, node: Node, step: int | None) -> Term | None:
        for key in self._names.get(node.number, ()):
            if key in self.graph.definitions and step is None:
                continue  # the same at every step
            found = self._by_name(key, step, node)
            if found is not None:
                return found
        if node.op == "number":
            return self.terms.number(node.value) if node.value else None
        if node.op == "steps":
            return self.terms.number(self.steps)
        if node.op == "parameter":
            return self._leaf(node.key, None, node.shape)
        if node.op == "read":
            assert step is not None, "internal: a read without a step"
            return self.read(node.key, step - node.lag)
        if node.op == "over_time":
            return self._over_time(node)
        return fold(self.terms, node, [self.value(arg, step) for arg in node.args])

    def _over_time(self, node: Node) -> Term | None:
        parts = [self.value(node.args[0], t) for t in range(1, self.steps + 1)]
        pairs = {"sum": "add", "mean": "add", "prod": "multiply", "max": "maximum"}
        op = pairs.get(node.key, "minimum")
        result = parts[0]
        for part in parts[1:]:
            result = fold_pair(self.terms, op, result, part, node)
        if node.key == "mean" and result is not None:
            result = result / float(self.steps)
        return result

    def _shape_of(self, key: str) -> tuple[object, ...]:
        return next(n.shape for n in self.graph.nodes if n.op == "read" and n.key == key)

    def _is_allowed(self, key: str, step: int | None) -> bool:
        return self.allowed is None or (key, step) in self.allowed

    def _any_allowed(self, node: Node, step: int) -> bool:
        return any(self._is_allowed(key, step) for key in self._names.get(node.number, ()))

    def _by_name(self, key: str, step: int | None, node: Node) -> Term | None:
        if self._is_allowed(key, step) and node.op != "number":
            return self._symbol(key, step, node.shape)
        return None

    def _leaf(self, key: str, step: int | None, shape: object) -> Term:
        if not self._is_allowed(key, step):
            self.missing[key if step is None else step_key(key, step)] = None
        return self._symbol(key, step, shape)

    def _symbol(self, key: str, step: int | None, shape: object) -> Term:
        name = key if step is None else step_key(key, step)
        self.symbols[name] = (key, step)
        return self.terms.leaf("parameter", name, shape)  # type: ignore[arg-type]


_VANISH_WITH_ANY = frozenset(["multiply", "matmul", "dot", "outer"])
_VANISH_WITH_FIRST = frozenset(
    ["negate", "transpose", "sum", "mean", "expand", "part", "divide", "norm"]
)


def fold(terms: Terms, node: Node, args: list[Term | None]) -> Term | None:
    """Applies the operation of a node to terms, None standing for zeros."""
    if node.op in ("expand", "part"):
        lent = [terms.like(a.shape) if a.shape else terms.number(a.value) for a in node.args[1:]]
        args = [args[0], *lent]
    if all(arg is not None for arg in args):
        known = [arg for arg in args if arg is not None]
        if node.op in ("expand", "part", "concat", "power") or len(known) > 2:
            return terms.make(node.op, known, node.shape)
        result = terms.apply(node.op, *known)
        return None if result.value == 0 else result
    if node.op in ("add", "subtract"):
        kept = args[0] or args[1]
        if kept is None:
            return None
        if node.op == "subtract" and args[0] is None:
            kept = terms.negate(kept)
        return kept if kept.value is not None else terms.fit(kept, node.shape)
    if node.op in _VANISH_WITH_ANY or (node.op in _VANISH_WITH_FIRST and args[0] is None):
        return None
    zeros = [
        arg if arg is not None else terms.expand(terms.number(0), own.shape)
        for arg, own in zip(args, node.args, strict=True)
    ]
    return terms.make(node.op, zeros, node.shape)


def fold_pair(
    terms: Terms, op: str, left: Term | None, right: Term | None, like: Node
) -> Term | None:
    """Applies an operation of two arguments of one shape, None standing for zeros."""
    if left is not None and right is not None:
        return terms.apply(op, left, right)
    if op == "add":
        return left or right
    if op == "multiply":
        return None
    zero = terms.expand(terms.number(0), like.shape)
    return terms.apply(op, left or zero, right or zero)
