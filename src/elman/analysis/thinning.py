"""Which steps and sequences are looked at, so that long sequences cost no more than short ones."""

from __future__ import annotations

from elman.ir import StepGraph
from elman.tasks.base import Batch


def choose_steps(count: int, most: int) -> list[int]:
    """Returns at most so many of the steps 1 to `count`, evenly, the first and the last included.

    >>> choose_steps(5, 10), choose_steps(100, 4)
    ([1, 2, 3, 4, 5], [1, 34, 67, 100])

    Args:
        count: Number of steps, T.
        most: At least 2.
    """
    if count <= most:
        return list(range(1, count + 1))
    return [1 + round(place * (count - 1) / (most - 1)) for place in range(most)]


def first_sequences(batch: Batch, entries: int, room: int, most: int) -> Batch:
    """Returns the first sequences of a batch, as many as fit.

    Args:
        batch: Sequences.
        entries: Numbers kept for one step of one sequence.
        room: Numbers that may be kept in all.
        most: Bound on the number of sequences; at least one is returned.
    """
    fit = room // max(1, entries * len(batch.inputs))
    return next(batch.chunks(max(1, min(most, fit, len(batch)))))


def entries_of(graph: StepGraph) -> int:
    """Returns how many numbers the interpreter keeps for one step of one sequence."""
    total = 0
    for node in graph.nodes:
        size = 1
        for dim in node.shape:
            size *= dim.size or 1
        total += size if node.level == "step" else 0
    return total
