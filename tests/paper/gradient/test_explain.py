"""What enters a gradient, and the Jacobians it goes through."""

from __future__ import annotations

import numpy as np

from elman.ir import parse
from elman.paper.gradient.explain import explain_gradient

INSIDE = r"\tau_t = Wh_{t-1} + Ux_t; h_t = \tanh(\tau_t); y_t = Vh_t; z = \prod_i y_i"
VARIABLES = "y_1,y_2,h_0,h_1,tau_1,tau_2,W,V".split(",")


def told(**more):
    return explain_gradient(parse(INSIDE), "z", "W", 2, **more)


def test_exercise_3():
    entries = {entry.name: entry for entry in told(within=VARIABLES).entries}
    assert set(entries["x_1"].through) == {"h_1", "tau_1", "tau_2", "y_1", "y_2"}
    assert set(entries["x_2"].through) == {"tau_2", "y_2"}
    assert not entries["x_1"].directly and not entries["U"].directly
    assert entries["W"].directly and entries["h_0"].directly


def test_norms_at_given_values():
    values = {"W": 0.5, "U": 1.0, "V": 1.0, "x": [1.0, -1.0], "h": 0.0}
    (flow,) = told(values=values).flows
    first = np.tanh(1.0)
    second = np.tanh(0.5 * first - 1.0)
    np.testing.assert_allclose(flow.factors, [0.5 * (1 - first**2), 0.5 * (1 - second**2)])
    np.testing.assert_allclose(flow.product, np.prod(flow.factors))


def test_jacobians_are_written_out():
    assert told().jacobians == ("the derivative by h_{t-1} receives W^T ((1 - h_t * h_t) * dh_t)",)


def test_what_does_not_enter_says_so():
    recurrence = parse("h_t = w h_{t-1} + x_t; y_t = v h_t; L = sum_t h_t")
    entries = explain_gradient(recurrence, "L", "w", 2).entries
    sentences = [entry.sentence() for entry in entries]
    assert "v does not enter" in sentences
    assert "x_1 enters through h_1" in sentences


def test_long_sequences_are_shortened():
    recurrence = parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t")
    text = explain_gradient(recurrence, "L", "w", 80).text()
    assert len(text.splitlines()) < 70
    assert "... 56 more" in text
