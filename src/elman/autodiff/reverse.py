"""The reverse sweep that builds an adjoint, from the totals through a step to the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

from elman.autodiff.activity import Targets, active_nodes, lagged_names
from elman.autodiff.naming import NameBook
from elman.autodiff.over_time import TIME_VJPS
from elman.autodiff.terms import Term, Terms
from elman.autodiff.vjp import VJPS
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.operations import OPERATIONS
from elman.ir.verify import verify


@dataclass(frozen=True)
class Note:
    """What a node of an adjoint is for a reader.

    Attributes:
        kind: `others`, the product over the other steps; `share`, that of a step which attains a
            maximum or minimum; `start`, the gradient of a value before the first step.
        node: The forward node that is reduced over time, or the state.
        key: The name of a state whose `start` is meant.
        step: The step of a `start`.
    """

    kind: str
    node: Node
    key: str = ""
    step: int = 0


@dataclass
class Parts:
    """What a sweep produces; `Adjoint` documents the fields."""

    graph: StepGraph
    residuals: dict[str, Node] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    cotangents: dict[str, str] = field(default_factory=dict)
    lagged: dict[tuple[str, int], str] = field(default_factory=dict)
    gradients: dict[str, str] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    statics: dict[int, Node] = field(default_factory=dict)
    sources: dict[int, Node] = field(default_factory=dict)


def build(
    graph: StepGraph,
    *,
    outputs: tuple[str, ...],
    total: str | None,
    targets: Targets,
    by_outputs: bool,
    through_starts: bool,
    recompute: Callable[[Node], bool],
) -> Parts:
    """Sweeps a typed graph in reverse; see `differentiate` for the arguments."""
    roots = [{**graph.definitions, **graph.totals}[key] for key in outputs]
    roots += [graph.totals[total]] if total is not None else []
    active = active_nodes(graph, roots, targets, through_starts=through_starts)
    while True:
        sweep = _Sweep(graph, targets, active, by_outputs, through_starts, recompute)
        sweep.seed(outputs, total)
        silent = sweep.run()
        if not silent:
            return sweep.parts()
        active = active - silent  # read at a lag, but only by what has no derivative, as sign


class _Sweep:
    def __init__(
        self,
        graph: StepGraph,
        targets: Targets,
        active: set[int],
        by_outputs: bool,
        through_starts: bool,
        recompute: Callable[[Node], bool],
    ) -> None:
        self.forward = graph
        self.targets = targets
        self.active = active
        self.by_outputs = by_outputs
        self.through_starts = through_starts
        self.recompute = recompute
        self.terms = Terms()
        self.book = NameBook(graph)
        self.nodes = reachable(graph.roots())
        self.names = graph.names_of()
        self.used = {arg.number for node in self.nodes for arg in node.args}
        self.received: dict[int, list[Term]] = {}
        self.values: dict[int, Term] = {}
        self.residuals: dict[str, Node] = {}
        self.given: dict[str, str] = {}
        self.cotangents: dict[str, str] = {}
        self.definitions: dict[str, Term] = {}
        self.statics: dict[str, Term] = {}
        self.gradients: dict[str, str] = {}
        self.input_reads: dict[str, list[tuple[int, Term]]] = {}
        self.notes: dict[int, Note] = {}
        self.running: list[str] = []
        self.sources: dict[int, Node] = {}
        self.static_values: dict[int, Node] = {}
        self.inside_key = ""
        self.lagged = self._name_lagged()

    def _name_lagged(self) -> dict[tuple[str, int], str]:
        reads = {(n.key, n.lag) for n in self.nodes if n.op == "read" and n.number in self.active}
        return {
            (key, lag): self.book.unique(f"d{key}_{'lag' if lag > 0 else 'ahead'}{abs(lag)}")
            for key, lags in lagged_names(self.forward).items()
            for lag in lags
            if (key, lag) in reads
        }

    # -- values of the forward graph -----------------------------------------------------------

    def value(self, node: Node) -> Term:
        """Returns the value of a forward node inside the adjoint."""
        known = self.values.get(node.number)
        if known is None:
            known = self.values[node.number] = self._value(node)
            if node.level == "static" and node.args:
                self.static_values[known.node.number] = node
        return known

    def _value(self, node: Node) -> Term:
        if node.op == "number":
            return Term(self.terms, self.terms.builder.node("number", value=node.value))
        if node.op == "steps":
            return self.terms.steps()
        if node.op == "parameter":
            return self.terms.leaf("parameter", node.key, node.shape)
        if node.op == "read":
            if node.key in self.forward.definitions:
                self.residuals.setdefault(node.key, self.forward.definitions[node.key])
            return self.terms.leaf("read", node.key, node.shape, node.lag)
        if node.level == "static" or self.recompute(node):
            return self.terms.make(
                node.op, [self.value(arg) for arg in node.args], node.shape, node.key
            )
        name = self.book.name(node)
        self.residuals[name] = node
        op = "parameter" if node.level == "total" else "read"
        return self.terms.leaf(op, name, node.shape)

    # -- the sweep -----------------------------------------------------------------------------

    def seed(self, outputs: tuple[str, ...], total: str | None) -> None:
        """Gives the outputs their cotangents."""
        if total is not None:
            self.receive(self.forward.totals[total], self.terms.number(1))
        for key in outputs:
            is_total = key in self.forward.totals
            node = (self.forward.totals if is_total else self.forward.definitions)[key]
            alone = node.number not in self.used and not any(k == key for k, _ in self.lagged)
            alone = alone and len(self.names[node.number]) == 1
            self.given[key] = self.book.unique(f"d{key}" if alone else f"d{key}_out")
            op = "parameter" if is_total else "read"
            cotangent = self.terms.leaf(op, self.given[key], node.shape)
            no_time = not is_total and node.level == "static"
            self.receive(node, self.terms.over_time(cotangent) if no_time else cotangent)

    def receive(self, node: Node, term: Term) -> None:
        """Adds to the cotangent of a node."""
        if node.number in self.active:
            fitted = self.terms.fit(term, node.shape)
            self.received.setdefault(node.number, []).append(fitted)

    def run(self) -> set[int]:
        """Sweeps; returns the active reads at a lag that received nothing after all."""
        self._sweep_level("total")
        self._receive_static_states()
        self._sweep_level("step")
        defined = {key for key in self.lagged.values() if key in self.definitions}
        silent = {k for k, sequence in self.lagged.items() if sequence not in defined}
        if silent:
            return {n.number for n in self.nodes if n.op == "read" and (n.key, n.lag) in silent}
        self._sum_inputs()
        if self.through_starts:
            self._receive_starts()
        self._sweep_level("static")
        return set()

    def _sweep_level(self, level: str) -> None:
        for node in reversed(self.nodes):
            if node.level == level and node.number in self.active:
                self._sweep_node(node)

    def _sweep_node(self, node: Node) -> None:
        cotangent = self._cotangent(node)
        if cotangent is None:
            return
        self.sources[node.number] = cotangent.node
        if node.level == "step":
            self._name_cotangent(node, cotangent)
        elif node.level == "static":
            self._collect(node, cotangent)
        if node.op == "read":
            self._collect_read(node, cotangent)
        elif node.op == "over_time":
            self.receive(node.args[0], TIME_VJPS[node.key](_Reduction(self, node, cotangent)))
        elif node.args:
            site = _Site(self, node, cotangent)
            for position, arg in enumerate(node.args):
                if arg.number in self.active:
                    self._contribute(site, position)

    def _contribute(self, site: _Site, position: int) -> None:
        node, arg = site.forward, site.forward.args[position]
        term = VJPS[node.op].contribution(site, position, by_outputs=self.by_outputs)
        if term is None:
            return
        if arg.level == "static" and node.level == "step":
            term = self.terms.over_time(self.terms.fit(term, arg.shape))
        self.receive(arg, term)

    def _cotangent(self, node: Node) -> Term | None:
        """Returns the sum of what a node received, other steps' contributions last."""
        found = self.received.get(node.number, [])
        if node.level == "step":
            found = found + self._from_other_steps(node)
        return reduce(self.terms.add, found) if found else None

    def _from_other_steps(self, node: Node) -> list[Term]:
        return [
            self.terms.leaf("read", self.lagged[key, lag], node.shape, -lag)
            for key in self.names.get(node.number, [])
            for (name, lag) in self.lagged
            if name == key
        ]

    def _name_cotangent(self, node: Node, cotangent: Term) -> None:
        """Defines the cotangent of a named node, and of the argument of a function."""
        keys = [key for key in self.names.get(node.number, []) if key in self.forward.definitions]
        if not keys and node.op != "read" and self._is_argument(node):
            self.definitions[self.book.unique(f"d{self.book.name(node)}")] = cotangent
        for key in keys:
            if self.given.get(key) == f"d{key}":
                self.cotangents[key] = self.given[key]
                continue
            self.cotangents[key] = self.book.unique(f"d{key}")
            self.definitions[self.cotangents[key]] = cotangent

    def _is_argument(self, node: Node) -> bool:
        """Says whether an unnamed node is the pre-activation of a named one."""
        return any(
            len(user.args) == 1
            and user.args[0] is node
            and user.number in self.names
            and OPERATIONS[user.op].kind in ("elementwise", "row")
            and user.op != "negate"
            for user in self.nodes
        )

    def _collect(self, node: Node, cotangent: Term) -> None:
        """Keeps the gradient of a parameter or derived value that was asked for."""
        keys = [key for key in self.targets.derived if self.forward.derived[key] is node]
        if node.op == "parameter" and node.key in self.targets.parameters:
            keys.append(node.key)
        for key in keys:
            self.gradients[key] = self.book.unique(f"d{key}")
            self.statics[self.gradients[key]] = cotangent

    def _collect_read(self, node: Node, cotangent: Term) -> None:
        if node.key in self.forward.definitions:
            self.definitions[self.lagged[node.key, node.lag]] = cotangent
        else:
            self.input_reads.setdefault(node.key, []).append((node.lag, cotangent))

    def _sum_inputs(self) -> None:
        """Defines the cotangent of each input, over all the lags at which it is read."""
        for key in self.forward.inputs:
            pieces: list[Term] = []
            for lag, term in sorted(self.input_reads.get(key, []), key=lambda read: read[0]):
                if lag == 0:
                    pieces.append(term)
                    continue
                word = "lag" if lag > 0 else "ahead"
                name = self.book.unique(f"d{key}_{word}{abs(lag)}")
                self.definitions[name] = term
                pieces.append(self.terms.leaf("read", name, term.shape, -lag))
            if pieces:
                self.cotangents[key] = self.book.unique(f"d{key}")
                self.definitions[self.cotangents[key]] = reduce(self.terms.add, pieces)

    # -- boundaries ----------------------------------------------------------------------------

    def _receive_static_states(self) -> None:
        """A name over time that no step changes receives what all steps contribute."""
        for (key, lag), name in self.lagged.items():
            node = self.forward.definitions[key]
            if node.level == "static":
                read = self.terms.leaf("read", name, node.shape, -lag)
                self.receive(node, self.terms.over_time(read))

    def _receive_starts(self) -> None:
        """Start values that the text gives receive what the first steps contribute."""
        for (key, step), start in self.forward.starts.items():
            parts = [
                (self.inside(step + lag - 1) - self.inside(step + lag)) * self.definitions[sequence]
                for (name, lag), sequence in self.lagged.items()
                if name == key and step + lag >= 1 and start.number in self.active
            ]
            if parts:
                gradient = self.terms.over_time(reduce(self.terms.add, parts))
                node = self.forward.definitions[key]
                self.notes[gradient.node.number] = Note("start", node, key, step)
                self.receive(start, gradient)

    def inside(self, lag: int) -> Term:
        """Returns 1 where the step at a lag exists, else 0: a sequence of ones, zero outside."""
        if not self.inside_key:
            self.inside_key = self.book.unique("inside")
            self.definitions[self.inside_key] = self.terms.number(1)
        if lag == 0:
            return self.terms.number(1)
        return self.terms.leaf("read", self.inside_key, (), lag)

    # -- the result ----------------------------------------------------------------------------

    def parts(self) -> Parts:
        """Returns the adjoint with only what its roots need."""
        definitions = {key: term.node for key, term in self.definitions.items()}
        statics = {key: term.node for key, term in self.statics.items()}
        needed = reachable([*definitions.values(), *statics.values()])
        read = {node.key for node in needed if node.op in ("read", "parameter")}
        sequences = [*self.given.values(), *self.forward.inputs, *self.residuals]
        totals = {k for k, n in self.residuals.items() if n.level == "total"}
        totals |= {name for key, name in self.given.items() if key in self.forward.totals}
        graph = StepGraph(
            nodes=tuple(self.terms.builder.nodes),
            definitions=definitions,
            derived={key: node for key, node in statics.items() if node.level == "static"},
            totals={key: node for key, node in statics.items() if node.level == "total"},
            starts={},
            inputs=tuple(k for k in sequences if k in read and k not in totals),
            parameters=tuple(
                key
                for key in (*self.forward.parameters, *sequences)
                if key in read and (key in self.forward.parameters or key in totals)
            ),
        )
        verify(graph)
        residuals = {key: node for key, node in self.residuals.items() if key in read}
        return Parts(
            graph,
            residuals,
            self.given,
            self.cotangents,
            self.lagged,
            self.gradients,
            self.notes,
            tuple(self.running),
            self.static_values,
            self.sources,
        )


class _Site:
    """The place of one operation, as the rows of the table see it."""

    def __init__(self, sweep: _Sweep, forward: Node, cotangent: Term) -> None:
        self.sweep = sweep
        self.terms = sweep.terms
        self.forward = forward
        self.d = cotangent

    def x(self, position: int = 0) -> Term:
        """Returns the value of an argument."""
        return self.sweep.value(self.forward.args[position])

    @property
    def y(self) -> Term:
        """The value of the result."""
        return self.sweep.value(self.forward)


class _Reduction:
    """The place of a reduction over time, as its rules see it."""

    def __init__(self, sweep: _Sweep, forward: Node, cotangent: Term) -> None:
        self.sweep = sweep
        self.terms = sweep.terms
        self.forward = forward
        self.d = cotangent
        self.shape = forward.shape

    def body(self) -> Term:
        """Returns the sequence that is reduced."""
        return self.sweep.value(self.forward.args[0])

    def total(self) -> Term:
        """Returns the total."""
        return self.sweep.value(self.forward)

    def inside(self, lag: int) -> Term:
        """Returns 1 where the step at this lag exists, else 0."""
        return self.sweep.inside(lag)

    def note(self, kind: str, term: Term) -> Term:
        """Says what a term is for a reader, and returns it."""
        self.sweep.notes[term.node.number] = Note(kind, self.forward)
        return term

    def running(self, name: str, lag: int, rule: Callable[[Term], Term]) -> Callable[[int], Term]:
        """Defines a sequence computed from itself at a lag, and returns how it is read."""
        sweep = self.sweep
        key = sweep.book.unique(f"{sweep.book.name(self.forward.args[0])}_{name}")

        def read(at: int) -> Term:
            if at == 0:
                return sweep.definitions[key]
            return self.terms.leaf("read", key, self.shape, at)

        sweep.running.append(key)
        sweep.definitions[key] = rule(read(lag))
        return read
