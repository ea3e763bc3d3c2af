"""Wirings: one per pattern, with the rails at the ends of each way."""

from __future__ import annotations

from elman.viz.wiring import find_wirings
from viz.test_layout import ring


def test_each_pattern_has_one():
    found = find_wirings(ring())
    assert set(found) == {"main", "base"}
    assert set(found["main"].routes) == {"a", "b", "p"}


def test_rails_at_the_ends():
    found = find_wirings(ring())
    main, base = found["main"], found["base"]
    assert [leaves for _, leaves in main.rails(main.wires["p"], 0)] == [True]
    assert [leaves for _, leaves in base.rails(base.wires["q"], 0)] == [False]
    assert main.rails(main.wires["a"], 0) == []
