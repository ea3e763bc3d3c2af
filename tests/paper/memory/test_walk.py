"""Values are followed to where they are computed."""

from __future__ import annotations

from elman.autodiff import differentiate
from elman.ir import parse
from elman.paper.memory.walk import find_stored, gradient_roots, start_roots, stored_values


def test_a_second_name_is_the_same_value():
    graph = parse("h_t = tanh(w h_{t-1} + x_t); y_t = h_{t-1}; q_t = x_t; L = sum_t y_t").typed()
    h = graph.definitions["h"].number
    assert find_stored(graph, graph.definitions["y"], 3, 5) == (h, 2)
    assert find_stored(graph, graph.definitions["y"], 1, 5) is None  # the start
    assert find_stored(graph, graph.definitions["q"], 2, 5) is None  # an input


def test_what_is_computed_from_parameters_counts_once():
    graph = parse("A = -exp(a); h_t = exp(0.1 A) h_{t-1} + 2 x_t; L = sum_t h_t^2").typed()
    adjoint = differentiate(graph, total="L", wrt=["x"])
    found = stored_values(adjoint, gradient_roots(adjoint, 3), 3)
    decay = next(n.number for n in graph.nodes if n.op == "exp" and n.args[0].op == "multiply")
    h = graph.definitions["h"].number
    assert found == {(decay, None), (h, 1), (h, 2), (h, 3)}


def test_starts_need_what_lies_between():
    graph = parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t").typed()
    adjoint = differentiate(graph, total="L", wrt=["h"])
    h = graph.definitions["h"].number
    found = stored_values(adjoint, start_roots(adjoint, ["h"], 3), 3)
    assert found == {(h, 1), (h, 2), (h, 3)}
    assert stored_values(adjoint, gradient_roots(adjoint, 3), 3) == set()
