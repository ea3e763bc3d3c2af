"""The boxes of a step: reads are lines, and second names need a box only when they must."""

from __future__ import annotations

from elman.ir import parse
from elman.paper.drawing.items import find_items, find_operand, is_number, static_operands


def items(text):
    return find_items(parse(text).scalar_graph)


def test_a_read_is_no_box():
    found = items("h_t = tanh(W h_{t-1} + x_t)")
    assert [item.node.op for item in found.items.values() if item.node] == [
        "multiply",
        "add",
        "tanh",
    ]
    (product, *_) = [item for item in found.items.values() if item.node]
    assert [(o.item.split(":")[0], o.lag) for o in product.operands if o.item] == [("op", 1)]


def test_a_second_name_is_no_box():
    found = items("h_t = tanh(h_{t-1} + x_t); y_t = h_t; w_t = h_{t-1}")
    assert ("h", "y") in found.names.values()
    assert not any(key.startswith("same:") for key in found.items)


def test_a_second_name_that_is_read_at_another_step_has_a_start_of_its_own():
    found = items("h_t = tanh(h_{t-1} + y_{t-1} + x_t); y_t = h_t")
    assert "same:y" in found.items
    assert sorted(found.lagged.values()) == ["h", "y"]


def test_loops_and_their_directions():
    found = items("h_t = h_{t-1} + x_t; k_t = k_{t+1} + x_t; y_t = h_t + k_t")
    assert sorted(found.directions) == ["backward", "forward"]
    outside = [i for i in found.items.values() if i.loop is None and i.node is not None]
    assert found.names[outside[0].key] == ("y",)


def test_numbers_need_no_box_and_parameters_do():
    graph = parse("h_t = 2 h_{t-1} + (1/T) x_t + a").scalar_graph
    found = find_items(graph)
    static = {node.key for item in found.items.values() for node in static_operands(item)}
    assert static == {"a"}
    assert sum(is_number(node) for node in graph.nodes if node.level == "static") >= 3


def test_what_a_total_collects():
    graph = parse("h_t = h_{t-1} + x_t; w_t = h_{t-1}; L = \\sum_t w_t").scalar_graph
    (total,) = [node for node in graph.nodes if node.op == "over_time"]
    key, lag = find_operand(graph, total.args[0])
    assert key.startswith("op:") and lag == 1
