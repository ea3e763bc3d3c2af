"""Finds gates: factors between 0 and 1, computed anew at every step, that multiply something."""

from __future__ import annotations

from dataclasses import dataclass

from elman.ir import Node, StepGraph
from elman.ir.phases import Phase

_SQUASHING = frozenset(["sigmoid", "hard_sigmoid"])


@dataclass(frozen=True)
class Gate:
    """A gate and what it multiplies.

    Attributes:
        node: The squashed value itself.
        target: The other factor.
        complement: Whether the factor is one minus the gate.
    """

    node: Node
    target: Node
    complement: bool


def find_gates(graph: StepGraph, loop: Phase) -> list[Gate]:
    """Returns the gates of a loop over time, in order of evaluation.

    Args:
        graph: A typed graph.
        loop: One of its loops.
    """
    gates = []
    for node in loop.nodes:
        if node.op != "multiply":
            continue
        for factor, target in (node.args, node.args[::-1]):
            gate, complement = _squashed(factor)
            if gate is not None and gate.level == "step" and target.level == "step":
                gates.append(Gate(gate, target, complement))
                break
    return gates


def _squashed(node: Node) -> tuple[Node | None, bool]:
    """Returns the sigmoid that a factor is, or is one minus of."""
    if node.op in _SQUASHING:
        return node, False
    if node.op == "subtract" and node.args[0].op == "number" and node.args[0].value == 1.0:
        inner = node.args[1]
        return (inner, True) if inner.op in _SQUASHING else (None, False)
    return None, False


def name_gated(graph: StepGraph, loop: Phase, gates: list[Gate]) -> tuple[str, str]:
    """Returns the published name of a gated cell, empty where it has none, and what its gates do.

    References: Hochreiter and Schmidhuber, 1997; Cho and others, 2014.
    """
    names = {number: keys[0] for number, keys in graph.names_of().items()}

    def called(node: Node) -> str:
        if node.op == "read":
            return f"{node.key}_{{t{-node.lag:+d}}}" if node.lag else f"{node.key}_t"
        return f"{names[node.number]}_t" if node.number in names else f"a {node.op}"

    parts = [
        f"{'1 - ' if gate.complement else ''}{called(gate.node)} weighs {called(gate.target)}"
        for gate in gates
    ]
    return _published(graph, loop, gates), "; ".join(dict.fromkeys(parts))


def _published(graph: StepGraph, loop: Phase, gates: list[Gate]) -> str:
    kept = [g for g in gates if g.target.op == "read" and g.target.lag and not g.complement]
    kept += [g for g in gates if g.target.op == "read" and g.target.lag and g.complement]
    memory = [g for g in kept if _adds(graph, g)]
    if not memory:
        return ""
    gate = memory[0]
    key = gate.target.key
    root = graph.definitions[key]
    shown_by = [g for g in gates if _is_function_of(g.target, root)]
    if shown_by:
        inputs = {n.key for g in gates for n in _below(g.node) if n.op == "read"}
        return "LSTM with peepholes" if key in inputs else "LSTM"
    opposite = [g for g in gates if g.node is gate.node and g.complement != gate.complement]
    if opposite:
        resets = [g for g in gates if g.node is not gate.node]
        return "GRU" if resets else "minimal gated unit"
    return ""


def _adds(graph: StepGraph, gate: Gate) -> bool:
    """Says whether a gated past is added to, in the definition of the state itself."""
    root = graph.definitions.get(gate.target.key)
    if root is None or root.op not in ("add", "subtract"):
        return False
    products = [arg for arg in root.args if arg.op == "multiply" and gate.target in arg.args]
    return any(_squashed(factor)[0] is gate.node for arg in products for factor in arg.args)


def _is_function_of(node: Node, root: Node) -> bool:
    return node is root or (len(node.args) == 1 and node.args[0] is root)


def _below(node: Node) -> list[Node]:
    found, waiting = [], list(node.args)
    while waiting:
        inner = waiting.pop()
        found.append(inner)
        waiting.extend(inner.args)
    return found
