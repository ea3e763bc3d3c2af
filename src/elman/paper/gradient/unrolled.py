"""The adjoint over T steps, as one expression without loops for each of its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from elman.autodiff import Adjoint
from elman.autodiff.terms import Term, Terms
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import find_phases
from elman.paper.gradient.values import ForwardValues, Place, fold


@dataclass(frozen=True)
class UnrolledAdjoint:
    """The values of an adjoint at every step.

    Attributes:
        terms: Where all terms live.
        values: (name in the adjoint, step) -> its term, the step None for a gradient without
            time; None for what is zero.
        forward: The forward values that occur.
        at: (number of a node of the adjoint, step) -> its term, the step None for a node without
            time.
    """

    terms: Terms
    values: dict[Place, Term | None]
    forward: ForwardValues
    at: dict[tuple[int, int | None], Term | None]


def unroll_adjoint(
    adjoint: Adjoint,
    steps: int,
    *,
    allowed: frozenset[Place] | None = None,
    given: Mapping[tuple[str, int], float] | None = None,
) -> UnrolledAdjoint:
    """Writes every value of an adjoint as an expression in forward values.

    Args:
        adjoint: Any adjoint.
        steps: T.
        allowed: The variables in which to write it; all names by default.
        given: (output, step) -> its cotangent, for an adjoint of outputs; others are zero.
    """
    return _Unroller(adjoint, steps, allowed, given or {}).run()


class _Unroller:
    def __init__(
        self,
        adjoint: Adjoint,
        steps: int,
        allowed: frozenset[Place] | None,
        given: Mapping[tuple[str, int], float],
    ) -> None:
        self.adjoint = adjoint
        self.graph = adjoint.graph
        self.steps = steps
        self.terms = Terms()
        self.forward = ForwardValues(adjoint.forward, self.terms, steps, allowed)
        self.given = {(adjoint.given[key], t): value for (key, t), value in given.items()}
        self.outside = set(adjoint.given.values())
        self.static: dict[int, Term | None] = {}
        self.at: dict[tuple[int, int | None], Term | None] = {}

    def run(self) -> UnrolledAdjoint:
        if self.forward.allowed is not None:
            self._write_forward()
        nodes = reachable(self.graph.roots())
        for node in nodes:
            if node.level == "static":
                self.static[node.number] = self._static(node)
        for node, t in self._in_order(self.graph):
            self.at[node.number, t] = self._at(node, t)
        for node in nodes:
            if node.level == "total":
                self.static[node.number] = self._total(node)
        at = dict(self.at)
        for number, term in self.static.items():
            at[number, None] = term
        return UnrolledAdjoint(self.terms, self._named(), self.forward, at)

    def _write_forward(self) -> None:
        """Writes forward values step by step, as each may need those of the steps before."""
        for node, t in self._in_order(self.forward.graph):
            self.forward.value(node, t)

    def _in_order(self, graph: StepGraph) -> Iterator[tuple[Node, int]]:
        """Yields the nodes of a graph at every step, in an order in which they can be computed."""
        for phase in find_phases(graph):
            steps = range(1, self.steps + 1)
            groups = [phase.nodes] if phase.direction else [(node,) for node in phase.nodes]
            for group in groups:
                for t in reversed(steps) if phase.direction == "backward" else steps:
                    for node in group:
                        yield node, t

    def _named(self) -> dict[Place, Term | None]:
        values: dict[Place, Term | None] = {}
        for key, node in self.graph.definitions.items():
            for t in range(1, self.steps + 1):
                values[key, t] = self._of(node, t)
        for group in (self.graph.derived, self.graph.totals):
            for key, node in group.items():
                values[key, None] = self.static[node.number]
        return values

    def _of(self, node: Node, t: int) -> Term | None:
        return self.static[node.number] if node.level != "step" else self.at[node.number, t]

    def _static(self, node: Node) -> Term | None:
        if node.op == "number":
            return self.terms.number(node.value) if node.value and not node.shape else None
        if node.op == "steps":
            return self.terms.number(self.steps)
        if node.op == "parameter":
            source = self.adjoint.residuals.get(node.key)
            if source is None:
                source = next(
                    n
                    for n in self.adjoint.forward.nodes
                    if n.op == "parameter" and n.key == node.key
                )
            return self.forward.value(source, None)
        return fold(self.terms, node, [self.static[arg.number] for arg in node.args])

    def _at(self, node: Node, t: int) -> Term | None:
        if node.op == "read":
            return self._read(node, t)
        if len(node.args) == 1 and node.args[0].op == "read" and not node.args[0].lag:
            source = self._source(node.args[0].key)
            shown = source and self.forward.function(node.op, source, t)
            if shown:
                return self.forward.value(shown, t)
        return fold(self.terms, node, [self._of(arg, t) for arg in node.args])

    def _source(self, key: str) -> Node | None:
        return self.adjoint.residuals.get(key)

    def _read(self, node: Node, t: int) -> Term | None:
        key, step = node.key, t - node.lag
        if key in self.outside:
            value = self.given.get((key, step), 0.0)
            number = self.terms.number(value)
            return self.terms.expand(number, node.shape) if value else None
        defined = self.graph.definitions.get(key)
        if defined is not None:
            return self._of(defined, step) if 1 <= step <= self.steps else None
        source = self.adjoint.residuals.get(key)
        if source is None or key in self.adjoint.forward.definitions:
            return self.forward.read(key, step)
        return self.forward.value(source, step)

    def _total(self, node: Node) -> Term | None:
        if node.op != "over_time":
            return fold(self.terms, node, [self.static[arg.number] for arg in node.args])
        result: Term | None = None
        for t in range(1, self.steps + 1):
            term = self._of(node.args[0], t)
            if term is not None:
                result = term if result is None else result + term
        return result
