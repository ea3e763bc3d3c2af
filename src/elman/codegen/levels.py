"""Which stage of a step computes which node.

Products need the whole of their operand, and reductions give a value that every feature needs: each
ends a stage. Levels count these ends: products stand at even levels, reductions at odd ones, and
elementwise operations at the level of what they read, so that they run on registers. A stage is
what stands at one level and has one size.
"""

from __future__ import annotations

from collections.abc import Sequence

from elman.codegen.normal import REDUCTIONS
from elman.ir.graph import Node

# Operations that move or join features: their operands must lie in memory.
_FROM_MEMORY = frozenset(["matmul", "part", "concat"])


def space(node: Node) -> tuple[int, bool]:
    """Returns the size of the vectors among which a node is computed, and whether it is a scalar.

    A reduction is computed beside its operand.
    """
    own = node.args[0] if node.op in REDUCTIONS else node
    return (int(own.shape[0].size or 0), False) if own.shape else (1, True)


def assign_levels(nodes: Sequence[Node]) -> dict[int, int]:
    """Returns the level of each node of a loop.

    Args:
        nodes: In order of evaluation.
    """
    levels: dict[int, int] = {}
    inside = {node.number: node for node in nodes}
    for node in nodes:
        if node.op != "outer":
            levels[node.number] = _earliest(node, inside, levels)
    for node in reversed(nodes):
        if node.op == "matmul":
            _sink(node, nodes, levels)
    return levels


def _earliest(node: Node, inside: dict[int, Node], levels: dict[int, int]) -> int:
    level = 0
    for arg in node.args:
        if arg.number in inside:
            level = max(level, levels[arg.number] + crosses(arg, node))
    if node.op == "matmul":
        return level + level % 2
    if node.op in REDUCTIONS:
        return level + 1 - level % 2
    return level


def crosses(arg: Node, node: Node) -> bool:
    """Says whether a value goes through memory from one node to another of the same loop."""
    if node.op in _FROM_MEMORY or arg.op in REDUCTIONS or arg.op == "concat":
        return True
    return space(arg) != space(node)


def _sink(product: Node, nodes: Sequence[Node], levels: dict[int, int]) -> None:
    """Moves a product to the stage that first needs it, where its sum is still in registers."""
    latest = [
        levels[user.number] - crosses(product, user)
        for user in nodes
        if user.number in levels and any(arg is product for arg in user.args)
    ]
    if latest:
        wanted = min(latest)
        levels[product.number] = max(levels[product.number], wanted - wanted % 2)
