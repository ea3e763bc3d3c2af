"""Calls of few rows over few steps: matrices are read where they lie."""

from __future__ import annotations

import pytest
import torch

import elman
from codegen.cells import CELLS, sizes_of
from codegen.kernels import run_kernel
from elman.codegen.compiled import CompiledRecurrence
from elman.codegen.eager import EagerProgram
from elman.codegen.kernel import Kernel
from elman.codegen.program import Form
from elman.ir import parse
from oracles import random_values


def kernel_of(text, sizes, output, dtype=torch.float64):
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    compiled = CompiledRecurrence(graph, [output], recurrence.states, dtype)
    return recurrence, graph, Kernel(compiled.forward_program(None, form=Form.IN_PLACE), dtype)


def both(text, sizes, output, dtype, steps, batch):
    """What a kernel computes, and what torch's operations do in float64."""
    recurrence, graph, kernel = kernel_of(text, sizes, output, dtype)
    values = random_values(recurrence, sizes, steps, batch=batch, scale=0.15)
    exact = {key: torch.tensor(value) for key, value in values.items()}
    parameters = {key: exact[key] for key in recurrence.parameters}
    inputs = {key: exact[key] for key in recurrence.inputs}
    expected = EagerProgram(graph).run(parameters, inputs, {}, steps=steps, batch=batch)
    own = {key: value.to(dtype) for key, value in exact.items()}
    wide = {key: own[key] if own[key].ndim == 3 else own[key][..., None] for key in inputs}
    found = run_kernel(kernel, own, wide, [output], steps=steps, batch=batch)[0]
    return found.double(), expected.sequences[output].reshape(found.shape)


# Sizes below, at and beyond whole vectors of each type; one entry, too.
@pytest.mark.parametrize("hidden", [1, 5, 8, 19, 64])
@pytest.mark.parametrize("name", CELLS)
def test_equal_to_the_operations_of_torch(name, hidden):
    text, output, _ = CELLS[name]
    text, sizes = text.replace("h_0 = s", ""), sizes_of(name, 3, hidden)
    for steps, batch in [(1, 1), (2, 2), (7, 1)]:
        found, expected = both(text, sizes, output, torch.float64, steps, batch)
        assert torch.allclose(found, expected, rtol=0, atol=1e-13)
        found, expected = both(text, sizes, output, torch.float32, steps, batch)
        assert (found - expected).abs().max() <= 2e-6 * expected.abs().max()


def test_joined_operands_meet_columns_of_one_matrix():
    text = "h_t = tanh(W [x_t, h_{t-1}] + b)"
    _, _, kernel = kernel_of(text, {"x": 3, "h": 21}, "h")
    assert not kernel.prepares
    found, expected = both(text, {"x": 3, "h": 21}, "h", torch.float64, 3, 2)
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)


def test_a_matrix_that_lies_otherwise_is_laid_out():
    text = "h_t = tanh(W^T x_t + U h_{t-1})"
    _, _, kernel = kernel_of(text, {"x": 3, "h": 21}, "h")
    assert kernel.prepares
    found, expected = both(text, {"x": 3, "h": 21}, "h", torch.float64, 3, 1)
    assert torch.allclose(found, expected, rtol=0, atol=1e-13)


def test_nothing_is_packed_or_looked_through_for_a_short_call():
    _, _, kernel = kernel_of(CELLS["lstm"][0], {"x": 3, "h": 21}, "h")
    assert not kernel.prepares and not kernel.matrices
    # The programs of many rows pack the same matrices.
    compiled = CompiledRecurrence(
        parse(CELLS["lstm"][0]).typed({"x": 3, "h": 21}), ["h"], ["h", "c"], torch.float64
    )
    assert len(Kernel(compiled.forward_program(None), torch.float64).matrices) == 8


def test_changes_of_parameters_are_seen():
    cell = elman.module(CELLS["lstm"][0], {"x": 3, "h": 21}, backend="fused")
    x = torch.randn(1, 1, 3)
    with torch.no_grad():
        before = cell(x)[0]
        cell.Wi.data.mul_(2)  # which torch's counters of versions do not count
        cell.Ui.data = cell.Ui.data + 1
        after = cell(x)[0]
        other = elman.module(CELLS["lstm"][0], {"x": 3, "h": 21}, backend="eager")
        other.load_state_dict(cell.state_dict())
        expected = other(x)[0]
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, expected)


def test_steps_one_by_one_are_those_of_a_sequence():
    cell = elman.module(CELLS["gru"][0], {"x": 3, "h": 21}, backend="fused")
    x = torch.randn(20, 1, 3)
    with torch.no_grad():
        whole, last = cell(x)
        state, outputs = None, []
        for step in x:
            output, state = cell(step[None], state)
            outputs.append(output)
    torch.testing.assert_close(torch.cat(outputs), whole)
    torch.testing.assert_close(state, last)
