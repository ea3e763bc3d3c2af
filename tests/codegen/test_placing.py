"""Which products stand apart from the loops over time, and which loops may run at once."""

from __future__ import annotations

import pytest
import torch

from codegen.cells import CELLS, sizes_of
from elman.codegen.compiled import CompiledRecurrence, Wanted, form_of
from elman.codegen.program import Form
from elman.codegen.schedule import schedule
from elman.ir import parse


def programs(text, sizes, output="y"):
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float32)
    wanted = Wanted(recurrence.parameters, recurrence.inputs, recurrence.states)
    forward = compiled.forward_program(wanted, form=Form.APART)
    return forward, compiled.backward_program(wanted, form=Form.APART)


def kinds(program):
    return ["flat" if loop.flat else loop.direction for loop in program.loops]


def test_products_stand_before_and_after_the_loop_of_an_elman_network():
    text = "h_t = tanh(W x_t + U h_{t-1} + b); y_t = V h_t + c"
    forward, backward = programs(text, {"x": 2, "h": 3, "y": 2})
    assert kinds(forward) == ["flat", "forward", "flat"]
    assert kinds(backward) == ["flat", "backward", "flat"]
    sources = [sum(len(stage.sources) for stage in loop.stages) for loop in forward.loops]
    assert sources == [1, 1, 1]
    assert forward.waves() == [[0], [1], [2]]


def test_both_directions_run_at_once():
    forward, backward = programs(CELLS["bidirectional"][0], sizes_of("bidirectional", 3, 5))
    assert kinds(forward) == ["flat", "forward", "backward", "flat"]
    assert forward.waves() == [[0], [1, 2], [3]]
    assert backward.waves() == [[0], [1, 2], [3]]


def test_layers_above_stay_in_the_loop():
    text = "h_t = tanh(W x_t + U h_{t-1}); g_t = tanh(A h_t + B g_{t-1}); y_t = V g_t"
    forward, _ = programs(text, {"x": 2, "h": 3, "g": 4, "y": 2})
    assert kinds(forward) == ["flat", "forward", "flat"]
    inside = [str(source.operand) for stage in forward.loops[1].stages for source in stage.sources]
    assert sorted(inside) == ["g[t-1]", "h[t-1]", "h[t]"]


def test_what_other_steps_need_is_not_computed_for_all_at_once():
    text = "z_t = W x_t; y_t = tanh(z_t + z_{t-1}); h_t = tanh(U h_{t-1} + y_t)"
    forward, _ = programs(text, {"x": 2, "h": 3}, "h")
    assert kinds(forward) == ["forward"]


@pytest.mark.parametrize("name", CELLS)
def test_memory_has_the_same_shapes_in_every_form(name):
    text, output, _ = CELLS[name]
    recurrence = parse(text)
    graph = recurrence.typed(sizes_of(name, 3, 5))
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float32)
    wanted = Wanted(recurrence.parameters, recurrence.inputs, recurrence.states)
    packed, *others = (
        [(b.before, b.after, b.width, names) for b, names in compiled.kept(wanted, form=form)]
        for form in Form
    )
    assert all(other == packed for other in others)


def test_the_form_follows_the_sizes_of_a_call():
    assert form_of(1000, 1, gradients=False) is Form.APART
    assert form_of(1000, 64, gradients=False) is Form.PACKED
    assert form_of(1, 1, gradients=False) is Form.IN_PLACE
    assert form_of(1, 64, gradients=False) is Form.PACKED
    # The way back packs its matrices in any case.
    assert form_of(1, 1, gradients=True) is Form.PACKED


def test_without_a_loop_all_steps_are_computed_at_once():
    graph = parse("y_t = W x_t").typed({"x": 2, "y": 3})
    assert kinds(schedule(graph, ["y"], kept=["y"], form=Form.APART)) == ["flat"]
