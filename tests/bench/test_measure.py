"""The gate before the clock."""

from __future__ import annotations

import pytest
import torch

from elman.bench.measure import gate, interleave


def test_a_wrong_result_stops_the_clock():
    exact = (torch.ones(3, dtype=torch.float64),)
    with pytest.raises(AssertionError, match=r"wrong by 1\.0e-03"):
        gate((torch.tensor([1.0, 1.0, 1.001]),), exact, None)


def test_twice_the_error_of_a_peer_passes():
    exact = (torch.ones(3, dtype=torch.float64),)
    wrong = (torch.tensor([1.0, 1.0, 1.0001]),)
    assert gate(wrong, exact, wrong) == pytest.approx(1e-4, rel=1e-2)


def test_contenders_take_turns():
    calls = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    found = interleave(runs, rounds=2, seconds=0.0)
    assert calls == ["a", "a", "b", "b", "a", "b", "a", "b"]
    assert found["a"].low <= found["a"].median <= found["a"].high
