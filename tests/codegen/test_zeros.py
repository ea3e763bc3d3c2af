"""Gradients where cotangents are zero for whole steps, whose products are left out."""

from __future__ import annotations

import pytest
import torch

import elman
from codegen.cells import CELLS, sizes_of
from elman.codegen.compiled import CompiledRecurrence, Wanted
from elman.codegen.vanishing import idle_where_zero, vanishing_buffers
from elman.ir import parse


def gradients(module, inputs, weights):
    """Of all parameters and inputs; weights are the cotangent of the output."""
    output, _ = module(inputs)
    targets = [*inputs.values(), *module.parameters()]
    return torch.autograd.grad(output, targets, weights, allow_unused=True)


@pytest.mark.parametrize("name", CELLS)
def test_gradients_of_some_steps_and_rows(name):
    text, output, _ = CELLS[name]
    sizes = sizes_of(name, 3, 9)
    fused, eager = (
        elman.module(text, sizes, output, dtype=torch.float64, backend=backend)
        for backend in ("fused", "eager")
    )
    eager.load_state_dict(fused.state_dict())
    batch = 70  # more than one block of rows
    for steps in (3, 30):
        inputs = {
            key: torch.randn(
                steps, batch, *(dim.size for dim in fused.shapes[key]),
                dtype=torch.float64, requires_grad=True,
            )
            for key in fused.recurrence.inputs
        }  # fmt: skip
        weights = torch.zeros_like(fused(inputs)[0])
        for place in [(0, slice(None)), (-1, slice(None)), (steps // 2, 5), None]:
            weights.zero_()
            if place is not None:
                weights[place] = torch.randn_like(weights[place])
            found, expected = (gradients(m, inputs, weights) for m in (fused, eager))
            for ours, right in zip(found, expected, strict=True):
                right = torch.zeros(()) if right is None else right
                ours = torch.zeros(()) if ours is None else ours
                bound = 1e-12 * max(1.0, float(right.abs().max()))
                assert float((ours - right).abs().max()) <= bound


def test_a_negative_zero_is_a_zero():
    cell = elman.module("h_t = tanh(U h_{t-1} + x_t)", {"x": 5, "h": 5}, dtype=torch.float64)
    x = torch.randn(6, 2, 5, dtype=torch.float64, requires_grad=True)
    weights = torch.full((6, 2, 5), -0.0, dtype=torch.float64)
    assert not torch.autograd.grad(cell(x)[0], x, weights)[0].any()


def test_steps_that_nothing_reaches_are_left_out():
    # What is infinite there would make everything it meets NaN.
    cell = elman.module("h_t = tanh(U h_{t-1} + W x_t)", {"x": 3, "h": 5}, dtype=torch.float64)
    x = torch.randn(8, 2, 3, dtype=torch.float64)
    weights = torch.zeros(8, 2, 5, dtype=torch.float64)
    weights[2] = 1.0
    expected = gradients(cell, {"x": x.clone().requires_grad_()}, weights)
    x[5:] = float("nan")
    found = gradients(cell, {"x": x.requires_grad_()}, weights)
    for ours, right in zip(found, expected, strict=True):
        assert torch.equal(ours, right)


@pytest.mark.parametrize("name", CELLS)
def test_loops_of_cotangents_can_leave_steps_out(name):
    text, output, _ = CELLS[name]
    graph = parse(text).typed(sizes_of(name, 3, 9))
    outputs = [output] if isinstance(output, str) else list(output)
    compiled = CompiledRecurrence(graph, outputs, [], torch.float32)
    program = compiled.backward_program(Wanted(graph.parameters, graph.inputs, ()))
    vanishing = vanishing_buffers(program)
    for loop in program.loops:
        # A loop that only computes forward values again writes what does not vanish.
        asked = [access.buffer.name for access in idle_where_zero(loop, vanishing)]
        assert asked or loop.totals is None
    forward = compiled.forward_program(None)
    vanishing = vanishing_buffers(forward)
    assert not any(idle_where_zero(loop, vanishing) for loop in forward.loops)


def test_only_gradients_leave_products_out():
    graph = parse(CELLS["tanh"][0]).typed(sizes_of("tanh", 3, 5))
    compiled = CompiledRecurrence(graph, ["h"], ["h"], torch.float32)
    wanted = Wanted(graph.parameters, graph.inputs, ())
    assert compiled.backward_program(wanted).cotangents
    assert not compiled.forward_program(wanted).cotangents
