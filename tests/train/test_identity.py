"""What must be the same for a run to go on."""

from __future__ import annotations

from dataclasses import replace

import elman
from elman.tasks import make
from elman.train.identity import identify
from train.fakes import CONFIG, TASK, TinyNetwork


def test_module_task_and_settings_are_part_of_it():
    base = identify(TinyNetwork(), TASK, CONFIG)
    assert base == identify(TinyNetwork(), TASK, CONFIG)
    assert base != identify(TinyNetwork(hidden=7), TASK, CONFIG)
    assert base != identify(TinyNetwork().double(), TASK, CONFIG)
    assert base != identify(TinyNetwork(), make("palindrome", length=4), CONFIG)
    for change in ({"seed": 1}, {"batch_size": 9}, {"learning_rate": 0.1}, {"evaluate_every": 6}):
        assert base != identify(TinyNetwork(), TASK, replace(CONFIG, **change))


def test_what_no_step_depended_on_may_change():
    base = identify(TinyNetwork(), TASK, CONFIG)
    for change in ({"max_steps": 99}, {"patience_steps": 9}, {"checkpoint_every": 1}):
        assert base == identify(TinyNetwork(), TASK, replace(CONFIG, **change))


def test_the_step_limit_counts_where_the_schedule_ends_there():
    short, long = (replace(CONFIG, schedule="cosine", max_steps=steps) for steps in (10, 20))
    assert identify(TinyNetwork(), TASK, short) != identify(TinyNetwork(), TASK, long)


def test_equations_are_part_of_it():
    sizes = {"x": 1, "h": 4, "y": 10}
    lines = ("h_t = tanh(W h_{t-1} + U x_t)", "h_t = tanh(W h_{t-1}) + U x_t")
    modules = [elman.module(f"{line}\ny_t = V h_t", sizes=sizes) for line in lines]
    first, second = (identify(module, TASK, CONFIG) for module in modules)
    assert first["module"]["parameters"] == second["module"]["parameters"]
    assert first != second
    assert first["module"]["sizes"] == sizes
