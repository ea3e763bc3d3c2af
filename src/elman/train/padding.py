"""Sequences of unequal length in one batch: which recurrences may read them.

Shorter sequences are padded at their end, and only the output at a sequence's own last step counts.
That is right for a recurrence whose output at a step depends on that step and those before it. One
that looks ahead, as the backward half of a bidirectional network does, would read the padding as
if it belonged to the sequence.
"""

from __future__ import annotations

from typing import Any

from elman.errors import UnsupportedError
from elman.ir import Recurrence
from elman.ir.graph import reachable


def refuse_to_look_ahead(module: Any, task: str) -> None:
    """Raises where a module's outputs depend on later steps or on the number of steps.

    Args:
        module: Its `recurrence` is looked at; a module without one is believed to look back only.
        task: Whose sequences have unequal lengths, for the error.
    Raises:
        UnsupportedError: They do; points at the place in the equations.
    """
    recurrence = getattr(module, "recurrence", None)
    if not isinstance(recurrence, Recurrence):
        return
    for node in reachable(recurrence.graph.roots()):
        if node.op == "steps" or (node.op == "read" and node.lag < 0):
            what = "the number of steps" if node.op == "steps" else "a later step"
            raise UnsupportedError(
                f"the sequences of {task} differ in length, and this recurrence reads {what}",
                node.span,
                facts=["shorter sequences are padded at their end, and the padding would be read"],
                remedy="Use equations that only look back, or sequences of one length.",
            )
