"""Values in boxes: which one, and how it is written."""

from __future__ import annotations

import numpy as np
import pytest

from elman.ir import evaluate, parse
from elman.paper.drawing.items import find_items
from elman.paper.drawing.values import value_writer, write_value


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (0.46, 2, r"\mathrm{0.46}"),
        (1 / 3, None, r"\mathrm{0.3333}"),
        (-0.0, None, r"\mathrm{0}"),
        (np.arange(4.0), None, r"\mathrm{[0, 1, 2, \ldots]}"),
        (np.zeros((3, 5)), None, r"3 \times 5"),
    ],
)
def test_how_a_value_is_written(value, places, shown):
    assert write_value(value, places) == shown


def test_each_box_shows_its_own():
    graph = parse("h_t = a h_{t-1} + x_t; w_t = x_{t-1} h_t; L = \\sum_t h_t").scalar_graph
    evaluation = evaluate(graph, {"a": 2.0, "x": [1.0, 3.0], "h_0": 5.0})
    items, write = find_items(graph), value_writer(graph, evaluation)
    state = next(key for key, names in items.names.items() if "h" in names)
    assert [write(state, t) for t in (0, 1, 2)] == [r"\mathrm{5}", r"\mathrm{11}", r"\mathrm{25}"]
    assert write("input:x", 0) == r"\mathrm{0}" and write("input:x", 2) == r"\mathrm{3}"
    assert write(f"static:{graph.totals['L'].number}", None) == r"\mathrm{36}"
    parameter = next(node for node in graph.nodes if node.op == "parameter")
    assert write(f"static:{parameter.number}", None) == r"\mathrm{2}"
