"""What the options of a command line give together, case by case."""

from __future__ import annotations

import json

import pytest

from elman.cli.cases import gather_cases
from elman.errors import DataError
from elman.ir import parse

RECURRENCE = parse("h_t = W_{xh} x_t + b_f h_{t-1}")


def gather(set_=None, input_=None, initial=None, case=None, values=None):
    return gather_cases(RECURRENCE, set_, input_, initial, case, values)


def test_without_a_case_there_is_one_without_a_label():
    ((label, values),) = gather(["W_xh=2"], ["x=1,2"], ["h=3"])
    assert (label, values) == ("", {"Wxh": 2.0, "x": [1.0, 2.0], "h": 3.0})


def test_two_spellings_are_one_name():
    ((_, values),) = gather(["W_xh=2"], None, None, ["Wxh=5"])
    assert values == {"Wxh": 5.0}


def test_options_win_over_the_file_and_cases_over_both(tmp_path):
    path = tmp_path / "values.json"
    path.write_text(json.dumps({"Wxh": 1, "b_f": 1, "x": [1], "h_0": 1}))
    (first, second) = gather(["b_f=2"], None, None, ["W_xh=3", "h=4"], str(path))
    assert first == ("W_xh=3", {"Wxh": 3.0, "bf": 2.0, "x": [1], "h_{0}": 1})
    assert second == ("h=4", {"Wxh": 1, "bf": 2.0, "x": [1], "h": 4.0})


def test_one_number_for_an_input_is_one_step():
    ((_, values),) = gather(None, ["x=0.5"])
    assert values == {"x": [0.5]}


def test_an_unknown_name_is_refused():
    with pytest.raises(DataError, match="'q' is no name"):
        gather(["q=1"])
