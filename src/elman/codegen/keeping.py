"""Which values of the forward pass stay in memory for the backward pass.

What the adjoint reads is either kept or computed again from what is. Outputs, states and inputs lie
in memory anyway, so they cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from elman.ir.graph import Node, StepGraph

# From the shortest time to the smallest memory.
MEMORY = ("fast", "balanced", "least")

# Operations that cost less to do again than to read their results.
_CHEAP = frozenset(["add", "subtract", "multiply", "negate", "relu", "step", "sign", "abs"])
# These cost about as much as reading their result from memory.
_MODERATE = frozenset(["tanh", "sigmoid", "sin", "cos", "exp"])


def recomputed(
    graph: StepGraph, given: Iterable[str], memory: str = "balanced"
) -> Callable[[Node], bool]:
    """Returns what says of a node whether the backward pass computes it again.

    Args:
        graph: The recurrence.
        given: Names over time whose values lie in memory anyway: outputs and states.
        memory: `fast` computes sums, products and differences of kept values again, and nothing
            else; `balanced` also functions such as tanh of values that lie in memory anyway;
            `least` everything, so that nothing is kept beside outputs and states.
    """
    stored = {graph.definitions[key].number for key in given if key in graph.definitions}
    known: dict[int, bool] = {}

    def is_given(node: Node) -> bool:
        return node.number in stored or node.level == "static" or node.op == "read"

    def decide(node: Node) -> bool:
        if is_given(node):
            return False
        if memory == "least":
            return True
        if node.op in _MODERATE:
            return memory == "balanced" and is_given(node.args[0])
        return node.op in _CHEAP and all(
            is_given(arg) or arg.op in _MODERATE or is_recomputed(arg) for arg in node.args
        )

    def is_recomputed(node: Node) -> bool:
        found = known.get(node.number)
        if found is None:
            found = known[node.number] = decide(node)
        return found

    return is_recomputed


@dataclass(frozen=True)
class Keeping:
    """What the backward pass reads of the forward pass, by the names of a loop program.

    Attributes:
        anyway: Outputs and states, which are in memory anyway.
        kept: What is kept for the gradients alone.
        again: What is computed again.
        memory: The choice that led to it, one of `MEMORY`.
    """

    anyway: tuple[str, ...]
    kept: tuple[str, ...]
    again: tuple[str, ...]
    memory: str

    def text(self) -> str:
        """Returns it in lines, with the reasons."""
        if self.memory == "least":
            reason = 'memory is "least"'
        else:
            reason = "that costs no more than reading it"
        groups = [
            ("in memory anyway, as outputs and states", self.anyway),
            ("kept, as the gradients read it and it costs more to compute again", self.kept),
            (f"computed again, as {reason}", self.again),
        ]
        shown = [f"  {title}: {', '.join(names)}\n" for title, names in groups if names]
        return "what the backward pass needs\n" + "".join(shown)
