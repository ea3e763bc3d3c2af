"""Settings that were found to work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from elman.tasks import names
from elman.train.config import TrainConfig
from elman.train.presets import ONE_LENGTH, preset


@pytest.mark.parametrize("task", names())
@pytest.mark.parametrize("cell", ["vanilla", "lstm", "gru", None])
def test_every_preset_is_a_configuration(task, cell):
    settings = preset(task, cell)
    assert settings
    TrainConfig(**settings)


def test_an_unknown_task_keeps_the_defaults():
    assert preset("unheard of", "lstm") == {}


def test_presets_are_the_callers_own():
    preset("digits")["batch_size"] = 1
    assert preset("digits")["batch_size"] == 64


@pytest.mark.slow
@pytest.mark.parametrize(
    ("length", "cell", "init", "changes"),
    [
        (10, "vanilla", "lab", ONE_LENGTH),
        (200, "vanilla", "orthogonal", {}),
        (100, "lstm", {"*": "orthogonal", "b_f": 3.0}, {}),
        (100, "gru", "orthogonal", {}),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_palindromes_are_solved(length, cell, init, changes, seed):
    """The figures that the lab is held to."""
    assert accuracy("palindrome", cell, init, seed, changes, length=length) >= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "init"),
    [
        ("vanilla", "lab"),
        ("vanilla", "orthogonal"),
        ("lstm", {"*": "orthogonal", "b_f": 3.0}),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_digits_are_told_apart(cell, init, seed):
    assert accuracy("digits", cell, init, seed) >= 0.96


def accuracy(
    name: str,
    cell: str,
    init: object,
    seed: int,
    changes: Mapping[str, Any] | None = None,
    **options: int,
) -> float:
    import torch

    import elman
    from elman.cells import read_equations
    from elman.tasks import make
    from elman.train.loop import train

    task = make(name, **options)
    torch.manual_seed(seed)
    sizes = {"x": task.input_size, "h": 128, "y": task.output_size}
    network = elman.module(read_equations(cell)[0], sizes=sizes, init=init)
    settings = {**preset(name, cell), **(changes or {}), "seed": seed}
    result = train(network, task, TrainConfig(**settings))
    assert result.test_metric is not None
    return result.test_metric
