"""Jacobians from step to step, against differences of the interpreter."""

from __future__ import annotations

import numpy as np
import pytest

from elman.autodiff import differentiate
from elman.cells import read_cell
from elman.ir import evaluate, parse
from elman.paper.start.jacobians import find_loops, measure_flow, step_jacobian
from oracles import random_values

STEPS = 4


def prepared(text, **sizes):
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    values = random_values(recurrence, sizes, STEPS, seed=5)
    return recurrence, graph, values


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("h_t = tanh(w h_{t-1} + u x_t)", {}),
        ("h_t = tanh(W h_{t-1} + U x_t)", {"x": 2, "h": 3}),
        ("k_t = tanh(W k_{t+1} + U x_t)", {"x": 2, "k": 3}),
        ("h_t = tanh(W h_{t-1} + V h_{t-3} + U x_{t-1})", {"x": 2, "h": 2}),
        (read_cell("lstm"), {"x": 2, "h": 3, "y": 1}),
        (read_cell("jordan"), {"x": 2, "h": 3, "y": 2}),
    ],
)
def test_the_products_are_the_derivative_by_the_start(text, sizes):
    recurrence, graph, values = prepared(text, **sizes)
    (loop,) = find_loops(recurrence, graph)
    adjoint = differentiate(graph, outputs=loop.states, wrt=loop.states)
    evaluation = evaluate(graph, values)
    product = None
    forward = loop.direction == "forward"
    for step in range(1, STEPS + 1) if forward else range(STEPS, 0, -1):
        jacobian = step_jacobian(adjoint, evaluation, loop, step)
        product = jacobian if product is None else jacobian @ product
    # The newest states by the newest starts, by differences.
    last, first = (STEPS, 0) if forward else (1, STEPS + 1)
    names = [f"{state}_{first}" for state in loop.states]
    shapes = [[dim.size for dim in graph.definitions[state].shape] for state in loop.states]
    columns = []
    for name, shape in zip(names, shapes, strict=True):
        for entry in range(int(np.prod(shape, dtype=int))):
            change = np.zeros(shape).ravel()
            change[entry] = 1e-6
            ends = []
            for sign in (1, -1):
                found = evaluate(graph, values | {name: sign * change.reshape(shape)})
                ends.append(np.concatenate([np.ravel(found.at(s, last)) for s in loop.states]))
            columns.append((ends[0] - ends[1]) / 2e-6)
    expected = np.stack(columns, axis=1)
    count = len(columns)
    np.testing.assert_allclose(product[:count, :count], expected, atol=1e-8)


def test_exercise_6_by_hand():
    recurrence = parse("h_t = tanh(a x_t + b h_{t-1} + c)")
    graph = recurrence.typed()
    evaluation = evaluate(graph, {"a": 1, "b": 1, "c": 0, "x": [0.5, -1]})
    flow = measure_flow(graph, evaluation, find_loops(recurrence, graph)[0])
    h1 = np.tanh(0.5)
    h2 = np.tanh(-1 + h1)
    assert flow.factors == pytest.approx((1 - h1**2, 1 - h2**2), rel=1e-12)
    assert flow.product == pytest.approx((1 - h1**2) * (1 - h2**2), rel=1e-12)
    assert flow.per_step == pytest.approx(flow.product**0.5)


def test_an_orthogonal_linear_network_keeps_every_length():
    rng = np.random.default_rng(0)
    q, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    recurrence = parse("h_t = W h_{t-1} + U x_t")
    graph = recurrence.typed({"x": 1, "h": 5})
    evaluation = evaluate(graph, {"W": q, "U": np.ones((5, 1)), "x": np.ones((7, 1))})
    flow = measure_flow(graph, evaluation, find_loops(recurrence, graph)[0])
    np.testing.assert_allclose(flow.products, 1.0, rtol=1e-12)


def test_the_loops_of_a_bidirectional_network():
    recurrence, graph, values = prepared("h_t = tanh(a h_{t-1} + x_t); k_t = b k_{t+1} + h_t")
    first, second = find_loops(recurrence, graph)
    assert (first.states, first.direction) == (("h",), "forward")
    assert (second.states, second.direction) == (("k",), "backward")
    flow = measure_flow(graph, evaluate(graph, values), second)
    assert flow.steps == (4, 3, 2, 1)
    assert flow.product == pytest.approx(abs(values["b"]) ** 4)


def test_a_loop_that_is_too_large_is_left_out():
    recurrence, graph, values = prepared("h_t = a * h_{t-1} + x_t", x=513)
    assert measure_flow(graph, evaluate(graph, values), find_loops(recurrence, graph)[0]) is None
