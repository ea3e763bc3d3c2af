"""Nodes are shared, and graphs print the same however they were written."""

from __future__ import annotations

from elman.ir import parse, print_graph
from elman.ir.graph import GraphBuilder, reachable


def test_equal_operations_are_one_node():
    builder = GraphBuilder()
    x = builder.node("read", key="x")
    one, other = builder.node("tanh", [x]), builder.node("tanh", [x])
    assert one is other
    assert builder.node("number", value=0.0) is not builder.node("number", value=-0.0)
    assert [node.number for node in builder.nodes] == [0, 1, 2, 3]


def test_levels():
    graph = parse("h_t = a h_{t-1} + b\nL = sum_t h_t\nc = 2 a\nm = L / T").typed()
    levels = {key: node.level for key, node in {**graph.definitions, **graph.totals}.items()}
    assert levels == {"h": "step", "L": "total", "m": "total"}
    assert graph.derived["c"].level == "static"


def test_print():
    text = "h_t = tanh(W h_{t-1} + U x_t)\ny_t = h_t\nL = sum_t y_t^2\nh_0 = 0"
    assert print_graph(parse(text).typed()).splitlines() == [
        "%0 = multiply W h[t-1]",
        "%1 = multiply U x[t]",
        "%2 = add %0 %1",
        "h, y = tanh %2",
        "%4 = power h 2.0",
        "L = over_time.sum %4",
        "start h_0 = 0.0",
    ]


def test_reachable_in_order_of_evaluation():
    graph = parse("h_t = tanh(a x_t) + b").typed()
    found = reachable([graph.definitions["h"]])
    assert [node.number for node in found] == sorted(node.number for node in found)
    assert reachable([graph.definitions["h"]], {graph.definitions["h"].number}) == []
