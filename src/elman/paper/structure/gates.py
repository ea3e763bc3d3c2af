"""Finds gates: factors between 0 and 1, computed anew at every step, that multiply something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elman.ir import Node, StepGraph
from elman.ir.graph import reachable

_SQUASHING = frozenset(["sigmoid", "hard_sigmoid"])
_AFFINE = frozenset(["add", "subtract", "multiply", "divide", "negate"])


@dataclass(frozen=True)
class Gate:
    """A gate and what it multiplies.

    Attributes:
        node: The squashed value itself.
        target: The other factor.
        complement: Whether the factor is one minus the gate.
        product: The two, multiplied.
    """

    node: Node
    target: Node
    complement: bool
    product: Node


def find_gates(graph: StepGraph, nodes: Sequence[Node]) -> list[Gate]:
    """Returns the gates among some nodes, in order of evaluation.

    Args:
        graph: A typed graph.
        nodes: Such as those of one of its loops over time.
    """
    gates = []
    for node in nodes:
        if node.op != "multiply":
            continue
        for factor, target in (node.args, node.args[::-1]):
            gate, complement = _squashed(factor, graph)
            if gate is not None and target.level == "step" and _has_time(gate, graph):
                gates.append(Gate(gate, target, complement, node))
                break
    return gates


def _has_time(gate: Node, graph: StepGraph) -> bool:
    """Says whether a gate belongs to a step: it is computed there, or has a name over time."""
    return gate.level == "step" or gate in graph.definitions.values()


def _squashed(node: Node, graph: StepGraph) -> tuple[Node | None, bool]:
    """Returns the sigmoid that a factor is, and whether it falls as the sigmoid rises.

    `1 - z`, `0.1 z` and `f / (f + i)` count, as does a sigmoid of another step.
    """
    if node.op in _SQUASHING:
        return node, False
    if node.op == "read" and node.key in graph.definitions:
        defined = graph.definitions[node.key]
        return (defined, False) if defined.op in _SQUASHING else (None, False)
    if node.op == "divide" and _squashed(node.args[0], graph)[0] is not None:
        return _squashed(node.args[0], graph)
    if node.op not in _AFFINE:
        return None, False
    moving = [arg for arg in node.args if arg.level == "step"]
    if len(moving) != 1:
        return None, False
    gate, falls = _squashed(moving[0], graph)
    turns = node.op == "negate" or (node.op == "subtract" and moving[0] is node.args[1])
    return gate, falls != turns


def name_gated(graph: StepGraph, gates: list[Gate]) -> tuple[str, str]:
    """Returns the published name of a gated cell, empty where it has none, and what its gates do.

    Args:
        graph: A typed graph.
        gates: All of its gates.

    References: Hochreiter and Schmidhuber, 1997; Cho and others, 2014; Zhou and others, 2016;
        Collins and others, 2017; Feng and others, 2024.
    """
    names = {number: keys[0] for number, keys in graph.names_of().items()}

    def called(node: Node) -> str:
        if node.op == "read":
            return f"{node.key}_{{t{-node.lag:+d}}}" if node.lag else f"{node.key}_t"
        if node.number in names:
            return f"{names[node.number]}_t"
        return f"a {node.op}" if len(node.args) == 1 else "a sum or product"

    parts = [
        f"{'1 - ' if gate.complement else ''}{called(gate.node)} weighs {called(gate.target)}"
        for gate in gates
    ]
    return _published(graph, gates), "; ".join(dict.fromkeys(parts))


def _published(graph: StepGraph, gates: list[Gate]) -> str:
    kept = [g for g in gates if g.target.op == "read" and g.target.lag and _adds(graph, g)]
    if not kept:
        return ""
    gate = kept[0]
    root = graph.definitions[gate.target.key]
    shown = [g for g in gates if g.node is not gate.node and _is_function_of(g.target, root)]
    if any(not _weighs_against(g, gates) for g in shown):
        return _lstm(gate, gates, graph)
    return _gru(graph, gates, gate)


def _weighs_against(gate: Gate, gates: list[Gate]) -> list[Gate]:
    """Returns the gates that are one minus this one."""
    return [g for g in gates if g.node is gate.node and g.complement != gate.complement]


def _lstm(gate: Gate, gates: list[Gate], graph: StepGraph) -> str:
    """A memory that is added to, and shown through a gate of its own."""
    read = {key for g in gates for key in _states_read(g.node, graph)}
    if not read:
        return ""
    return "LSTM with peepholes" if gate.target.key in read else "LSTM"


def _gru(graph: StepGraph, gates: list[Gate], gate: Gate) -> str:
    """One gate that weighs the old state against a candidate."""
    root = graph.definitions[gate.target.key]
    opposite = [g for g in _weighs_against(gate, gates) if g.product in root.args]
    if not opposite:
        return ""
    candidate = opposite[0].target
    others = _states_read(candidate, graph) | _states_read(gate.node, graph)
    if others - {gate.target.key}:
        return ""
    if not _states_read(candidate, graph):
        return "" if _states_read(gate.node, graph) else "minGRU"
    below = reachable([candidate])
    inner = [g for g in gates if g.product in below]
    if any(g.node is not gate.node for g in inner):
        return "GRU"
    return "minimal gated unit" if inner else "update gate RNN"


def _states_read(node: Node, graph: StepGraph) -> set[str]:
    """Returns the names of other steps, computed there, that a value depends on in its step."""
    read = {n.key for n in reachable([node]) if n.op == "read" and n.lag}
    return {
        key
        for key in read & set(graph.definitions)
        if graph.definitions[key].op not in _SQUASHING  # a gate of another step is no state
    }


def _adds(graph: StepGraph, gate: Gate) -> bool:
    """Says whether a gated past is added to, in the definition of the state itself."""
    root = graph.definitions.get(gate.target.key)
    return root is not None and root.op in ("add", "subtract") and gate.product in root.args


def _is_function_of(node: Node, root: Node) -> bool:
    return node is root or (len(node.args) == 1 and node.args[0] is root)
