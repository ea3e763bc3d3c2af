"""Diagrams: which steps are shown, and what connects them."""

from __future__ import annotations

import pytest

from elman.ir import parse
from elman.paper.drawing.boxes import Content
from elman.paper.drawing.diagram import build_diagram, shown_steps


def diagram(text, steps=2, **content):
    return build_diagram(parse(text).scalar_graph, steps, "", "", Content(**content))


@pytest.mark.parametrize(
    ("steps", "columns", "shown"),
    [
        (1, 4, (1,)),
        (6, 4, (1, 2, 3, 4, 5, 6)),
        (7, 4, (1, 2, 3, 7)),
        (100, 8, (1, 2, 100)),
        (3, 30, (1, 2, 3)),
        (4, 30, (1, 2, 4)),
        (10_000, 2, (1, 2, 3, 10_000)),
    ],
)
def test_which_steps_are_shown(steps, columns, shown):
    assert shown_steps(steps, columns) == shown


def test_starts_have_places_before_and_after():
    found = diagram("h_t = h_{t-2} + x_t; k_t = k_{t+1} + x_t")
    starts = {(box.number, box.label) for box in found.boxes if box.kind == "start"}
    assert starts == {(0, "h_0"), (-1, "h_{-1}"), (3, "k_3")}
    assert [column.number for column in found.columns] == [-1, 0, 1, 2, 3]


def test_a_start_that_the_text_gives_is_shown():
    found = diagram("h_t = h_{t-1} + x_t; h_0 = 0.5")
    assert [box.value for box in found.boxes if box.kind == "start"] == ["0.5"]
    learned = diagram("h_t = h_{t-1} + x_t; h_0 = s")
    (line,) = [line for line in learned.lines if line.wire.startswith("start:")]
    assert line.number == 0


def test_the_last_state_leads_nowhere():
    found = diagram("h_t = tanh(h_{t-1} + x_t)", steps=3)
    lines = [line for line in found.lines if line.wire.startswith("op:")]
    state = found.main.wires[0].key if found.main.wires[0].kind == "state" else None
    state = state or next(wire.key for wire in found.main.wires if wire.kind == "state")
    assert sorted(line.number for line in lines if line.wire == state) == [0, 1, 2]


def test_a_named_constant_shows_its_number():
    found = diagram("dt = 0.1; h_t = h_{t-1} + dt * x_t")
    (constant,) = [box for box in found.boxes if box.region == "base"]
    assert constant.value == "0.1"
