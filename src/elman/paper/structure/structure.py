"""Names a recurrence in the field's terms, each with the reason taken from its structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elman.errors import RecurrenceError
from elman.ir import Node, Recurrence, StepGraph
from elman.ir.graph import reachable
from elman.ir.lower import lower
from elman.ir.phases import Phase, find_phases
from elman.paper.structure.features import Feature, LoopView, at_step
from elman.paper.structure.kinds import find_kinds
from elman.paper.structure.suits import describe_suits


@dataclass(frozen=True)
class Structure:
    """What a recurrence is, and what suits it.

    Attributes:
        features: What it is; the direction first, where it is not forward, then the kind.
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
    view = LoopView(recurrence, graph, tuple(p for p in find_phases(graph) if p.direction))
    features = [
        *_direction(view),
        *find_kinds(view),
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


def _direction(view: LoopView) -> list[Feature]:
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


def _layers(view: LoopView) -> list[Feature]:
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


def _needs(view: LoopView, loop: Phase, other: Phase) -> bool:
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


def _order(view: LoopView) -> list[Feature]:
    found = []
    far = [n for loop in view.loops for n in view.own_reads(loop) if abs(n.lag) > 1]
    if far:
        read = max(far, key=lambda node: abs(node.lag))
        reason = f"order {abs(read.lag)}: {at_step(read)} is read at step t"
        found.append(Feature("higher-order", reason))
    return found


def _scan(view: LoopView) -> list[Feature]:
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


def _history(view: LoopView) -> list[Feature]:
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
