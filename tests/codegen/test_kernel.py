"""Kernels against the reference interpreter: every target, sizes of all kinds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from codegen.cells import CELLS, sizes_of
from codegen.kernels import run_kernel
from elman.codegen import signature
from elman.codegen.kernel import Kernel
from elman.codegen.native import host_target
from elman.codegen.schedule import schedule
from elman.ir import evaluate, parse
from oracles import random_values

SHAPES = [(1, 1), (2, 5), (7, 13), (3, 205)]


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
        given = [
            {key: tensors[key] for key in names}
            for names in (recurrence.parameters, recurrence.inputs)
        ]
        found = run_kernel(kernel, *given, [output], steps=steps, batch=batch)[0]
        yield found.double().numpy(), evaluate(graph, values).sequences[output]


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
    shapes = recurrence.shapes({"x": 2, "h": 4})
    parameters = {k: torch.ones([d.size for d in shapes[k]]) for k in recurrence.parameters}
    addresses = set()
    for _ in range(5):
        # Large enough to come from the pool.
        found = run_kernel(
            kernel, parameters, {"x": torch.ones(500, 300, 2)}, ["h"], steps=500, batch=300
        )
        addresses.add(found[0].data_ptr())
        del found
    assert len(addresses) == 1


def test_parameters_are_packed_anew_whenever_they_change():
    graph = parse("h_t = W h_{t-1} + x_t; h_0 = s").typed({"x": 3, "h": 3})
    kernel = Kernel(schedule(graph, ["h"], kept=["h"]), torch.float64)
    matrix, start = torch.eye(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    x = {"x": torch.zeros(2, 1, 3, dtype=torch.float64)}

    def last() -> list[float]:
        given = {"W": matrix, "s": start}
        return run_kernel(kernel, given, x, ["h"], steps=2, batch=1)[0][-1, 0].tolist()

    assert last() == [1, 1, 1]
    matrix[0, 0] = 2  # torch's version counter moves
    assert last() == [4, 1, 1]
    matrix.data[1, 1] = 3  # it does not
    assert last() == [4, 9, 1]
    matrix.numpy()[2, 2] = 0
    assert last() == [4, 9, 0]
    start[0] = -1
    assert last() == [-4, 9, 0]
    assert last() == [-4, 9, 0]


def test_parts_of_a_signature_miss_no_number_either(monkeypatch):
    monkeypatch.setattr(signature, "_PART", 16)
    graph = parse("h_t = tanh(W h_{t-1} + b + x_t)").typed({"x": 9, "h": 9})
    kernel = Kernel(schedule(graph, ["h"], kept=["h"]), torch.float32)
    parameters = [torch.randn(9, 9), torch.randn(9)]
    signer = signature.Signer(*kernel.sign, kernel.lanes, parameters)

    def sign(values):
        return signer.sign([value.data_ptr() for value in values])

    before = torch.get_num_threads()
    seen = {sign(parameters)}
    for count in (1, 2):
        torch.set_num_threads(count)
        for number in range(90):
            changed = [value.clone() for value in parameters]
            changed[number // 81].view(-1)[number % 81] += 1
            seen.add(sign(changed))
        assert len(seen) == 91  # the same ones, whatever the number of threads
    torch.set_num_threads(before)


def test_every_number_counts_for_the_signature():
    graph = parse("h_t = tanh(W h_{t-1} + x_t)").typed({"x": 9, "h": 9})
    kernel = Kernel(schedule(graph, ["h"], kept=["h"]), torch.float32)
    frame, matrix = kernel.take_frame(), torch.randn(9, 9)
    seen = set()
    for row in range(9):
        for column in range(9):
            changed = matrix.clone()
            changed[row, column] += 1
            frame.read_parameters([changed], 1)
            seen.add(frame.signature)
    assert len(seen) == 81
