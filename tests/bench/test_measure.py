"""The gate before the clock, and the turns of the contenders."""

from __future__ import annotations

import pytest
import torch

from elman.bench import measure
from elman.bench.measure import Timing, WrongResultError, gate, interleave, largest_error

EXACT = {"h": torch.ones(3, dtype=torch.float64)}
WRONG = {"h": torch.tensor([1.0, 1.0, 1.001])}


def test_a_wrong_result_stops_the_clock():
    with pytest.raises(WrongResultError, match=r"h is wrong by 1\.0e-03"):
        gate(WRONG, EXACT)


def test_a_missing_gradient_stops_the_clock():
    with pytest.raises(WrongResultError, match=r"it gives no d W"):
        gate({"h": torch.ones(3)}, {**EXACT, "d W": torch.zeros(2, dtype=torch.float64)})


@pytest.mark.parametrize("bad", [torch.full((3,), float("nan")), torch.ones(2), torch.ones(3, 1)])
def test_nan_and_wrong_shapes_are_infinitely_wrong(bad):
    assert largest_error(bad, EXACT["h"]) == float("inf")


def test_twice_the_error_of_the_loop_passes():
    assert gate(WRONG, EXACT, lambda: 2e-3) == pytest.approx(1e-3, rel=1e-2)


def test_a_gradient_that_cancels_is_measured_by_the_others():
    nothing = torch.full((2,), 1e-17, dtype=torch.float64)
    found = {"h": torch.ones(3), "d b": torch.full((2,), 1e-7)}
    assert gate(found, {**EXACT, "d b": nothing}) == pytest.approx(1e-7)
    with pytest.raises(WrongResultError, match=r"d b is wrong by 9\.1e-02"):
        gate(found, {**EXACT, "d b": torch.full((2,), 1.1e-7, dtype=torch.float64)})


def test_contenders_take_turns_and_another_one_begins_each_round():
    calls = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    found = interleave(runs, rounds=2, seconds=0.0)
    assert "".join(calls) == "aabb" + "aabb" + "bbaa"  # each turn has one call before the clock
    assert found["a"].low <= found["a"].median <= found["a"].high


def test_a_ratio_is_taken_round_by_round():
    slow_machine_in_round_two = Timing((1.0, 2.0, 1.0))
    assert Timing((3.0, 6.0, 3.0)).over(slow_machine_in_round_two).rounds == (3.0, 3.0, 3.0)


@pytest.mark.parametrize(("spinning", "rested"), [(0.0, 0.01), (0.055, 0.07), (9.0, 0.5)])
def test_a_turn_begins_when_threads_of_the_one_before_sleep(monkeypatch, spinning, rested):
    now = 0.0

    def sleep(seconds):
        nonlocal now
        now += seconds

    monkeypatch.setattr(measure.time, "sleep", sleep)
    monkeypatch.setattr(measure.time, "perf_counter", lambda: now)
    monkeypatch.setattr(measure.time, "process_time", lambda: min(now, spinning))
    started = []
    interleave({"a": lambda: started.append(now)}, rounds=1, seconds=0.0, clock=lambda: now)
    assert started[0] == started[1] == 0.0  # how often a turn calls is measured without a rest
    assert started[2] == started[3] == pytest.approx(rested)
