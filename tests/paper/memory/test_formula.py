"""Formulas for counts hold or are not given."""

from __future__ import annotations

import pytest

from elman.paper.memory.formula import fit_formula, write_formula


@pytest.mark.parametrize(
    ("count", "every", "formula"),
    [
        (lambda t: 3 * t - 1, None, "3*T - 1"),
        (lambda t: 7, None, "7"),
        (lambda t: 0, None, "0"),
        (lambda t: t * t, None, ""),
        (lambda t: -(-t // 5) + 9, 5, "((T + 4)//5) + 9"),
        (lambda t: 2 * t + 3 * (t // 5), 5, "2*T + 3*(T//5)"),
        (lambda t: t * (t // 5), 5, ""),
        (lambda t: 4 * t - 2, 1, "4*T - 2"),
    ],
)
def test_formula_is_found_from_counts(count, every, formula):
    for steps in (17, 100, 103):
        assert fit_formula(count, steps, count(steps), every) == formula


def test_a_formula_that_fails_at_the_steps_asked_for_is_not_given():
    assert fit_formula(lambda t: t, 50, 51) == ""


def test_terms_of_zero_are_left_out():
    assert write_formula([(0, "T"), (-2, "")]) == "-2"
    assert write_formula([(1, "T"), (0, "")]) == "T"
