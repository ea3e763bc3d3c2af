"""Halves go away from zero, as on paper, whatever the float makes of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.paper.values.rounding import round_half_away


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        (0.125, 2, 0.13),
        (-0.125, 2, -0.13),
        (2.675, 2, 2.68),  # as a float it is 2.67499999999999982
        (0.15 * 0.3, 2, 0.05),
        (1.15 * 0.3, 2, 0.35),
        (0.5, 0, 1.0),
        (-2.5, 0, -3.0),
        (0.1249, 2, 0.12),
        (np.tanh(0.5), 2, 0.46),
        (1e300, 2, 1e300),
        (-1e15, 3, -1e15),
    ],
)
def test_examples(value, places, rounded):
    assert round_half_away(np.asarray(value), places).item() == rounded


def test_what_rounds_to_zero_has_no_sign():
    assert np.signbit(round_half_away(np.array([-0.001, -0.0]), 2)).tolist() == [False, False]


@given(st.integers(-(10**6), 10**6), st.integers(0, 4))
def test_a_decimal_number_with_one_place_too_many_is_rounded_as_on_paper(tenths, places):
    exact = Fraction(tenths, 10 ** (places + 1))
    away = (abs(exact) * 10**places + Fraction(1, 2)).__floor__()
    expected = float(Fraction(away, 10**places)) * (1 if exact >= 0 else -1)
    assert round_half_away(np.asarray(float(exact)), places).item() == expected


def test_the_shape_stays():
    assert round_half_away(np.zeros((2, 0, 3)), 2).shape == (2, 0, 3)
