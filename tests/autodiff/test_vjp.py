"""Every operation has a derivative, which is that of its values."""

from __future__ import annotations

import numpy as np
import pytest

from elman.autodiff import differentiate, gradients
from elman.autodiff.over_time import TIME_VJPS
from elman.autodiff.vjp import VJPS
from elman.errors import DifferentiationError
from elman.ir import Dim, StepGraph, evaluate, parse
from elman.ir.graph import GraphBuilder
from elman.ir.operations import OPERATIONS, TIME_REDUCTIONS
from oracles import relative_error

N, M = Dim("n", 3), Dim("m", 4)
SHAPES = {
    "matmul": [[(M, N), (N,)], [(N,), (N, M)], [(M, N), (N, M)]],
    "dot": [[(N,), (N,)]],
    "outer": [[(N,), (M,)]],
    "transpose": [[(M, N)]],
    "concat": [[(N,), (M,), ()]],
    "clip": [[(N,), (), ()], [(N,), (N,), (N,)]],
    "sum": [[(N,)], [(M, N)]],
}
POSITIVE = {"log", "sqrt", "power"}
NOT_HERE = {"over_time", "expand", "part"}  # the last two take arguments that only lend a shape


def shapes_of(op):
    if op in SHAPES:
        return SHAPES[op]
    row = OPERATIONS[op]
    if row.kind in ("reduction", "row"):
        return [[(N,)]]
    if row.arity == 1:
        return [[()], [(N,)], [(M, N)]]
    return [[(N,), (N,)], [(), (N,)], [(M, N), ()]]


CASES = [
    (op, number)
    for op in sorted(OPERATIONS.keys() - NOT_HERE)
    for number in range(len(shapes_of(op)))
]


def graph_of(op, shapes):
    """A graph with one operation, on one input for each argument."""
    builder = GraphBuilder()
    keys = [f"x{position}" for position in range(len(shapes))]
    args = [builder.node("read", key=k, shape=s) for k, s in zip(keys, shapes, strict=True)]
    shape = (Dim("all", 8),) if op == "concat" else OPERATIONS[op].shape(tuple(shapes))
    result = builder.node(op, args, shape=shape)
    return StepGraph(tuple(builder.nodes), {"y": result}, {}, {}, {}, tuple(keys), ())


def numeric(graph, values, weight, key):
    """Central differences of the weighted sum of the result."""
    found = np.zeros_like(values[key])
    for place in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = {k: v.copy() for k, v in values.items()}
            moved[key][place] += sign * 1e-5
            ends.append(np.sum(evaluate(graph, moved).sequences["y"] * weight))
        found[place] = (ends[0] - ends[1]) / 2e-5
    return found


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_every_operation_has_a_row(op):
    assert op in VJPS or op == "over_time"


def test_every_reduction_over_time_has_a_row():
    assert TIME_VJPS.keys() == TIME_REDUCTIONS


@pytest.mark.parametrize("by", ["inputs", "outputs"])
@pytest.mark.parametrize(("op", "number"), CASES)
def test_derivative_is_that_of_the_values(op, number, by):
    graph = graph_of(op, shapes_of(op)[number])
    if op == "others":
        with pytest.raises(DifferentiationError, match="cannot be differentiated again"):
            differentiate(graph, outputs=["y"], by=by)
        return
    generator = np.random.default_rng(3)
    values = {}
    for key in graph.inputs:
        shape = next(n.shape for n in graph.nodes if n.key == key)
        value = generator.normal(size=(2, *(dim.size for dim in shape)))
        values[key] = np.abs(value) + 0.1 if op in POSITIVE else value
    if op == "clip":
        values["x1"], values["x2"] = np.minimum(values["x1"], -0.3), np.abs(values["x2"])
    weight = generator.normal(size=evaluate(graph, values).sequences["y"].shape)
    found = gradients(differentiate(graph, outputs=["y"], by=by), values, {"y": weight})
    for key in graph.inputs:
        assert relative_error(found[key], numeric(graph, values, weight, key)) < 1e-7, key


@pytest.mark.parametrize("by", ["inputs", "outputs"])
@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("relu(x_t)", 0.0, 0.0),
        ("abs(x_t)", 0.0, 0.0),
        ("sign(x_t)", 0.3, 0.0),
        ("leaky_relu(x_t)", 0.0, 0.01),
        ("elu(x_t)", 0.0, 1.0),
        ("max(x_t, 0.5)", 0.5, 0.5),
        ("min(x_t, 0.5)", 0.5, 0.5),
        ("clip(x_t, 0, 1)", 1.0, 1.0),
        ("hard_sigmoid(x_t)", 3.0, 0.0),
        ("x_t^0", 0.0, 0.0),
        ("x_t^1", 0.0, 1.0),
        ("x_t^2", -2.0, -4.0),
    ],
)
def test_conventions_where_there_is_no_derivative(text, at, slope, by):
    graph = parse(f"h_t = {text} + 0 h_{{t-1}}; L = sum_t h_t").typed()
    found = gradients(differentiate(graph, total="L", by=by), {"x": [at]})
    assert found["x"].tolist() == [slope]


def test_ties_share_equally():
    graph = parse("h_t = max(x_t) + 0 h_{t-1}; L = sum_t h_t").typed({"x": 4})
    found = gradients(differentiate(graph, total="L"), {"x": [[1.0, 2.0, 2.0, 0.0]]})
    assert found["x"].tolist() == [[0.0, 0.5, 0.5, 0.0]]
    over_time = parse("h_t = x_t + 0 h_{t-1}; L = max_t h_t").typed()
    found = gradients(differentiate(over_time, total="L"), {"x": [2.0, 1.0, 2.0, 0.0]})
    assert found["x"].tolist() == [0.5, 0.0, 0.5, 0.0]


def test_norm_at_zero_has_gradient_zero():
    graph = parse("h_t = norm(x_t) + 0 h_{t-1}; L = sum_t h_t").typed({"x": 2})
    found = gradients(differentiate(graph, total="L"), {"x": [[0.0, 0.0], [3.0, 4.0]]})
    assert found["x"][0].tolist() == [0.0, 0.0]
    assert relative_error(found["x"][1], [0.6, 0.8]) < 1e-12


@pytest.mark.parametrize("values", [[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [2.0, 5.0, 3.0]])
def test_products_with_zeros(values):
    x = np.array(values)
    others = [np.prod(np.delete(x, i)) for i in range(3)]
    over_time = parse("y_t = x_t + 0 h_{t-1}; h_t = y_t; z = prod_t y_t").typed()
    found = gradients(differentiate(over_time, total="z"), {"x": x})
    assert found["x"].tolist() == others
    features = parse("h_t = 0 h_{t-1} + prod(x_t); L = sum_t h_t").typed({"x": 3})
    found = gradients(differentiate(features, total="L"), {"x": [x]})
    assert found["x"].tolist() == [others]


def test_derivative_of_a_derivative():
    """The adjoint of tanh(x^3), differentiated again, gives the second derivative."""
    graph = parse("p_t = x_t^3; y_t = tanh(p_t) + 0 h_{t-1}; h_t = y_t").typed()
    first = differentiate(graph, outputs=["y"], wrt=["x"], by="inputs")
    dx = first.cotangents["x"]
    second = differentiate(first.graph, outputs=[dx], wrt=["x", "p"])
    x = np.array([0.3, -1.2])
    values = {"x": x, "p": x**3, first.given["y"]: np.ones(2)}
    found = gradients(second, values, {dx: np.ones(2)})
    slope = 1 - np.tanh(x**3) ** 2
    by_p = -2 * np.tanh(x**3) * slope * 3 * x**2
    assert relative_error(found["x"], slope * 6 * x) < 1e-12
    assert relative_error(found["p"], by_p) < 1e-12
