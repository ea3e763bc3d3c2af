"""The row of parameters, and what is computed from them alone."""

from __future__ import annotations

from elman.ir import parse
from elman.paper.drawing.base import find_base
from elman.paper.drawing.items import find_items
from elman.viz.pattern import Rail


def base(text, copies=False):
    graph = parse(text).scalar_graph
    return find_base(graph, find_items(graph), copies=copies)


def test_parameters_stand_in_the_order_of_the_text():
    found = base("h_t = tanh(W h_{t-1} + U x_t + b)")
    order = sorted(found.places, key=lambda node: found.places[node])
    assert [node.key for node in order] == ["W", "U", "b"]
    assert found.rows == 1 and not found.has_operations


def test_what_is_computed_from_parameters_stands_above_them():
    found = base("A = -exp(a); h_t = A h_{t-1} + x_t")
    rows = {node.op: row for node, (_, row) in found.places.items()}
    assert rows["negate"] < rows["exp"] < rows["parameter"]
    wires = found.wires(10, 6, {n.number for n in found.places if n.op == "negate"})
    ends = [isinstance(sink, Rail) for wire in wires for sink in wire.sinks]
    assert ends.count(True) == 1 and ends.count(False) == 2


def test_a_named_constant_has_a_circle_and_a_bare_number_has_none():
    found = base("dt = 0.1; h_t = h_{t-1} + dt * x_t + 2")
    assert [found.names[node.number] for node in found.places] == [["dt"]]


def test_copies_leave_only_what_is_computed():
    assert base("h_t = W h_{t-1} + x_t", copies=True).rows == 0
    assert base("A = exp(a); h_t = A h_{t-1} + b x_t", copies=True).columns == 1
