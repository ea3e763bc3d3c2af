"""When the loss counts as converged."""

from __future__ import annotations

import math

from elman.train.config import TrainConfig
from elman.train.convergence import find_convergence, last_improvement
from elman.train.curves import Curves

CONFIG = TrainConfig(evaluate_every=10, patience_steps=50, solved_evaluations=3)


def curves(losses: list[float], metrics: list[float] | None = None) -> Curves:
    steps = [10 * (index + 1) for index in range(len(losses))]
    return Curves(
        evaluation_step=steps,
        validation_loss=losses,
        validation_metric=metrics or [0.1] * len(losses),
    )


def first_stop(losses: list[float], metrics: list[float] | None = None):
    """Feeds evaluations one by one, as the loop does."""
    everything = curves(losses, metrics)
    for count in range(1, len(losses) + 1):
        part = Curves(**{name: column[:count] for name, column in everything.columns().items()})
        found = find_convergence(part, CONFIG)
        if found is not None:
            return 10 * count, found
    return None


def test_solved_needs_consecutive_evaluations():
    metrics = [0.2, 1.0, 1.0, 0.998, 1.0, 1.0, 1.0, 1.0]
    stop, found = first_stop([0.5**index for index in range(8)], metrics)
    assert (stop, found.reason, found.step) == (70, "solved", 50)
    assert "at least 1 at 3 evaluations, from step 50" in found.explanation


def test_solved_can_be_switched_off():
    config = TrainConfig(solved_metric=None, patience_steps=1000)
    assert find_convergence(curves([0.1] * 5, [1.0] * 5), config) is None


def test_a_loss_at_chance_is_a_plateau():
    losses = [math.log(10) + 0.001 * (-1) ** index for index in range(20)]
    stop, found = first_stop(losses)
    assert (stop, found.reason, found.step) == (60, "plateau", 10)
    assert "2.304 at step 10, has not fallen by another 1 % in 50 steps" in found.explanation


def test_a_fall_within_the_patience_starts_it_anew():
    losses = [2.3, 2.3, 2.3, 2.3, 2.2, 2.2, 2.2, 2.2, 2.2, 2.2, 2.2]
    stop, found = first_stop(losses)
    assert (stop, found.step) == (100, 50)


def test_small_falls_add_up():
    losses = [0.995**index for index in range(40)]
    assert first_stop(losses) is None
    assert last_improvement(losses, 0.01) == 39


def test_a_rise_is_no_improvement():
    assert last_improvement([1.0, 0.5, 0.9, 0.8, 0.6], 0.01) == 1


def test_nothing_evaluated_is_not_converged():
    assert find_convergence(Curves(), CONFIG) is None
