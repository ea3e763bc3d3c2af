"""The states of a network over time, for one sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from elman.analysis.probe import collect_states, has_class
from elman.analysis.thinning import choose_steps
from elman.nn.module import RecurrentModule
from elman.tasks.base import Batch

_POINTS = 120
_UNITS = 40


@dataclass(frozen=True)
class Example:
    """What the units of the states do while one sequence is read.

    Attributes:
        units: Names, such as "h 17".
        steps: From 1.
        values: For each of the units, its value at each of the steps.
        left_out: Number of units that are not shown.
        answer: The class that is asked for, as text, or empty where there is no such thing.
    """

    units: tuple[str, ...]
    steps: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]
    left_out: int
    answer: str


def follow_sequence(
    module: RecurrentModule, batch: Batch, order: Sequence[int] | None = None
) -> Example:
    """Returns the states while the first sequence of a batch is read.

    Args:
        module: A trained module.
        batch: Sequences.
        order: The places of the units, those to be shown first; by default those whose values
            change most over time come first.
    """
    one = next(batch.chunks(1))
    names, states = collect_states(module, one)
    values = states[:, 0].astype(np.float64)
    if order is None:
        order = [int(unit) for unit in np.argsort(-values.std(axis=0), kind="stable")]
    shown = order[:_UNITS]
    steps = choose_steps(len(values), _POINTS)
    rows = values[[step - 1 for step in steps]]
    return Example(
        units=tuple(names[unit] for unit in shown),
        steps=tuple(steps),
        values=tuple(tuple(round(float(v), 3) for v in rows[:, unit]) for unit in shown),
        left_out=len(names) - len(shown),
        answer=str(int(one.targets[0])) if has_class(one) else "",
    )
