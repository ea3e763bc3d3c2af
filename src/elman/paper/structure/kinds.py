"""Which kind of network each loop over time is: Elman, Jordan, gated, leaky, linear."""

from __future__ import annotations

from elman.ir import Node
from elman.ir.graph import reachable
from elman.ir.phases import Phase
from elman.paper.structure.features import Feature, LoopView, at_step
from elman.paper.structure.gates import find_gates, name_gated

_NONLINEAR_KINDS = frozenset(
    "tanh sigmoid relu leaky_relu elu gelu silu softplus softsign hard_sigmoid exp sin cos".split()
)


def find_kinds(view: LoopView) -> list[Feature]:
    """Returns what kind of network a recurrence is, loop by loop.

    Args:
        view: The recurrence with its loops.
    """
    if not view.loops:
        return [Feature("feed-forward", "no step reads what another step has computed")]
    found: list[Feature] = []
    for loop in view.loops:
        for feature in _loop_kind(view, loop):
            if feature.term not in [known.term for known in found]:
                found.append(feature)
    return found


def _loop_kind(view: LoopView, loop: Phase) -> list[Feature]:
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


def _linear_kind(view: LoopView, states: list[str], shown: str) -> list[Feature]:
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


def _jordan(view: LoopView, loop: Phase, states: list[str]) -> Feature | None:
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


def _leak(view: LoopView, states: list[str]) -> Feature | None:
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
