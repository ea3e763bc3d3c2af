"""Kernels against the reference interpreter: every target, sizes of all kinds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from codegen.cells import CELLS, sizes_of
from elman.codegen.kernel import Kernel, Sequence
from elman.codegen.native import host_target
from elman.codegen.schedule import schedule
from elman.ir import evaluate, parse
from oracles import random_values

SHAPES = [(1, 1), (2, 5), (7, 13), (0, 2), (2, 0)]


def run(name, inputs, hidden, target=None, dtype=torch.float64):
    """Yields what a kernel and the interpreter compute, for several numbers of steps and rows."""
    text, output, _ = CELLS[name]
    sizes = sizes_of(name, inputs, hidden)
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    kernel = Kernel(schedule(graph, [output], kept=[output]), dtype, target)
    for steps, batch in SHAPES:
        values = random_values(recurrence, sizes, steps, batch=batch, scale=0.3)
        tensors = {key: torch.tensor(value, dtype=dtype) for key, value in values.items()}
        result = kernel.run(
            {key: tensors[key] for key in recurrence.parameters},
            {key: Sequence(tensors[key]) for key in recurrence.inputs},
            {},
            steps=steps,
            batch=batch,
        )
        sequence = result.sequences[output]
        found = sequence.tensor[sequence.before :][:steps].double().numpy()
        if steps and batch:
            yield found, evaluate(graph, values).sequences[output]
        else:
            assert found.shape[:2] == (steps, batch)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("inputs", "hidden"), [(3, 5), (1, 67)])
def test_values_are_those_of_the_interpreter(name, inputs, hidden):
    for found, expected in run(name, inputs, hidden):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("limit", ["avx2", "plain"])
@pytest.mark.parametrize("name", ["lstm", "layernorm"])
def test_narrower_instruction_sets(name, limit):
    for found, expected in run(name, 4, 19, host_target(limit)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["tanh", "gru"])
def test_float32(name):
    for found, expected in run(name, 3, 33, dtype=torch.float32):
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6)


def test_the_same_number_of_threads_gives_the_same_bits():
    found = {}
    before = torch.get_num_threads()
    for count in (1, 2, 3, 1, 2, 3):
        torch.set_num_threads(count)
        values = [value for value, _ in run("lstm", 3, 20)]
        for one, other in zip(found.setdefault(count, values), values, strict=True):
            np.testing.assert_array_equal(one, other)
    torch.set_num_threads(before)
    for one, other in zip(found[1], found[3], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)


def test_memory_comes_back_to_the_pool():
    recurrence = parse(CELLS["tanh"][0])
    graph = recurrence.typed(sizes_of("tanh", 2, 4))
    kernel = Kernel(schedule(graph, ["h"], kept=["h"]), torch.float32)
    parameters = {k: torch.ones([d.size for d in recurrence.shapes({"x": 2, "h": 4})[k]])
                  for k in recurrence.parameters}  # fmt: skip
    inputs = {"x": Sequence(torch.ones(5, 3, 2))}
    addresses = set()
    for _ in range(5):
        result = kernel.run(parameters, inputs, {}, steps=5, batch=3)
        addresses.add(result.sequences["h"].tensor.data_ptr())
        del result
    assert len(addresses) == 1
