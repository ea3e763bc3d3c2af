"""Random starts, over many draws: what is known of them in theory is what is measured."""

from __future__ import annotations

import numpy as np
import pytest

from elman.errors import EvaluationError, ShapeError
from elman.ir import parse
from elman.paper.start.random_starts import assess_random_start, judge_random_starts
from elman.paper.start.schemes import draw_parameters

LINEAR = "h_t = W h_{t-1} + U x_t"
TANH = "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t; L = \\sum_t sum(y_t^2)"
SIZES = {"x": 2, "h": 8}


def assess(init, text=LINEAR, **options):
    options = {"draws": 10, "steps": 6, **options}
    sizes = SIZES | ({"y": 1} if "y_t" in text else {})
    return assess_random_start(parse(text), sizes, init, label=str(init), **options)


def test_an_orthogonal_linear_network_keeps_every_length():
    (flow,) = assess("orthogonal").flows.values()
    assert (flow.low, flow.median, flow.high) == pytest.approx((1.0, 1.0, 1.0), rel=1e-12)


def test_a_small_normal_start_vanishes():
    (flow,) = assess("normal(0.01)").flows.values()
    # Each step multiplies a random direction by about 0.01 sqrt(8).
    assert flow.median == pytest.approx(0.0283**6, rel=2)
    verdict = judge_random_starts([assess("normal(0.01)"), assess("orthogonal")])
    assert verdict.startswith("Choose orthogonal. normal(0.01): over 6 steps the gradient through")
    assert "h vanishes, its length times" in verdict


def test_a_large_start_saturates_and_is_called_so():
    start = assess("normal(5)", TANH)
    assert start.saturated.median > 0.5
    assert start.slope.median < 0.5
    assert set(start.gradients) == {"W", "U", "b", "V"}
    assert start.gradients["W"].low <= start.gradients["W"].median <= start.gradients["W"].high


def test_the_same_seed_gives_the_same_figures():
    assert assess("torch", TANH) == assess("torch", TANH)
    assert assess("torch", TANH, seed=1) != assess("torch", TANH)


def test_given_inputs_set_the_number_of_steps():
    assert assess("torch", inputs={"x": [[1.0, 2.0]] * 3}).steps == 3


def test_errors():
    with pytest.raises(ValueError, match="did you mean 'orthogonal'"):
        assess("orthgonal")
    with pytest.raises(ShapeError, match="h is open"):
        assess_random_start(parse(LINEAR), {"x": 2}, "lab", label="lab")
    two = parse("h_t = a h_{t-1} + x_t + z_t")
    with pytest.raises(EvaluationError, match="differ in length"):
        assess_random_start(two, {}, "lab", label="lab", inputs={"x": [1], "z": [1, 2]})


def test_a_chrono_start_spreads_the_reach_of_gates():
    forget, enter = draw_chrono("chrono(102)"), draw_chrono("chrono(-102)")
    assert np.array_equal(enter, -forget)
    # What a gate of sigmoid(b) keeps fades over 1 / (1 - sigmoid(b)) = 1 + exp(b) steps.
    steps = 1 + np.exp(forget)
    assert steps == pytest.approx([2 + 100 * (place + 0.5) / 8 for place in range(8)])
    assert draw_chrono("chrono(1)") == pytest.approx(0.0)


def draw_chrono(scheme):
    sizes, init = {"x": 2, "h": 8}, {"*": "orthogonal", "b": scheme}
    recurrence = parse("h_t = tanh(W h_{t-1} + U x_t + b)")
    return draw_parameters(recurrence, sizes, init, np.random.default_rng(0))["b"]
