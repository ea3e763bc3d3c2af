"""Which units hold the answer, and from which step on it can be read from the states.

A unit holds a class as far as its value differs between classes and not within: the share of its
variance that lies between classes (the correlation ratio, Fisher 1925). What all units hold
together is read by a linear map, that of linear discriminant analysis, fitted on one half of the
sequences and tested on the other. References: Alain and Bengio, 2016, arXiv:1610.01644.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from elman.analysis.gradients import round_digits
from elman.analysis.network import Array
from elman.analysis.thinning import choose_steps, first_sequences
from elman.nn.module import RecurrentModule
from elman.tasks.base import Batch

_ROOM = 40_000_000  # numbers of 4 bytes
_MOST = 1000  # sequences
_AT_ONCE = 100  # sequences
_POINTS = 60
_RIDGE = 1e-3  # added to the covariance of units scaled to variance 1, so that it has an inverse
ENOUGH = 0.95  # of what all units tell: a few units that reach it hold the answer
_FEWEST = 40  # sequences, below which a half says too little


@dataclass(frozen=True)
class Probe:
    """Which units hold the answer of a sequence, a class.

    Attributes:
        units: Names, state by state, such as "h 17", counted from 1.
        steps: The steps looked at, from 1.
        shares: For each of the steps and each unit, the share of the unit's variance over
            sequences that lies between the classes.
        accuracies: For each of the steps, how often a linear map of all units tells the class.
        counts: Numbers of units.
        accuracies_of_best: At the last step, how often a linear map of so many units tells the
            class: of those with the largest shares among the sequences that fit it.
        classes: Number of classes.
        sequences: Number of sequences on which the maps were tested.
    """

    units: tuple[str, ...]
    steps: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]
    accuracies: tuple[float, ...]
    counts: tuple[int, ...]
    accuracies_of_best: tuple[float, ...]
    classes: int
    sequences: int

    def best_units(self) -> list[int]:
        """Returns the places of all units, those that hold most at the last step first."""
        return sorted(range(len(self.units)), key=lambda unit: -self.shares[-1][unit])

    @property
    def sufficient(self) -> int:
        """How many of the best units tell at least `ENOUGH` of what all of them tell."""
        wanted = ENOUGH * self.accuracies_of_best[-1]
        pairs = zip(self.counts, self.accuracies_of_best, strict=True)
        return next(count for count, told in pairs if told >= wanted)


def collect_states(module: RecurrentModule, batch: Batch) -> tuple[tuple[str, ...], Array]:
    """Returns the names of all units of all states, and their values.

    Args:
        module: A trained module.
        batch: Sequences.

    Shapes: values [T, B, N], where N counts the units.
    """
    states = module.recurrence.states
    shown = RecurrentModule(module.recurrence, module.sizes, states, backend="eager")
    shown.load_state_dict(module.state_dict())
    shown.eval()
    few = batch.to(torch.device("cpu"), torch.float32)
    # By and by: all values of all steps of many sequences would go through memory, not the cache.
    with torch.no_grad():
        read = [_states_of(shown, part) for part in few.chunks(_AT_ONCE)]
    names = [
        f"{state} {place + 1}"
        for state, values in zip(states, read[0], strict=True)
        for place in range(values.shape[-1])
    ]
    return tuple(names), np.concatenate(
        [np.concatenate(values, axis=-1) for values in read], axis=1
    )


def _states_of(module: RecurrentModule, batch: Batch) -> list[Array]:
    """The values of each state that a module returns, [T, B, entries]."""
    values, _ = module(batch.inputs)
    return [
        np.asarray(values[state].reshape(*values[state].shape[:2], -1))
        for state in module.recurrence.states
    ]


def probe_states(module: RecurrentModule, batch: Batch) -> Probe | None:
    """Returns which units hold the class of a sequence.

    Args:
        module: A trained module.
        batch: Sequences that were not trained on; the first of them are taken, as many as memory
            allows.

    Returns:
        None where a sequence does not have one class as its answer, or there are too few.
    """
    units = count_units(module)
    few = first_sequences(batch, units, _ROOM, _MOST)
    if not has_class(few) or len(few) < _FEWEST:
        return None
    names, states = collect_states(module, few)
    targets = np.asarray(few.targets)
    steps = choose_steps(len(states), _POINTS)
    chosen = [states[step - 1].astype(np.float64) for step in steps]
    with threadpool_limits(limits=1, user_api="blas"):
        shares = [between_classes(values, targets) for values in chosen]
        accuracies = [decode(values, targets) for values in chosen]
        # By the half that is fitted on: the other half must not choose what it then tests.
        order = np.argsort(-between_classes(chosen[-1][::2], targets[::2]), kind="stable")
        counts = _powers_of_two(len(names))
        best = [decode(chosen[-1][:, order[:count]], targets) for count in counts]
    return Probe(
        units=names,
        steps=tuple(steps),
        shares=tuple(tuple(round(float(share), 3) for share in row) for row in shares),
        accuracies=tuple(round_digits(value) for value in accuracies),
        counts=tuple(counts),
        accuracies_of_best=tuple(round_digits(value) for value in best),
        classes=len(np.unique(targets)),
        sequences=len(targets) // 2,
    )


def has_class(batch: Batch) -> bool:
    """Returns whether each sequence has one class as its answer, after its last step."""
    whole = batch.lengths is None and not batch.each_step
    return whole and batch.targets.ndim == 1 and not batch.targets.is_floating_point()


def count_units(module: RecurrentModule) -> int:
    """Returns the number of entries of all states of a module."""
    shapes = (module.shapes[state] for state in module.recurrence.states)
    return sum(int(np.prod([dim.size or 1 for dim in shape], dtype=int)) for shape in shapes)


def between_classes(values: Array, classes: Array) -> Array:
    """Returns, for each column, the share of its variance that lies between the classes.

    >>> between_classes(np.array([[1.0, 1.0], [1.0, 2.0], [3.0, 2.0]]), np.array([0, 0, 1])).round(
    ...     2
    ... )
    array([1.  , 0.25])

    Args:
        values: One row a sequence, [B, N].
        classes: One class a sequence, [B].

    Returns:
        [N], from 0 to 1; 0 for a column that does not vary.
    """
    mean = values.mean(axis=0)
    total = np.sum(np.square(values - mean), axis=0)
    between = np.zeros(values.shape[1])
    for number in np.unique(classes):
        members = values[classes == number]
        between += len(members) * np.square(members.mean(axis=0) - mean)
    varies = total > 1e-12 * len(values)
    return np.where(varies, between / np.where(varies, total, 1.0), 0.0)


def decode(values: Array, classes: Array) -> float:
    """Returns how often a linear map tells the class of sequences that it was not fitted on.

    The map is that of linear discriminant analysis: classes are taken as normal, with one
    covariance for all of them.

    Args:
        values: One row a sequence, [B, N]; every second row is for fitting, the others for the
            test.
        classes: One class a sequence, [B].
    """
    fitted, known = values[::2], np.unique(classes[::2])
    deviation = fitted.std(axis=0)
    scaled = (values - fitted.mean(axis=0)) / np.where(deviation > 1e-9, deviation, np.inf)
    members = [scaled[::2][classes[::2] == number] for number in known]
    means = np.stack([rows.mean(axis=0) for rows in members])
    within = np.concatenate([rows - rows.mean(axis=0) for rows in members])
    covariance = within.T @ within / len(within) + _RIDGE * np.eye(values.shape[1])
    weights = np.linalg.solve(covariance, means.T)  # [N, K]
    priors = np.log([len(rows) / len(within) for rows in members])
    offsets = priors - 0.5 * np.sum(means.T * weights, axis=0)
    told = known[np.argmax(scaled[1::2] @ weights + offsets, axis=1)]
    return float(np.mean(told == classes[1::2]))


def _powers_of_two(most: int) -> list[int]:
    counts = [2**power for power in range(most.bit_length()) if 2**power < most]
    return [*counts, most]
