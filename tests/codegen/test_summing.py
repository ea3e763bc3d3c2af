"""A second thread that adds the sums over time: the same bits, whether it turns up or not."""

from __future__ import annotations

import pytest
import torch

import elman
from codegen.cells import CELLS, sizes_of
from elman.codegen import kernel as kernels
from elman.codegen import threads
from elman.codegen.program import Form

# Three chunks of factors, the last of them short.
STEPS = 450


@pytest.fixture(autouse=True)
def any_work_pays(monkeypatch, torch_threads):
    monkeypatch.setattr(kernels, "_WORK_OF_A_HELPER", 1)


def made(name, backend):
    sizes = sizes_of(name, 3, 19)
    text = CELLS[name][0].replace("h_0 = s", "")
    return elman.module(text, sizes, backend=backend, dtype=torch.float64, init="normal(0.2)")


def slopes_of(cell, x, weights):
    output = cell(x)[0]
    return torch.autograd.grad(output, [x, *cell.parameters()], weights, allow_unused=True)


def weights_of(kind):
    weights = torch.randn(STEPS, 1, 19, dtype=torch.float64, generator=torch.manual_seed(1))
    if kind == "last":
        weights[:-1] = 0
    if kind == "first":  # no later chunk has anything to add
        weights[100:] = 0
    return weights


@pytest.mark.parametrize("kind", ["all", "last", "first"])
@pytest.mark.parametrize("name", ["tanh", "lstm", "minimal_gated", "softmax"])
def test_help_changes_no_bit(name, kind, monkeypatch):
    helped, alone, eager = made(name, "fused"), made(name, "fused"), made(name, "eager")
    alone.load_state_dict(helped.state_dict())
    eager.load_state_dict(helped.state_dict())
    x = torch.randn(STEPS, 1, 3, dtype=torch.float64, requires_grad=True)
    weights = weights_of(kind)
    expected = slopes_of(eager, x, weights)
    # With a single thread sums outside the loop over time are added in another order.
    for count in (2, 3):
        torch.set_num_threads(count)
        monkeypatch.setattr(kernels, "_WORK_OF_A_HELPER", 1)
        found = slopes_of(helped, x, weights)
        monkeypatch.setattr(kernels, "_WORK_OF_A_HELPER", 1 << 60)
        others = slopes_of(alone, x, weights)
        for one, other, exact in zip(found, others, expected, strict=True):
            assert torch.equal(one, other)
            assert (one - exact).abs().max() <= 1e-11 * exact.abs().max().clamp(min=1e-3)


def test_a_thread_that_nobody_helps_does_it_alone(monkeypatch):
    cell, weights = made("lstm", "fused"), weights_of("all")
    x = torch.randn(STEPS, 1, 3, dtype=torch.float64, requires_grad=True)
    torch.set_num_threads(2)
    expected = slopes_of(cell, x, weights)
    counts = []

    def run(function, address, argument, count):
        counts.append(count)
        function(argument)

    monkeypatch.setattr(threads, "run", run)
    found = slopes_of(cell, x, weights)
    assert 2 in counts
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_help_is_asked_for_where_it_pays(monkeypatch):
    monkeypatch.setattr(kernels, "_WORK_OF_A_HELPER", 10_000)
    torch.set_num_threads(2)
    cell = made("lstm", "fused")
    wanted = cell.program._everything()
    kernel = cell.program.compiled(torch.float64).backward_kernel(wanted, form=Form.APART)
    sums = next(i for i, loop in enumerate(kernel.program.loops) if loop.totals is not None)
    assert kernel.members(sums, STEPS, 1) == 2
    assert kernel.members(sums, 192, 1) == 1  # a single chunk, which is the last one
    monkeypatch.setattr(kernels, "_WORK_OF_A_HELPER", 10_000_000)
    assert kernel.members(sums, STEPS, 1) == 1
