"""Labels: one operation each, short, with the names of operands that have one."""

from __future__ import annotations

import pytest

from elman.ir import parse
from elman.ir.operations import OPERATIONS
from elman.paper.drawing.labels import Labels, plain_label


def label(expression, op, sizes=None):
    graph = parse(f"h_t = {expression} + 0 h_{{t-1}}").typed(sizes)
    node = next(node for node in graph.nodes if node.op == op)
    return plain_label(Labels(graph).operation(node))


@pytest.mark.parametrize(
    ("expression", "op", "shown"),
    [
        ("W x_t", "multiply", "W x"),
        ("x_t * tanh(x_t)", "multiply", "⊙"),
        ("2 x_t", "multiply", "2 x"),
        ("V tanh(x_t)", "multiply", "V ·"),
        ("tanh(x_t)", "tanh", "tanh"),
        ("sigmoid(x_t)", "sigmoid", "sigma"),
        ("relu(x_t)", "relu", "relu"),
        ("(1 - x_t)", "subtract", "1 - x"),
        ("x_t^2", "power", "x^2"),
        ("tanh(x_t)^2", "power", "(·)^2"),
        ("x_t / 2", "divide", "x / 2"),
        ("(-tanh(x_t))", "negate", "-"),
        ("max(x_t, 0)", "maximum", "max(x, 0)"),
    ],
)
def test_what_stands_in_a_box(expression, op, shown):
    assert label(expression, op) == shown


def test_row_and_column_products():
    sizes = {"x": 2, "h": 3}
    graph = parse("h_t = tanh(x_t W + U h_{t-1})").typed(sizes)
    found = [plain_label(Labels(graph).operation(n)) for n in graph.nodes if n.op == "matmul"]
    assert sorted(found) == ["U h", "x W"]


def test_the_number_of_a_layer_does_not_look_like_a_step():
    graph = parse("h^1_t = W_1 h^1_{t-1} + x_t\ny_t = V h^1_t").scalar_graph
    found = [Labels(graph).operation(node) for node in graph.nodes if node.op == "multiply"]
    assert found == [r"W_1\,h^{(1)}", r"V\,h^{(1)}"]


def test_reductions_over_time_show_their_sign():
    graph = parse("h_t = h_{t-1} + x_t; L = \\sum_t h_t; z = \\prod_t h_t").scalar_graph
    labels = Labels(graph)
    assert [labels.operation(graph.totals[key]) for key in "Lz"] == [r"\sum_t", r"\prod_t"]


def test_a_parameter_called_sigma_leaves_the_function_its_word():
    graph = parse("h_t = sigmoid(\\sigma h_{t-1} + x_t)").scalar_graph
    node = next(node for node in graph.nodes if node.op == "sigmoid")
    assert Labels(graph).operation(node) == r"\operatorname{sigmoid}"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_of_the_table_has_a_label(name):
    from elman.ir.graph import GraphBuilder, StepGraph

    builder = GraphBuilder()
    read = builder.node("read", key="x", lag=1)
    arity = OPERATIONS[name].arity or 2
    node = builder.node(name, [read] * arity, key="sum" if name == "over_time" else "")
    graph = StepGraph(tuple(builder.nodes), {"h": node}, {}, {}, {}, ("x",), ())
    assert Labels(graph).operation(node)


def test_names_are_written_with_their_step():
    labels = Labels(parse("h_tilde_t = tanh(W_x x_t + h_tilde_{t-1})").scalar_graph)
    assert labels.name("h_tilde", 2) == r"\tilde{h}_2"
    assert labels.name("Wx") == "W_x"
