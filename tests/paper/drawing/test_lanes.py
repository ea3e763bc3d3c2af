"""Rows of a loop: a state runs straight, and paths side by side do not meet."""

from __future__ import annotations

from elman.cells import read_cell
from elman.ir import parse
from elman.paper.drawing.items import find_items
from elman.paper.drawing.lanes import assign_lanes


def lanes(text):
    items = find_items(parse(text).scalar_graph)
    layers = {}
    for key, item in items.items.items():
        if item.loop == 0:
            before = [layers[o.item] + 1 for o in item.operands if o.lag == 0 and o.item in layers]
            layers[key] = max(before, default=0)
    columns = 1 + max(layers.values())
    found = assign_lanes(items, 0, layers, columns)
    named = {
        name: found[key] for key, names in items.names.items() for name in names if key in found
    }
    return found, layers, named, items


def test_a_vanilla_loop_is_one_row():
    found, *_ = lanes("h_t = tanh(W h_{t-1} + U x_t + b)")
    assert set(found.values()) == {0}


def test_the_cell_of_an_lstm_runs_straight_and_alone():
    found, _, named, items = lanes(read_cell("lstm"))
    cell = next(key for key, names in items.names.items() if "c" in names)
    together = [key for key, lane in found.items() if lane == named["c"] and key != cell]
    (product,) = together
    assert items.items[product].node.op == "multiply"
    assert any(
        operand.item == cell and operand.lag == 1 for operand in items.items[product].operands
    )


def test_no_two_operations_share_a_place():
    for name in ("lstm", "gru"):
        found, layers, *_ = lanes(read_cell(name))
        places = [(layers[key], lane) for key, lane in found.items()]
        assert len(places) == len(set(places))
