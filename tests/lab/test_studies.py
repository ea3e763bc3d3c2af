"""What is measured beside the training."""

from __future__ import annotations

from dataclasses import replace

from elman.lab.execute import execute
from lab.test_execute import make_spec


def study(window: int | None) -> dict[str, float]:
    spec = make_spec(study="truncation", options={"length": 9})
    spec = replace(spec, training={**spec.training, "window": window})
    return dict(execute(spec).study)


def test_a_window_of_the_whole_sequence_changes_nothing():
    found = study(8)
    assert found["window"] == 8
    for when in ("start", "end"):
        assert abs(found[f"cosine_{when}"] - 1) < 1e-9
        assert found[f"norm_ratio_{when}"] == 1.0


def test_a_short_window_keeps_less_and_turns_the_gradient():
    full, short = study(None), study(2)
    assert full["window"] == 8 and short["window"] == 2
    assert 0 < short["kept_bytes"] < full["kept_bytes"]
    assert short["seconds_a_step"] > 0
    assert short["cosine_start"] < 1
