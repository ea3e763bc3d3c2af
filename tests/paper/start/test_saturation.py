"""Slopes come from the derivatives of autodiff; saturation is a slope below a tenth."""

from __future__ import annotations

import numpy as np
import pytest

from elman.ir import evaluate, parse
from elman.paper.start.saturation import _STEEPEST, measure_saturation, slopes_of


@pytest.mark.parametrize("function", sorted(_STEEPEST))
def test_slopes_are_those_of_differences_and_never_above_the_steepest(function):
    grid = np.linspace(-6.03, 6.03, 400)
    graph = parse(f"y_t = {function}(x_t)").typed()
    values = [evaluate(graph, {"x": grid + shift}).sequences["y"] for shift in (1e-6, -1e-6)]
    expected = (values[0] - values[1]) / 2e-6
    found = slopes_of(function, grid)
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert np.max(found) <= _STEEPEST[function] * (1 + 1e-9)
    assert np.max(found) >= 0.96 * _STEEPEST[function]


def measured(text, values, **sizes):
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    return measure_saturation(recurrence, graph, evaluate(graph, values))


def test_exercise_6_first_case_is_saturated_at_both_steps():
    text = "h_t = tanh(a x_t + b h_{t-1} + c)"
    rows = measured(text, {"a": 20, "b": 1, "c": 1, "x": [0.5, -1]})
    assert [(row.step, row.name, row.saturated) for row in rows] == [(1, "h_1", 1), (2, "h_2", 1)]
    assert rows[0].slope == pytest.approx(1 - np.tanh(11) ** 2)
    assert rows[0].reach == np.tanh(11)


def test_a_vector_counts_by_its_entries():
    rows = measured("h_t = sigmoid(x_t)", {"x": [[0.0, 10.0]]}, x=2)
    assert rows[0].saturated == 0.5
    assert rows[0].slope == pytest.approx(0.5, abs=1e-3)


def test_a_nonlinearity_without_time_has_no_row():
    assert measured("h_t = a x_t; a = tanh(b)", {"b": 1, "x": [1.0]}) == []


def test_unnamed_nonlinearities_are_called_by_their_formula():
    rows = measured("h_t = x_t * tanh(x_t) + relu(-x_t)", {"x": [2.0]})
    assert [row.name for row in rows] == ["tanh(x_1)", "relu(-x_1)"]
    assert rows[1].saturated == 1.0
