"""What a module keeps between forward and backward is measured, and near what is predicted."""

from __future__ import annotations

import pytest

import elman
from elman.cells import read_equations
from elman.nn.saved import measure_saved
from elman.paper.memory.stored import count_memory

SIZES = {"x": 3, "h": 32, "y": 5}
STEPS, BATCH = 40, 4


@pytest.mark.parametrize("cell", ["vanilla", "lstm", "gru"])
def test_a_compiled_module_keeps_no_more_than_predicted(cell):
    recurrence = elman.parse(read_equations(cell)[0])
    saved = measure_saved(elman.module(recurrence, sizes=SIZES), STEPS, BATCH)
    memory = count_memory(recurrence, wrt=recurrence.parameters, steps=STEPS, sizes=SIZES)
    predicted = {name: BATCH * found.bytes for name, found in memory.conventions.items()}
    outputs = 4 * STEPS * BATCH * SIZES["y"]
    initial = 2 * 4 * BATCH * SIZES["h"]
    assert saved.tensors <= predicted["outputs"] + outputs + 2 * initial
    assert saved.tensors >= 4 * STEPS * BATCH * SIZES["h"]
    assert saved.blocks >= saved.tensors


def test_parameters_and_inputs_are_not_counted():
    linear = elman.module("h_t = a h_{t-1} + x_t", sizes={}, backend="eager")
    assert measure_saved(linear, 10).tensors <= 4 * 11 * 2


def test_batch_first_and_twice_the_steps():
    text = "h_t = tanh(W h_{t-1} + U x_t)"
    module = elman.module(text, sizes={"x": 2, "h": 8}, batch_first=True)
    once, twice = (measure_saved(module, steps, 2).tensors for steps in (30, 60))
    assert 1.8 < twice / once < 2.2
