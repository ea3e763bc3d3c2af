"""The verdict of exercise 6 chooses the second start and says why."""

from __future__ import annotations

import numpy as np
import pytest

from elman.errors import DifferentiationError, EvaluationError
from elman.ir import parse
from elman.paper.start.judge import assess_start, derivative, give_verdict

TEXT = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
FIRST = {"a": 20, "b": 1, "c": 1, "x": [0.5, -1], "h": 0}
SECOND = {"a": 1, "b": 1, "c": 0, "x": [0.5, -1], "h": 0}


def assessed(values, label="", text=TEXT):
    return assess_start(parse(text), values, label=label)


def test_the_gradients_are_those_of_the_hand():
    found = assessed(SECOND)
    h1 = np.tanh(0.5)
    h2 = np.tanh(-1 + h1)
    s1, s2 = 1 - h1**2, 1 - h2**2
    assert found.total == "L"
    assert found.gradients["c"] == pytest.approx(2 * h1 * s1 + 2 * h2 * s2 * (1 + s1), rel=1e-12)
    assert found.gradients["b"] == pytest.approx(2 * h2 * s2 * h1, rel=1e-12)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_verdict_chooses_the_second_start_and_names_its_figures(order):
    both = [assessed(FIRST, "(1)"), assessed(SECOND, "(2)")]
    verdict = give_verdict([both[i] for i in order])
    assert verdict.startswith("Choose (2): tanh keeps 77% of its steepest slope; |dh_2/dh_0| = 0.6")
    assert "Not (1): tanh is saturated at every step (it reaches 1.00" in verdict
    assert "|dh_2/dh_0| = 9.9e-25, so the gradient vanishes" in verdict


def test_one_start_is_judged_alone():
    assert give_verdict([assessed(FIRST)]).startswith("Tanh is saturated at every step")
    assert give_verdict([assessed(FIRST, "a start")]).startswith("a start: tanh is saturated")


def test_an_explosion_is_called_so():
    text = "h_t = w h_{t-1} + x_t; L = \\sum_t h_t"
    verdict = give_verdict([assessed({"w": 10, "x": [1, 1, 1]}, text=text)])
    assert "|dh_3/dh_0| = 1e+03, so the gradient explodes" in verdict
    assert "the largest gradient of L is |dL/dw| = " in verdict


def test_equal_starts_hardly_differ():
    verdict = give_verdict([assessed(SECOND, "(1)"), assessed(SECOND, "(2)")])
    assert verdict.startswith("The starts hardly differ.")


def test_without_a_total_there_are_no_gradients():
    found = assessed({"a": 1, "x": [1]}, text="h_t = tanh(a h_{t-1} + x_t)")
    assert (found.total, found.gradients) == (None, {})


def test_a_network_that_only_scales_has_nothing_saturated():
    found = assessed({"a": 1, "x": [1]}, text="y_t = a x_t")
    assert (found.saturated, found.slope, found.flows, found.badness) == (0.0, 1.0, (), 0.0)
    assert "nothing to judge" in give_verdict([found])


def test_errors():
    with pytest.raises(DifferentiationError):
        assess_start(parse(TEXT), SECOND, total="y")
    with pytest.raises(EvaluationError, match="values are missing for a, b, c"):
        assess_start(parse(TEXT), {"x": [1]})


def test_derivatives_are_written_with_all_states():
    assert derivative(["h"], 2, 1) == "|dh_2/dh_1|"
    assert derivative(["c", "h"], 2, 1) == "|d(c,h)_2/d(c,h)_1|"


def test_several_functions_are_spoken_of_as_several():
    recurrence = parse("g_t = sigmoid(a x_t); h_t = g_t h_{t-1} + tanh(b x_t); L = sum_t h_t")
    mild = assess_start(recurrence, {"a": 1, "b": 1, "x": [0.5, -1]})
    assert "Sigmoid and tanh keep " in give_verdict([mild])
    hard = assess_start(recurrence, {"a": 40, "b": 40, "x": [0.5, -1]})
    assert "are saturated at every step (they reach 1.00, where they keep" in give_verdict([hard])
