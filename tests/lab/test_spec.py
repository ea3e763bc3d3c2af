from dataclasses import replace

import pytest

from lab.fakes import make_spec


def test_the_key_does_not_depend_on_display_names_or_order():
    spec = make_spec()
    renamed = replace(spec, cell="other", start="other", variant="other")
    reordered = replace(spec, sizes={"h": 4, "x": 1})
    assert spec.key("1") == renamed.key("1") == reordered.key("1")


@pytest.mark.parametrize(
    "changes",
    [
        {"equations": "h[t] = x[t]"},
        {"sizes": {"x": 1, "h": 5}},
        {"init": {"*": "orthogonal", "b_f": 3.0}},
        {"training": {"steps": 101}},
        {"seed": 1},
        {"options": {"length": 6}},
        {"task": "digits"},
        {"data_version": "2"},
        {"beyond": (100,)},
        {"study": "truncation"},
    ],
)
def test_the_key_depends_on_everything_that_is_computed(changes):
    spec = make_spec()
    assert spec.key("1") != replace(spec, **changes).key("1")
    assert spec.key("1") != spec.key("2")


def test_the_title_says_which_run_it_is():
    assert make_spec(7, seed=2).title == "palindrome, T = 7, vanilla, start lab, seed 2"
    digits = replace(make_spec(), task="digits", options={})
    assert digits.length is None
    assert digits.title == "digits, vanilla, start lab, seed 0"


def test_long_sequences_cost_more():
    assert make_spec(30).expected_cost() > make_spec(5).expected_cost()
