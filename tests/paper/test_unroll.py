"""The unrolled graph: edges between steps, names, starts, both directions, totals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from elman.ir import parse
from elman.ir.graph import print_graph
from elman.ir.values import OVER_TIME, compute
from elman.paper.unroll import MAX_STEPS, unroll
from strategies import recurrences

TUTORIAL = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"


def unrolled(text, steps=2):
    return unroll(parse(text).scalar_graph, steps)


def test_the_tutorial_over_two_steps():
    graph = unrolled(TUTORIAL)
    assert str(graph).splitlines()[-1] == "z = over_time.prod y_1 y_2"
    first, second = graph.value("h", 1), graph.value("h", 2)
    assert first.op == "tanh" and first.args == (graph.value("tau", 1),)
    assert first in graph.value("tau", 2).args[0].args
    assert second.names == (("h", 2),)
    assert graph.value("h", 0).op == "start"


def test_a_backward_state_starts_after_the_last_step():
    graph = unrolled("k_t = tanh(A x_t + B k_{t+1})", steps=3)
    assert graph.value("k", 4).op == "start"
    assert [node.step for node in graph if node.op == "tanh"] == [3, 2, 1]


def test_all_lags_lead_to_their_step():
    graph = unrolled("h_t = a h_{t-1} + b h_{t-3} + x_{t-2}", steps=4)
    assert {key for key in graph.values if key[0] == "h" and key[1] < 1} == {
        ("h", 0),
        ("h", -1),
        ("h", -2),
    }
    assert graph.value("x", -1).op == "start"
    assert graph.value("x", 1).op == "input"
    assert ("x", 3) not in graph.values


def test_a_start_that_the_text_gives_has_what_it_is_for_an_argument():
    start = unrolled("h_t = h_{t-1} + x_t; h_0 = s").value("h", 0)
    assert [arg.name for arg in start.args] == ["s"]


def test_a_second_name_is_no_second_node():
    graph = unrolled("h_t = a h_{t-1} + x_t; y_t = h_{t-1}; w_t = h_t")
    assert graph.value("y", 1) is graph.value("h", 0)
    assert graph.value("y", 2) is graph.value("h", 1)
    assert graph.value("w", 2) is graph.value("h", 2)
    assert graph.value("w", 2).name == "h_2"


def test_an_unknown_name_is_named_in_the_error():
    with pytest.raises(KeyError, match="h_3"):
        unrolled(TUTORIAL).value("h", 3)


@pytest.mark.parametrize("steps", [0, -1, MAX_STEPS + 1, 2.0, True])
def test_steps_out_of_range_show_the_value_and_the_allowed_ones(steps):
    with pytest.raises(ValueError, match=f"steps is {steps!r}.* from 1 to 100,000"):
        unrolled(TUTORIAL, steps)


@settings(max_examples=60)
@given(recurrences())
def test_computing_node_by_node_gives_what_the_interpreter_gives(example):
    """The unrolled graph has every edge of the computation, each to the right step."""
    from elman.ir import evaluate

    text, sizes = example
    step_graph = parse(text).typed(sizes)
    graph = unroll(step_graph, 3)
    shapes = {n.key: tuple(d.size for d in n.shape) for n in step_graph.nodes if n.key}
    generator = np.random.default_rng(3)
    values = {key: generator.normal(size=shapes.get(key, ())) for key in step_graph.parameters}
    inputs = {key: generator.normal(size=(3, *shapes.get(key, ()))) for key in step_graph.inputs}
    expected = evaluate(step_graph, {**values, **inputs}, steps=3).by_name()
    found: dict[int, np.ndarray] = {}
    for node in graph:
        if node.op == "parameter":
            found[node.number] = values[node.key]
        elif node.op == "input":
            found[node.number] = inputs[node.key][node.step - 1]
        elif node.op == "start":
            shape = shapes[node.key]
            given_value = found[node.args[0].number] if node.args else np.zeros(shape)
            found[node.number] = np.broadcast_to(given_value, shape)
        elif node.op == "number":
            found[node.number] = np.asarray(node.source.value)
        elif node.op == "steps":
            found[node.number] = np.asarray(3.0)
        elif node.op == "over_time":
            parts = [found[arg.number] for arg in node.args]
            found[node.number] = OVER_TIME[node.key](np.stack(parts), axis=0)
        else:
            args = [found[arg.number] for arg in node.args]
            arg_shapes = tuple(arg.shape for arg in node.source.args)
            found[node.number] = compute(node.op, args, arg_shapes)
    for node in graph:
        if node.name in expected:
            message = f"{node.name} in\n{print_graph(step_graph)}"
            np.testing.assert_allclose(found[node.number], expected[node.name], err_msg=message)
