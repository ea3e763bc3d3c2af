"""How sizes, values and steps are written on a command line."""

from __future__ import annotations

import pytest

from elman.cli.arguments import (
    check_step_count,
    read_assignments,
    read_recurrence,
    read_sizes,
    read_steps,
)
from elman.errors import DataError


def test_sizes_add_up_over_several_options():
    assert read_sizes(["x=28, h=128", "y=10"]) == {"x": 28, "h": 128, "y": 10}
    assert read_sizes(None) == {}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["a=20,b=1,c=1"], {"a": [20.0], "b": [1.0], "c": [1.0]}),
        (["x=0.5,-1"], {"x": [0.5, -1.0]}),
        (["x=0.5,-1,z=1,2", "w=3"], {"x": [0.5, -1.0], "z": [1.0, 2.0], "w": [3.0]}),
        (["a=1; b=2"], {"a": [1.0], "b": [2.0]}),
        (["x=[1,0],[0,1]"], {"x": [[1.0, 0.0], [0.0, 1.0]]}),
        (["W=[[1,2],[3,4]]"], {"W": [[[1.0, 2.0], [3.0, 4.0]]]}),
        (["a=1e-3,b=.5,c=+2"], {"a": [0.001], "b": [0.5], "c": [2.0]}),
        (None, {}),
    ],
)
def test_assignments(words, found):
    assert read_assignments(words, "--set") == found


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("1,a=2", "a value before the first name"),
        ("a=1,a=2", "this name has a value already"),
        ("a=one", "not a number"),
        ("a=", "not a number"),
        ("a=nan", "not a number"),
        ("a=inf", "not a number"),
        ("a=[1,true]", "not a number"),
        ('a=["1"]', "not a number"),
        ("a=[1,2", "brackets that do not close"),
        ("a=1,,b=2", "nothing between two commas"),
        ("", "nothing between two commas"),
        ("=3", "this name has a value already"),
    ],
)
def test_what_cannot_be_read_is_shown_with_how_it_is_written(word, reason):
    with pytest.raises(DataError, match=reason) as caught:
        read_assignments([word], "--set")
    assert "Write --set a=20,b=1" in str(caught.value)


def test_steps():
    assert read_steps("1,7,15") == [1, 7, 15]
    assert read_steps("12-14,3,3") == [3, 12, 13, 14]
    assert read_steps(None) is None


@pytest.mark.parametrize("word", ["0", "-1", "1,two", "", "5-3", "1-1000000000", "1000000"])
def test_what_is_no_step_is_refused(word):
    with pytest.raises(DataError, match="--at"):
        read_steps(word)


@pytest.mark.parametrize("steps", [0, -3, 1_000_000])
def test_a_number_of_steps_out_of_range_is_refused(steps):
    with pytest.raises(DataError, match=f"--steps {steps} is out of range\n.*from 1 to 100,000"):
        check_step_count(steps)


def test_step_counts_in_range_pass():
    assert check_step_count(100_000) == 100_000
    assert check_step_count(None) is None


def test_a_cell_becomes_a_recurrence():
    assert read_recurrence("gru").states == ("h",)
