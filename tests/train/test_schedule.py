"""Learning rates as functions of the step."""

from __future__ import annotations

import math

import pytest

from elman.train.config import TrainConfig
from elman.train.schedule import learning_rate


def rates(last_step: int, **settings: object) -> list[float]:
    config = TrainConfig(learning_rate=0.5, **settings)
    return [learning_rate(config, step, last_step) for step in range(1, last_step + 1)]


def test_constant():
    assert rates(4) == [0.5] * 4


def test_linear_falls_evenly_and_never_to_nothing():
    assert rates(5, schedule="linear") == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1])


def test_cosine():
    expected = [0.25 * (1 + math.cos(math.pi * done / 4)) for done in range(4)]
    assert rates(4, schedule="cosine") == pytest.approx(expected)


def test_step_falls_by_its_factor():
    found = rates(5, schedule="step", schedule_steps=2, schedule_factor=0.1)
    assert found == pytest.approx([0.5, 0.5, 0.05, 0.05, 0.005])


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "step"])
def test_warm_up_rises_to_the_full_rate(schedule):
    found = rates(10, schedule=schedule, warmup_steps=4)
    assert found[:5] == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.5])
    assert all(0 < rate <= 0.5 for rate in found)


def test_a_warm_up_longer_than_the_run_only_rises():
    assert rates(3, schedule="linear", warmup_steps=6) == pytest.approx([1 / 12, 2 / 12, 3 / 12])
