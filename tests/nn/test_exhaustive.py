"""What takes minutes: every text of the corpus, hundreds of random recurrences, 100,000 calls."""

from __future__ import annotations

import gc
import resource
from dataclasses import dataclass

import pytest
import torch
from hypothesis import HealthCheck, given, settings

import corpus
import elman
from elman.errors import ShapeError
from nn.test_fused import arguments, assert_same, pair, results
from strategies import dims, recurrences

SINGLE, DOUBLE = torch.float32, torch.float64
ENTRIES = {entry.name: entry for entry in corpus.load()}
START = "normal(0.2)"


def outputs_of(parsed) -> list[str]:
    """The outputs that a kernel can give back: totals are computed by torch."""
    return [key for key in parsed.outputs if key not in parsed.totals] or [parsed.states[-1]]


def odd_sizes(parsed, sizes: dict[str, int]) -> dict[str, int]:
    """Larger sizes that are all odd, where the equations admit them."""
    larger = {key: 2 * size + 1 for key, size in sizes.items()}
    try:
        parsed.typed(larger)
    except ShapeError:
        return sizes
    return larger


@dataclass(frozen=True)
class Cell:
    """A text of the corpus with and without kernels."""

    fused: elman.nn.RecurrentModule
    eager: elman.nn.RecurrentModule


# Texts that divide by a state: what is random near zero there is random everywhere.
DIVIDED_BY = {"xlstm_stabilised": "n"}


def arguments_of(name: str, cell: Cell, steps: int, batch: int):
    """Random inputs and initial states, those that something is divided by far from zero."""
    inputs, states = arguments(cell.fused, steps, batch)
    if name in DIVIDED_BY:
        value = states[DIVIDED_BY[name]]
        value.data = value.data.abs() + 1
    return inputs, states


def cell_of(name: str) -> Cell:
    entry = ENTRIES[name]
    parsed = elman.parse(entry.text)
    try:
        outputs = outputs_of(parsed)
    except IndexError:
        pytest.skip("nothing over time is returned")
    sizes = odd_sizes(parsed, entry.sizes)
    module = elman.module(parsed, sizes, outputs, init=START)
    if module.backend_reason:
        pytest.skip(module.backend_reason)
    return Cell(*pair(parsed, sizes, outputs, init=START))


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_corpus_equals_eager(name):
    cell = cell_of(name)
    for steps in (0, 1, 2, 63, 100):
        for batch in (0, 1, 5, 128):
            assert_same(cell.fused, cell.eager, *arguments_of(name, cell, steps, batch))


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize(("steps", "batch"), [(20, 16), (63, 5)])
def test_corpus_gradients_in_float32(name, steps, batch):
    cell = cell_of(name)
    inputs, states = arguments_of(name, cell, steps, batch)
    exact = results(cell.eager, inputs, states)[1]
    fused, eager = cell.fused.to(SINGLE), cell.eager.to(SINGLE)
    narrow = [
        {key: value.detach().to(SINGLE).requires_grad_() for key, value in group.items()}
        for group in (inputs, states)
    ]
    found, plain = results(fused, *narrow)[1], results(eager, *narrow)[1]
    names = [*inputs, *states, *(key for key, _ in fused.named_parameters())]
    for key, one, other, right in zip(names, found, plain, exact, strict=True):
        largest = float(right.abs().max())
        bound = max(2e-6 * largest, 2 * float((other - right).abs().max()))
        assert float((one - right).abs().max()) <= bound, key


@pytest.mark.slow
@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(recurrences(smooth=True, max_lag=2), dims())
def test_random_derivatives(recurrence, dims):
    text, sizes = recurrence
    steps, batch = min(dims[0], 4), min(dims[1], 2)
    parsed = elman.parse(text)
    fused = elman.module(
        parsed, sizes, outputs_of(parsed), dtype=DOUBLE, backend="fused", init="normal(0.5)"
    )
    torch.manual_seed(steps)
    inputs, states = arguments(fused, steps, batch)
    keys = [key for key, _ in fused.named_parameters()]

    def run(*values):
        count = len(inputs)
        x = dict(zip(inputs, values[:count], strict=True))
        first = dict(zip(states, values[count : count + len(states)], strict=True))
        parameters = dict(zip(keys, values[count + len(states) :], strict=True))
        output, final = torch.func.functional_call(fused, parameters, (x, first))
        return *(output.values() if isinstance(output, dict) else [output]), *final.values()

    values = (*inputs.values(), *states.values(), *fused.parameters())
    assert torch.autograd.gradcheck(run, values)
    assert torch.autograd.gradgradcheck(run, values, fast_mode=True)


@pytest.mark.slow
def test_many_calls_leak_nothing():
    cell = elman.module("h_t = tanh(W x_t + U h_{t-1} + b)", {"x": 2, "h": 7}, backend="fused")
    x = torch.randn(3, 2, 2, requires_grad=True)

    def calls(count: int) -> int:
        for _ in range(count):
            torch.autograd.grad(cell(x)[0].sum(), [x, *cell.parameters()])
            with torch.no_grad():
                cell(x)
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, on Linux

    before = calls(10_000)
    after = calls(90_000)
    assert after - before <= 2048, f"{after - before} KiB more"
