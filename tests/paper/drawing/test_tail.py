"""Totals: one box each, to the right, from what they collect."""

from __future__ import annotations

from elman.ir import parse
from elman.paper.drawing.tail import find_tail


def tail(text):
    return find_tail(parse(text).scalar_graph)


def test_without_totals_there_is_none():
    assert tail("h_t = h_{t-1} + x_t") is None


def test_one_product():
    found = tail("h_t = h_{t-1} + x_t; z = \\prod_t h_t")
    assert list(found.places.values()) == [(0, 0)]
    (wire,) = found.wires(2, 20, copies=False)
    assert wire.source.name.startswith("collect:op:") and wire.source.lane == 2


def test_what_is_computed_from_totals_stands_to_their_right():
    found = tail(
        "h_t = h_{t-1} + x_t; L = \\frac{1}{T} \\sum_t h_t^2 + \\lambda \\sum_t x_t; M = 2 L"
    )
    assert found.rows == 2 and len(found.collected) == 2
    columns = {node.op: column for node, (column, _) in found.places.items()}
    assert columns["over_time"] == 0 < columns["add"]
    assert [node.key for node in found.statics()] == ["lambda"]
    kinds = [wire.kind for wire in found.wires(4, 20, copies=False)]
    assert kinds.count("parameter") == 1


def test_two_reductions_of_one_sequence_share_a_rail():
    found = tail("h_t = h_{t-1} + x_t; L = \\sum_t h_t; M = \\prod_t h_t")
    wires = [wire for wire in found.wires(4, 20, copies=False) if wire.kind == "total"]
    assert len(wires) == 1 and len(wires[0].sinks) == 2
