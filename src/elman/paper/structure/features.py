"""What the structure of a recurrence is described by: features, and a view of its loops."""

from __future__ import annotations

from dataclasses import dataclass

from elman.ir import Node, Recurrence, StepGraph
from elman.ir.phases import Phase


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
class LoopView:
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
