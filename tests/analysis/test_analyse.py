from functools import partial

import pytest

from analysis.fakes import TWO_LAGS, TWO_STATES, Stored, make_module
from elman.analysis import timing
from elman.analysis.analyse import analyse, read_analysis
from elman.train.config import TrainConfig


@pytest.mark.parametrize("equations", [TWO_LAGS, TWO_STATES])
def test_a_record_survives_the_disk(equations, monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.0)
    make = partial(make_module, equations, 4)
    found = analyse(make, make_module(equations), Stored(), TrainConfig(max_steps=5))
    assert found.steps == 6 and found.probe.sequences == 60
    assert found.before.gradients == found.after.gradients  # nothing was trained here
    assert {item.state for item in found.after.gradients} == set(make("eager").recurrence.states)
    assert read_analysis(found.to_json()) == found


@pytest.mark.parametrize("text", ["", "{}", '{"steps": 3}', "[1]"])
def test_another_text_is_no_record(text):
    with pytest.raises(ValueError):
        read_analysis(text)


def test_a_record_with_another_field_is_refused(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.0)
    make = partial(make_module, TWO_LAGS, 4)
    text = analyse(make, make("eager"), Stored(), TrainConfig(max_steps=5)).to_json()
    with pytest.raises(ValueError, match="not a record of an analysis"):
        read_analysis(text.replace('"left_out"', '"left"'))
