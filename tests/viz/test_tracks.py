"""Tracks: what meets in a lane is kept apart, also from other repetitions."""

from __future__ import annotations

import pytest

from elman.viz.pattern import Cell, Pattern, Wire
from elman.viz.route import route_pattern
from elman.viz.tracks import order_cheaply, set_tracks


def runs_of(cells, wires, columns=2, rows=3):
    pattern = Pattern(columns, frozenset(cells), tuple(wires), 0, 2 * rows)
    return set_tracks(pattern, route_pattern(pattern))


def test_a_straight_wire_stays_in_the_middle():
    wire = Wire("a", "data", Cell(0, 0, 0, "r"), (Cell(1, 0, 0, "l"),))
    (run,) = runs_of({(0, 0), (1, 0)}, [wire]).runs
    assert run.offsets == (0.0,) and run.ends == 2


def test_wires_that_share_a_channel_get_tracks_of_their_own():
    wires = [
        Wire("a", "data", Cell(0, 0, 0, "r"), (Cell(1, 2, 0, "l"),)),
        Wire("b", "data", Cell(0, 2, 0, "r"), (Cell(1, 0, 0, "l"),)),
    ]
    found = runs_of({(0, 0), (0, 2), (1, 0), (1, 2)}, wires)
    upright = [run for run in found.runs if not run.across and run.lane == 2]
    assert len({run.offset(0) for run in upright}) == len(upright) == 2


def test_a_wire_longer_than_a_repetition_keeps_off_its_own_repetitions():
    wire = Wire("a", "state", Cell(0, 0, 0, "r"), (Cell(0, 0, 3, "l"),))
    found = runs_of({(0, 0)}, [wire], columns=1)
    (long,) = [run for run in found.runs if run.across and run.high - run.low > 2]
    assert len(set(long.offsets)) >= 2
    assert long.offset(0) != long.offset(1)


@pytest.mark.parametrize("count", [4, 9])
def test_few_things_are_ordered_best_and_many_well(count):
    items = list(range(count))
    assert order_cheaply(items, lambda a, b: float(a < b)) == items[::-1]
