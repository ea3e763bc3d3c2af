"""Building derivative expressions: operators on typed nodes, with the simplest rules applied.

The rules only remove what a person would not write: a factor 1, a double sign, a sum with 0. They
never reorder a sum or product, so a derivative prints in the order in which it was derived.
"""

from __future__ import annotations

from collections.abc import Sequence

from elman.ir.graph import GraphBuilder, Node, Shape
from elman.ir.operations import OPERATIONS


class Term:
    """A typed node, with the operators of Python standing for operations of the graph."""

    def __init__(self, terms: Terms, node: Node) -> None:
        self.terms = terms
        self.node = node

    @property
    def shape(self) -> Shape:
        """The shape of one sample at one step."""
        return self.node.shape

    def _lift(self, other: Term | float) -> Term:
        return other if isinstance(other, Term) else self.terms.number(other)

    def __add__(self, other: Term | float) -> Term:
        return self.terms.add(self, self._lift(other))

    def __radd__(self, other: float) -> Term:
        return self.terms.add(self._lift(other), self)

    def __sub__(self, other: Term | float) -> Term:
        return self.terms.subtract(self, self._lift(other))

    def __rsub__(self, other: float) -> Term:
        return self.terms.subtract(self._lift(other), self)

    def __mul__(self, other: Term | float) -> Term:
        return self.terms.multiply(self, self._lift(other))

    def __rmul__(self, other: float) -> Term:
        return self.terms.multiply(self._lift(other), self)

    def __truediv__(self, other: Term | float) -> Term:
        return self.terms.divide(self, self._lift(other))

    def __neg__(self) -> Term:
        return self.terms.negate(self)

    def __matmul__(self, other: Term) -> Term:
        return self.terms.apply("matmul", self, other)

    def call(self, op: str, *others: Term | float) -> Term:
        """Applies an operation of the table to this term and others."""
        return self.terms.apply(op, self, *(self._lift(other) for other in others))

    @property
    def value(self) -> float | None:
        """The number that this term is, or None."""
        return self.node.value if self.node.op == "number" and not self.shape else None


class Terms:
    """Creates terms in one graph."""

    def __init__(self) -> None:
        self.builder = GraphBuilder()

    def leaf(self, op: str, key: str, shape: Shape, lag: int = 0) -> Term:
        """Returns a `read` or `parameter`."""
        return Term(self, self.builder.node(op, key=key, lag=lag, shape=shape))

    def number(self, value: float) -> Term:
        """Returns a literal."""
        return Term(self, self.builder.node("number", value=float(value)))

    def steps(self) -> Term:
        """Returns T."""
        return Term(self, self.builder.node("steps"))

    def like(self, shape: Shape) -> Term:
        """Returns a literal that only lends its shape, for `expand` and `part`."""
        return Term(self, self.builder.node("number", value=1.0, shape=shape))

    def expand(self, term: Term, shape: Shape) -> Term:
        """Returns a scalar in every entry of a shape."""
        return self.make("expand", [term, self.like(shape)], shape) if shape else term

    def make(self, op: str, args: Sequence[Term], shape: Shape, key: str = "") -> Term:
        """Returns an operation on terms, with its shape given."""
        return Term(self, self.builder.node(op, [a.node for a in args], key=key, shape=shape))

    def apply(self, op: str, *args: Term) -> Term:
        """Returns an operation of the table on terms, simplified where a rule is known."""
        rule = {
            "add": self.add,
            "subtract": self.subtract,
            "multiply": self.multiply,
            "divide": self.divide,
        }.get(op)
        if rule is not None:
            return rule(*args)
        if op == "negate":
            return self.negate(*args)
        if op == "transpose" and args[0].node.op == "transpose":
            return Term(self, args[0].node.args[0])
        if op == "transpose" and len(args[0].shape) < 2:
            return args[0]
        return self._plain(op, *args)

    def _plain(self, op: str, *args: Term) -> Term:
        shape = OPERATIONS[op].shape(tuple(arg.shape for arg in args))
        assert shape is not None, f"internal: {op} of {[arg.shape for arg in args]}"
        return self.make(op, args, shape)

    def add(self, left: Term, right: Term) -> Term:
        """Returns `left + right`."""
        if left.value is not None and right.value is not None:
            return self.number(left.value + right.value)
        if left.value == 0:
            return right
        if right.value == 0:
            return left
        if right.node.op == "negate":
            return self.subtract(left, Term(self, right.node.args[0]))
        if left.node.op == "negate":
            return self.subtract(right, Term(self, left.node.args[0]))
        return self._plain("add", left, right)

    def subtract(self, left: Term, right: Term) -> Term:
        """Returns `left - right`."""
        if left.value is not None and right.value is not None:
            return self.number(left.value - right.value)
        if right.value == 0:
            return left
        if left.value == 0:
            return self.negate(right)
        if right.node.op == "negate":
            return self.add(left, Term(self, right.node.args[0]))
        return self._plain("subtract", left, right)

    def negate(self, term: Term) -> Term:
        """Returns `-term`."""
        if term.value is not None:
            return self.number(-term.value)
        if term.node.op == "negate":
            return Term(self, term.node.args[0])
        return self._plain("negate", term)

    def multiply(self, left: Term, right: Term) -> Term:
        """Returns the elementwise product; signs and numbers come to the front."""
        if left.value is not None and right.value is not None:
            return self.number(left.value * right.value)
        if left.value == 1:
            return right
        if right.value == 1:
            return left
        if left.value == -1:
            return self.negate(right)
        if right.value == -1:
            return self.negate(left)
        if left.node.op == "negate":
            return self.negate(self.multiply(Term(self, left.node.args[0]), right))
        if right.node.op == "negate":
            return self.negate(self.multiply(left, Term(self, right.node.args[0])))
        if right.value is not None:
            return self.multiply(right, left)
        for one, other in ((left, right), (right, left)):
            if one.node.op == "expand" and one.shape == other.shape:
                return self.multiply(Term(self, one.node.args[0]), other)
        if left.value is None and right.node.op == "multiply":
            factor, rest = (Term(self, arg) for arg in right.node.args)
            if factor.value is not None:
                return self.multiply(factor, self.multiply(left, rest))
        if left.value is not None and right.node.op == "multiply":
            factor, rest = (Term(self, arg) for arg in right.node.args)
            if factor.value is not None:
                return self.multiply(self.number(left.value * factor.value), rest)
        return self._plain("multiply", left, right)

    def divide(self, left: Term, right: Term) -> Term:
        """Returns the elementwise quotient."""
        if right.value == 1:
            return left
        if left.node.op == "negate":
            return self.negate(self.divide(Term(self, left.node.args[0]), right))
        return self._plain("divide", left, right)

    def total(self, term: Term) -> Term:
        """Returns the sum over all entries; of a product of vectors, their inner product."""
        node = term.node
        if not term.shape:
            return term
        if node.op == "negate":
            return self.negate(self.total(Term(self, node.args[0])))
        if node.op == "expand":
            sizes = [dim.size for dim in term.shape]
            count = 1.0
            for size in sizes:
                count *= size or 0
            return self.multiply(self.number(count), Term(self, node.args[0]))
        if node.op == "multiply" and all(len(arg.shape) == 1 for arg in node.args):
            return self._plain("dot", *(Term(self, arg) for arg in node.args))
        if node.op == "multiply" and not node.args[0].shape:
            scalar, rest = (Term(self, arg) for arg in node.args)
            return self.multiply(scalar, self.total(rest))
        return self._plain("sum", term)

    def fit(self, term: Term, shape: Shape) -> Term:
        """Returns a cotangent in the shape of what it belongs to, undoing a broadcast."""
        if len(term.shape) > len(shape):
            return self.total(term)
        if len(term.shape) < len(shape):
            return self.expand(term, shape)
        return term

    def over_time(self, term: Term) -> Term:
        """Returns the sum over all steps; T times what no step changes."""
        if term.node.level == "step":
            return self.make("over_time", [term], term.shape, key="sum")
        return self.multiply(self.steps(), term)
