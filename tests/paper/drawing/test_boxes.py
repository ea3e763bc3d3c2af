"""Boxes: their shapes, labels, names, and what is said of them."""

from __future__ import annotations

from elman.ir import parse
from elman.paper.drawing.boxes import Content, copy_box, item_box, static_box, total_box
from elman.paper.drawing.items import find_items
from elman.paper.drawing.labels import Labels

GRAPH = parse(
    "dt = 0.1; A = exp(a); h_t = tanh(A h_{t-1} + dt * x_t); y_t = h_t; L = \\sum_t h_t"
).scalar_graph
LABELS = Labels(GRAPH)
CONTENT = Content(value=lambda key, step: f"{key}@{step}", is_marked=lambda key, step: step == 2)
ITEMS = find_items(GRAPH)


def test_an_input_is_a_circle_and_an_operation_a_rectangle():
    key = f"op:{GRAPH.definitions['h'].number}"
    given = item_box(ITEMS.items["input:x"], 2, (1, 3), ("x",), LABELS, CONTENT)
    state = item_box(ITEMS.items[key], 2, (2, 1), ("h", "y"), LABELS, CONTENT)
    assert (given.shape, given.label, given.tag, given.title) == ("circle", "x_2", "", "input x_2")
    assert (state.shape, state.label, state.tag) == ("box", r"\tanh", r"h_2,\, y_2")
    assert (state.value, state.marked, state.column, state.row) == (f"{key}@2", True, 2, 1)
    assert state.title == "h_2, y_2 = tanh, step 2"


def test_parameters_constants_and_what_is_computed_from_them():
    nodes = {node.op: node for node in GRAPH.nodes if node.level == "static"}
    parameter = static_box(nodes["parameter"], (0, 9), ("a",), LABELS, Content())
    constant = static_box(nodes["number"], (1, 9), ("dt",), LABELS, Content())
    computed = static_box(nodes["exp"], (0, 8), ("A",), LABELS, Content())
    assert (parameter.shape, parameter.title) == ("circle", "parameter a")
    assert (constant.shape, constant.value) == ("circle", "0.1")
    assert (computed.shape, computed.tag, computed.title) == ("box", "A", "A = exp")


def test_a_copy_says_that_it_is_one_value():
    node = next(node for node in GRAPH.nodes if node.op == "parameter")
    box = copy_box(node, 3, (0, 0), LABELS, Content())
    assert (box.kind, box.number) == ("copy", 3)
    assert "the same value at every step" in box.title


def test_a_total_stands_in_the_tail():
    box = total_box(GRAPH.totals["L"], (0, 0), ("L",), LABELS, Content())
    assert (box.region, box.tag, box.label) == ("tail", "L", r"\sum_t")
