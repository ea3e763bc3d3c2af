"""The adjoint of a recurrence as equations for all steps, in the names a reader knows.

Sequences that only carry what a step contributes to another one are written out where they are
read: `dh_t = V^T dy_t + W^T dtau_{t+1}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from elman.autodiff import Adjoint
from elman.autodiff.reverse import Note
from elman.autodiff.terms import Term, Terms
from elman.equations.names import write_index
from elman.equations.syntax import Index
from elman.ir.graph import Node

NOW = Index("t", 0)


@dataclass(frozen=True)
class Symbol:
    """A name at a time as it occurs in an equation.

    Attributes:
        key: A name of the adjoint or of the forward graph.
        index: When; None for a name without time.
        note: Where it stands for a product over the other steps and the like.
    """

    key: str
    index: Index | None
    note: Note | None = None


@dataclass(frozen=True)
class Equation:
    """One equation.

    Attributes:
        left: What it is for.
        node: Its right-hand side, in which every parameter is the name of a symbol.
    """

    left: Symbol
    node: Node


@dataclass
class EquationBuilder:
    """Writes nodes of an adjoint as right-hand sides.

    Attributes:
        adjoint: The adjoint.
        terms: Where right-hand sides are created.
        symbols: Name of a created leaf -> what it stands for.
    """

    adjoint: Adjoint
    terms: Terms = field(default_factory=Terms)
    symbols: dict[str, Symbol] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forward_names = self.adjoint.forward.names_of()
        graph, lagged = self.adjoint.graph, set(self.adjoint.lagged.values())
        lagged |= {*self.adjoint.running}
        carried = lagged | {key for key in graph.definitions if _is_carried(key, self.adjoint)}
        self.carried = carried
        self.named: dict[int, str] = {}
        for key, node in graph.definitions.items():
            if key not in carried and node.op != "number":
                self.named.setdefault(node.number, key)

    def defined(self) -> list[Equation]:
        """Returns the equation of every cotangent that has a name, in the order of the sweep."""
        inputs = {self.adjoint.cotangents.get(key) for key in self.adjoint.forward.inputs}
        keys = [key for key in self.adjoint.graph.definitions if key not in self.carried]
        ordered = [k for k in keys if k not in inputs] + [k for k in keys if k in inputs]
        return [Equation(Symbol(key, NOW), self._definition(key, NOW)) for key in ordered]

    def _definition(self, key: str, index: Index) -> Node:
        node = self.adjoint.graph.definitions[key]
        same = self.named.get(node.number)
        if same is not None and same != key:  # a second name: dx beside dtau where U is 1
            return self._symbol(Symbol(same, index), node).node
        return self._operation(node, index).node

    def totals(self) -> list[tuple[str, Equation]]:
        """Returns (parameter, equation of its gradient) pairs."""
        groups = {**self.adjoint.graph.derived, **self.adjoint.graph.totals}
        return [
            (name, Equation(Symbol(key, None), self.term(groups[key], NOW).node))
            for name, key in sorted(
                self.adjoint.gradients.items(), key=lambda pair: self._place(pair[0])
            )
        ]

    def _place(self, name: str) -> int:
        """Returns where a parameter stands in the text."""
        known = (*self.adjoint.forward.parameters, *self.adjoint.forward.derived)
        return known.index(name)

    def start(self, state: str, lags: list[int], step: Index) -> Equation:
        """Returns the equation of the gradient of a value before the first or after the last step.

        Args:
            state: Its name.
            lags: Those at which a step from 1 to T reads it.
            step: When.
        """
        parts = []
        for lag in lags:
            key = self.adjoint.lagged[state, lag]
            at = Index(step.letter, step.offset + lag)
            parts.append(self.term(self.adjoint.graph.definitions[key], at))
        result = parts[0]
        for part in parts[1:]:
            result = result + part
        return Equation(Symbol(f"d{state}", step), result.node)

    # -- terms ---------------------------------------------------------------------------------

    def term(self, node: Node, index: Index) -> Term:
        """Returns a node at a time; a named one by its name."""
        if node.number in self.named:
            return self._symbol(Symbol(self.named[node.number], index), node)
        return self._operation(node, index)

    def _operation(self, node: Node, index: Index) -> Term:
        note = self.adjoint.notes.get(node.number)
        if note is not None:
            at = Index(None, note.step) if note.kind == "start" else index
            return self._symbol(Symbol(f"d{note.key}" if note.key else "", at, note), node)
        if node.op == "number":
            return Term(
                self.terms, self.terms.builder.node("number", value=node.value, shape=node.shape)
            )
        if node.op == "steps":
            return self.terms.steps()
        if node.op == "parameter":
            source = self.adjoint.residuals.get(node.key)
            if source is not None:
                return self.forward_term(source, index)
            return self._symbol(Symbol(node.key, None), node)
        if node.op == "read":
            return self._read(node, Index(index.letter, index.offset - node.lag))
        args = [self.term(arg, index) for arg in node.args]
        if node.op in ("add", "subtract", "multiply", "divide", "negate", "transpose"):
            return self.terms.apply(node.op, *args)
        return self.terms.make(node.op, args, node.shape, node.key)

    def _read(self, node: Node, index: Index) -> Term:
        defined = self.adjoint.graph.definitions.get(node.key)
        if defined is not None and node.key in self.carried:
            return self.term(defined, index)
        if defined is not None and defined.op == "number":
            return self.terms.number(defined.value)
        source = self.adjoint.residuals.get(node.key)
        if source is not None and node.key not in self.adjoint.forward.definitions:
            return self.forward_term(source, index)
        return self._symbol(Symbol(node.key, index), node)

    def forward_term(self, node: Node, index: Index) -> Term:
        """Returns a value of the forward graph: by its name, else what it is computed from."""
        names = self.forward_names.get(node.number)
        if names and node.op != "number":
            timed = names[0] in self.adjoint.forward.definitions
            return self._symbol(Symbol(names[0], index if timed else None), node)
        if node.op == "number":
            return self.terms.number(node.value)
        if node.op == "steps":
            return self.terms.steps()
        if node.op == "parameter":
            return self._symbol(Symbol(node.key, None), node)
        if node.op == "read":
            at = Index(index.letter, index.offset - node.lag)
            return self._symbol(Symbol(node.key, at), node)
        args = [self.forward_term(arg, index) for arg in node.args]
        return self.terms.make(node.op, args, node.shape, node.key)

    def _symbol(self, symbol: Symbol, like: Node) -> Term:
        kind = "" if symbol.note is None else symbol.note.kind
        when = "" if symbol.index is None else write_index(symbol.index)
        name = (
            f"{kind}|{symbol.key}|{when}|{'' if symbol.note is None else symbol.note.node.number}"
        )
        self.symbols[name] = symbol
        return self.terms.leaf("parameter", name, like.shape)


def _is_carried(key: str, adjoint: Adjoint) -> bool:
    """Says whether a sequence only marks steps, or carries an input's share to another step."""
    if key in adjoint.cotangents.values():
        return False
    if adjoint.graph.definitions[key].op == "number":
        return True
    return any(
        key.startswith((f"d{name}_lag", f"d{name}_ahead")) for name in adjoint.forward.inputs
    )
