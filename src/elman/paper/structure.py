"""Names a recurrence in the field's terms, each with the reason taken from its structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elman.errors import RecurrenceError
from elman.ir import Node, Recurrence, StepGraph
from elman.ir.graph import reachable
from elman.ir.lower import lower
from elman.ir.phases import Phase, find_phases
from elman.paper.gates import find_gates, name_gated
from elman.paper.suits import describe_suits

_NONLINEAR_KINDS = frozenset(
    "tanh sigmoid relu leaky_relu elu gelu silu softplus softsign hard_sigmoid exp sin cos".split()
)


@dataclass(frozen=True)
class Feature:
    """One thing that a recurrence is.

    Attributes:
        term: In the field's words: `Elman network`, `gated`, `bidirectional`.
        reason: What in the equations makes it so.
    """

    term: str
    reason: str


@dataclass(frozen=True)
class Structure:
    """What a recurrence is, and what suits it.

    Attributes:
        features: What it is; the first is its kind.
        suits: Sentences on the tasks that it can and cannot do, with the reason.
    """

    features: tuple[Feature, ...]
    suits: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms alone."""
        return tuple(feature.term for feature in self.features)


def analyse_structure(recurrence: Recurrence, sizes: Mapping[str, int] | None = None) -> Structure:
    """Says what a recurrence is in the field's terms.

    >>> from elman.ir import parse
    >>> analyse_structure(parse("h_t = tanh(W h_{t-1} + U x_t + b)")).terms
    ('Elman network',)

    Args:
        recurrence: Any.
        sizes: Sizes by name, as `Recurrence.typed` takes them.

    Raises:
        ShapeError: The sizes contradict each other.
    """
    graph = _graph(recurrence, sizes) if sizes else _likely_graph(recurrence)
    view = _View(recurrence, graph, tuple(p for p in find_phases(graph) if p.direction))
    features = [
        *_kind(view),
        *_direction(view),
        *_layers(view),
        *_order(view),
        *_scan(view),
        *_history(view),
    ]
    return Structure(tuple(features), describe_suits(recurrence, [f.term for f in features]))


def _graph(recurrence: Recurrence, sizes: Mapping[str, int]) -> StepGraph:
    """Returns the typed graph, in which sizes may stay open."""
    return lower(recurrence.graph, recurrence.types(sizes))


def _likely_graph(recurrence: Recurrence) -> StepGraph:
    """Returns the graph with shapes as far as they are known without sizes.

    Where all is scalar so far and capital letters stand before states, these are read as the
    matrices that they would be beside a vector.
    """
    graph = recurrence.scalar_graph
    is_scalar = all(not node.shape for node in graph.nodes)
    if not is_scalar or not any(key[0].isupper() for key in recurrence.parameters):
        return graph
    declared = {declaration.name.key for declaration in recurrence.declarations}
    names = [key for key in (*recurrence.inputs, *recurrence.states) if key not in declared]
    try:
        return _graph(recurrence, dict.fromkeys(names, 2))
    except RecurrenceError:
        return graph  # it is scalar in some place, which decides


@dataclass(frozen=True)
class _View:
    """A recurrence with its typed graph and its loops over time."""

    recurrence: Recurrence
    graph: StepGraph
    loops: tuple[Phase, ...]

    def states_of(self, loop: Phase) -> list[str]:
        """The states that a loop computes, in order of definition."""
        inside = {node.number for node in loop.nodes}
        states = self.recurrence.states
        return [key for key in states if self.graph.definitions[key].number in inside]

    def own_reads(self, loop: Phase) -> list[Node]:
        """The reads by which a loop depends on itself."""
        states = self.states_of(loop)
        return [node for node in loop.nodes if node.op == "read" and node.key in states]


def at_step(node: Node) -> str:
    """Writes a read as users do: `h_{t-1}`."""
    offset = -node.lag
    return f"{node.key}_t" if not offset else f"{node.key}_{{t{offset:+d}}}"


# -- what kind of network ----------------------------------------------------------------------


def _kind(view: _View) -> list[Feature]:
    if not view.loops:
        return [Feature("feed-forward", "no step reads what another step has computed")]
    found: list[Feature] = []
    for loop in view.loops:
        for feature in _loop_kind(view, loop):
            if feature.term not in [known.term for known in found]:
                found.append(feature)
    return found


def _loop_kind(view: _View, loop: Phase) -> list[Feature]:
    if find_gates(view.graph, loop.nodes):
        steps = [node for node in view.graph.nodes if node.level == "step"]
        term, reason = name_gated(view.graph, find_gates(view.graph, steps))
        features = [Feature("gated", reason)]
        return [*features, Feature(term, "by the form of its equations")] if term else features
    states = view.states_of(loop)
    shown = ", ".join(dict.fromkeys(at_step(node) for node in view.own_reads(loop)))
    nonlinear = _nonlinear(loop)
    if not nonlinear:
        return _linear_kind(view, states, shown)
    jordan = _jordan(view, loop, states)
    if jordan:
        return [jordan]
    name = nonlinear[0].op
    features = [
        Feature("Elman network", f"the hidden state is fed back: {states[0]} reads {shown}, "
                f"through {name}")
    ]  # fmt: skip
    leak = _leak(view, states)
    return [leak, *features] if leak else features


def _nonlinear(loop: Phase) -> list[Node]:
    """The nonlinearities that the state passes on its way from step to step."""
    number = {node.number for node in loop.nodes}
    return [
        node
        for node in loop.nodes
        if node.op in _NONLINEAR_KINDS and any(arg.number in number for arg in node.args)
    ]


def _linear_kind(view: _View, states: list[str], shown: str) -> list[Feature]:
    if not view.recurrence.linear:
        return [Feature("recurrent", f"{states[0]} reads {shown}")]
    if states[0] in view.recurrence.outputs and not view.recurrence.intermediates:
        if view.graph.definitions[states[0]].shape:
            return [
                Feature(
                    "vector autoregressive (VAR)",
                    f"{states[0]} is a linear function of its own past: {shown}",
                )
            ]
        term = (
            "autoregressive with inputs (ARX)" if view.recurrence.inputs else "autoregressive (AR)"
        )
        return [Feature(term, f"{states[0]} is a linear function of its own past: {shown}")]
    return [Feature("linear state-space model", f"{states[0]} reads {shown} without nonlinearity")]


def _jordan(view: _View, loop: Phase, states: list[str]) -> Feature | None:
    """A network whose output is fed back to a hidden layer that is no state itself."""
    outputs = [key for key in states if key in view.recurrence.outputs]
    if len(outputs) != 1 or not _has_inner_layer(loop) or _leak(view, states):
        return None
    (output,) = outputs
    root = view.graph.definitions[output]
    hidden = [
        key
        for key in view.recurrence.intermediates
        if view.graph.definitions[key] is not root and view.graph.definitions[key] in loop.nodes
    ]
    read = next((node for node in view.own_reads(loop) if node.key == output), None)
    if not hidden or read is None:
        return None
    reader = hidden[-1] if len(states) == 1 else next(key for key in states if key != output)
    return Feature(
        "Jordan network",
        f"the output is fed back, not the hidden layer: {reader} reads {at_step(read)}",
    )


def _has_inner_layer(loop: Phase) -> bool:
    """Says whether a nonlinearity inside a step is followed by a product with parameters."""
    after: set[int] = {node.number for node in _nonlinear(loop)}
    for node in loop.nodes:
        below = [arg for arg in node.args if arg.number in after]
        if not below:
            continue
        static = any(arg.level == "static" for arg in node.args)
        if node.op in ("matmul", "multiply", "dot") and static:
            return True
        if node.op != "read":
            after.add(node.number)
    return False


def _leak(view: _View, states: list[str]) -> Feature | None:
    """A state that keeps a fixed share of itself beside something new."""
    for key in states:
        root = view.graph.definitions[key]
        if root.op != "add":
            continue
        for arg in root.args:
            if arg.op == "read" and arg.key == key and arg.lag:
                if _subtracts(root, arg):
                    reason = (
                        f"{key} keeps a fixed share of {at_step(arg)}, as it is subtracted again"
                    )
                    return Feature("leaky integrator", reason)
                return Feature("residual over time", f"{key} adds to {at_step(arg)} itself")
            factors = arg.args if arg.op == "multiply" else ()
            kept = [f for f in factors if f.op == "read" and f.key == key and f.lag]
            if kept and any(f.level == "static" for f in factors):
                return Feature(
                    "leaky integrator", f"{key} keeps a fixed share of {at_step(kept[0])}"
                )
    return None


def _subtracts(root: Node, read: Node) -> bool:
    """Says whether a state also subtracts what it reads of itself, by itself."""
    return any(
        (node.op == "negate" and node.args[0] is read)
        or (node.op == "subtract" and node.args[1] is read)
        for node in reachable([root])
    )


# -- direction, layers, order ------------------------------------------------------------------


def _direction(view: _View) -> list[Feature]:
    runs = {way: [s for loop in view.loops if loop.direction == way for s in view.states_of(loop)]
            for way in ("forward", "backward")}  # fmt: skip
    if view.recurrence.direction == "bidirectional":
        return [
            Feature(
                "bidirectional",
                f"{' and '.join(runs['forward'])} run{_s(runs['forward'])} forward from the first "
                f"step, {' and '.join(runs['backward'])} run{_s(runs['backward'])} backward from "
                "the last",
            )
        ]
    if runs["backward"]:
        return [Feature("backward", f"{runs['backward'][0]} runs from the last step to the first")]
    ahead = [n for n in view.graph.nodes if n.op == "read" and n.lag < 0]
    if ahead:
        far = min(ahead, key=lambda node: node.lag)
        return [Feature("looks ahead", f"{at_step(far)} is read at step t")]
    return []


def _s(names: list[str]) -> str:
    return "s" if len(names) == 1 else ""


def _layers(view: _View) -> list[Feature]:
    depth: list[int] = []
    for position, loop in enumerate(view.loops):
        needed = [
            depth[before] for before in range(position) if _needs(view, loop, view.loops[before])
        ]
        depth.append(1 + max(needed, default=0))
    layers = max(depth, default=0)
    if layers < 2:
        return []
    chain = [view.states_of(loop)[-1] for loop in view.loops]
    return [Feature("stacked", f"{layers} layers, one reading the other: {' -> '.join(chain)}")]


def _needs(view: _View, loop: Phase, other: Phase) -> bool:
    """Says whether a loop reads, through whatever lies between, what another one computes."""
    target = {node.number for node in other.nodes}
    waiting, seen = list(loop.nodes), set()
    while waiting:
        node = waiting.pop()
        if node.number in seen:
            continue
        seen.add(node.number)
        if node.number in target:
            return True
        if node.op == "read" and node.key in view.graph.definitions:
            waiting.append(view.graph.definitions[node.key])
        waiting.extend(node.args)
    return False


def _order(view: _View) -> list[Feature]:
    found = []
    far = [n for loop in view.loops for n in view.own_reads(loop) if abs(n.lag) > 1]
    if far:
        read = max(far, key=lambda node: abs(node.lag))
        reason = f"order {abs(read.lag)}: {at_step(read)} is read at step t"
        found.append(Feature("higher-order", reason))
    return found


def _scan(view: _View) -> list[Feature]:
    """Linear recurrences, whose steps can be combined in any grouping."""
    if not view.recurrence.linear or not view.loops:
        return []
    full = next((product for loop in view.loops if (product := _mixes(loop))), None)
    if full is None:
        scalar = all(not view.graph.definitions[s].shape for s in view.recurrence.states)
        how = "is a scalar" if scalar else "is multiplied entry by entry"
        return [
            Feature(
                "linear and diagonal",
                f"each state {how} and nothing else happens to it between steps, so that a "
                "parallel scan computes T steps in about log2(T) rounds",
            )
        ]
    return [
        Feature(
            "linear, with a full transition matrix",
            "a parallel scan exists, but has to multiply matrices; it pays once the matrix is "
            "diagonal",
        )
    ]


def _mixes(loop: Phase) -> Node | None:
    """A product in a loop that mixes the entries of a state."""
    inside = {node.number for node in loop.nodes}
    for node in loop.nodes:
        mixing = node.op in ("matmul", "dot", "outer", "concat", "sum", "mean", "transpose")
        if mixing and any(arg.number in inside for arg in node.args):
            return node
    return None


def _history(view: _View) -> list[Feature]:
    """Inputs that are read at earlier steps."""
    past = [
        node
        for node in reachable(view.graph.roots())
        if node.op == "read" and node.key in view.graph.inputs and node.lag > 0
    ]
    if not past:
        return []
    far = max(past, key=lambda node: node.lag)
    return [
        Feature(
            "input history",
            f"a window over the last {far.lag + 1} steps of {far.key}, back to {at_step(far)}, "
            "as in a time-delay network",
        )
    ]
