"""Ways: around boxes, shared between sinks, from rails."""

from __future__ import annotations

import itertools

from elman.viz.pattern import Cell, Pattern, Rail, Wire
from elman.viz.route import route_pattern


def routes(cells, wires, *, columns=3, rows=3, repeats=True):
    pattern = Pattern(columns, frozenset(cells), tuple(wires), 0, 2 * rows, repeats)
    return route_pattern(pattern)


def passed(way):
    """Every vertex between the ends of a way."""
    found = []
    for (x0, y0), (x1, y1) in itertools.pairwise(way):
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for n in range(1, steps + 1):
            found.append((x0 + (x1 - x0) * n // steps, y0 + (y1 - y0) * n // steps))
    return found[:-1]


def test_neighbours_are_joined_straight():
    wire = Wire("a", "data", Cell(0, 0, 0, "r"), (Cell(1, 0, 0, "l"),))
    assert routes({(0, 0), (1, 0)}, [wire])["a"] == (((1, 1), (3, 1)),)


def test_a_box_between_is_gone_around():
    wire = Wire("a", "data", Cell(0, 0, 0, "r"), (Cell(2, 0, 0, "l"),))
    (way,) = routes({(0, 0), (1, 0), (2, 0)}, [wire])["a"]
    assert way[0] == (1, 1) and way[-1] == (5, 1)
    assert (3, 1) not in passed(way)


def test_boxes_of_other_repetitions_are_gone_around():
    wire = Wire("a", "state", Cell(0, 0, 0, "r"), (Cell(0, 0, 2, "l"),))
    (way,) = routes({(0, 0)}, [wire], columns=1)["a"]
    assert way[-1] == (5, 1)
    assert (3, 1) not in passed(way)


def test_a_box_may_lead_to_itself_in_the_next_repetition():
    wire = Wire("a", "state", Cell(0, 0, 0, "r"), (Cell(0, 0, 1, "l"),))
    assert routes({(0, 0)}, [wire], columns=1)["a"] == (((1, 1), (3, 1)),)


def test_the_sinks_of_a_wire_share_their_way():
    sinks = (Cell(1, 0, 0, "l"), Cell(1, 1, 0, "l"), Cell(1, 2, 0, "l"))
    ways = routes({(0, 1), (1, 0), (1, 1), (1, 2)}, [Wire("a", "data", Cell(0, 1, 0, "r"), sinks)])
    assert {way[1] for way in ways["a"] if len(way) > 2} == {(2, 3)}


def test_a_wire_enters_where_it_is_expected_to():
    cells = {(0, 0), (1, 1)}
    for side, before in (("l", (2, 3)), ("t", (3, 2))):
        wire = Wire("a", "data", Cell(0, 0, 0, "r"), (Cell(1, 1, 0, side),))
        (way,) = routes(cells, [wire])["a"]
        assert before in passed(way)


def test_a_rail_is_left_upwards_and_joined_from_below():
    down = Pattern(
        2,
        frozenset({(0, 1)}),
        (
            Wire("p", "parameter", Rail("p", 6), (Cell(0, 1, 0, "b"),)),
            Wire("y", "total", Cell(0, 1, 0, "t"), (Rail("y", 0),)),
        ),
        top=2,
        bottom=5,
    )
    ways = route_pattern(down)
    assert ways["p"] == (((1, 6), (1, 3)),)
    assert ways["y"] == (((1, 3), (1, 0)),)
