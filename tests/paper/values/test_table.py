"""Values by hand: exercise 6, the homework's networks, and what goes wrong at which step."""

from __future__ import annotations

import numpy as np
import pytest

import corpus
from elman.errors import EvaluationError
from elman.ir import evaluate, parse
from elman.paper.values.table import compute_case, show_value
from oracles import random_values

EXERCISE_6 = r"""
$$h_t = \tanh(ax_t + bh_{t-1} + c)$$
$$y_t = h_t$$
$$L = \sum_t y_t^2$$
"""
BIDIRECTIONAL = (
    "h_t = tanh(A_1 x_t + B_1 h_{t-1} + c_1); k_t = tanh(A_2 x_t + B_2 k_{t+1} + c_2)\n"
    "y_t = h_t + k_t"
)


@pytest.mark.parametrize(
    ("a", "b", "c", "h", "loss"), [(20, 1, 1, [1.0, -1.0], 2.0), (1, 1, 0, [0.46, -0.49], 0.45)]
)
def test_exercise_6(a, b, c, h, loss):
    values = {"a": a, "b": b, "c": c, "h_0": 0, "x_1": 0.5, "x_2": -1}
    found = compute_case(parse(EXERCISE_6), values, places=2).by_name()
    assert [found["h_1"].item(), found["h_2"].item()] == h
    assert [found["y_1"].item(), found["y_2"].item()] == h
    assert found["L"].item() == loss


def test_every_operation_has_a_row_in_the_order_of_a_person():
    case = compute_case(parse(EXERCISE_6), {"a": 1, "b": 1, "c": 0, "x": [0.5, -1]}, places=2)
    rows = [(row.name, row.value.item()) for row in case.rows if row.step == 2]
    assert rows == [
        ("x_2", -1.0), ("a x_2", -1.0), ("b h_1", 0.46), ("a x_2 + b h_1", -0.54),
        ("a x_2 + b h_1 + c", -0.54), ("h_2", -0.49), ("y_2", -0.49), ("h_2^2", 0.24),
    ]  # fmt: skip
    assert case.rows[-1].formula == "sum over t of h_t^2"


def test_a_forward_and_a_bidirectional_network_agree_with_a_loop_in_numpy():
    rng = np.random.default_rng(7)
    sizes = {"A1": (3, 2), "B1": (3, 3), "c1": (3,), "A2": (3, 2), "B2": (3, 3), "c2": (3,)}
    p = {key: rng.normal(size=shape) for key, shape in sizes.items()}
    x, h0, k16 = rng.normal(size=(15, 2)), rng.normal(size=3), rng.normal(size=3)
    found = compute_case(parse(BIDIRECTIONAL), p | {"x": x, "h_0": h0, "k_16": k16}).by_name()
    h, k = {0: h0}, {16: k16}
    for t in range(1, 16):
        h[t] = np.tanh(p["A1"] @ x[t - 1] + p["B1"] @ h[t - 1] + p["c1"])
    for t in range(15, 0, -1):
        k[t] = np.tanh(p["A2"] @ x[t - 1] + p["B2"] @ k[t + 1] + p["c2"])
    for t in (1, 7, 15):
        np.testing.assert_allclose(found[f"h_{t}"], h[t], rtol=0, atol=1e-12)
        np.testing.assert_allclose(found[f"y_{t}"], h[t] + k[t], rtol=0, atol=1e-12)


@pytest.mark.parametrize("entry", corpus.load(), ids=corpus.names())
def test_without_rounding_the_values_are_those_of_the_interpreter(entry):
    recurrence = parse(entry.text)
    values = random_values(recurrence, entry.sizes, 4, seed=3)
    case = compute_case(recurrence, values, steps=4)
    expected = evaluate(recurrence.typed(entry.sizes), values, 4).by_name()
    found = case.by_name()
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    named = {row.name for row in case.rows if row.named}
    assert len(named) >= 4 * len(recurrence.graph.definitions)


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("h_t = 1 / x_t", {"x": [1, 0]}, "division by zero at step 2 in h_2: 1 / x_2\n  x_2 = 0\n"),
        ("h_t = h_{t-1} / x_t", {"x": [0]}, "division by zero at step 1 in h_1: h_0 / x_1\n"),
        ("h_t = x_t^{-1}", {"x": [1, 1, 0]}, "division by zero at step 3"),
        ("h_t = exp(x_t)", {"x": [1, 1000]}, "overflow at step 2 in h_2: exp(x_2)\n  x_2 = 1000"),
        ("h_t = h_{t-1}^2", {"h": 10}, "overflow at step 9 in h_9: h_8^2\n  h_8 = 1e+256\n"),
        ("h_t = log(x_t)", {"x": [1, -1]}, "logarithm of what is not positive at step 2"),
        ("h_t = sqrt(x_t)", {"x": [1, -1]}, "not a number at step 2 in h_2: sqrt(x_2)"),
        ("h_t = a x_t; a = 1 / b", {"b": 0, "x": [1]}, "division by zero in a: 1 / b\n  b = 0\n"),
        ("k_t = 1 / k_{t+1}", {"k": 0}, "division by zero at step 20 in k_20: 1 / k_21"),
    ],
)
def test_what_is_not_finite_is_met_at_its_step(text, values, message):
    recurrence = parse(text)
    with pytest.raises(EvaluationError) as caught:
        compute_case(recurrence, values, steps=None if recurrence.inputs else 20)
    assert str(caught.value).startswith(message)


def test_rows_of_some_steps_alone():
    values = {"a": 1, "b": 1, "c": 0, "x": [0.5, -1, 2, 3]}
    case = compute_case(parse(EXERCISE_6), values, at=[4, 2])
    assert list(dict.fromkeys(row.step for row in case.rows)) == [None, 0, 2, 4]
    assert "h_1" in case.by_name()


def test_rounding_has_limits():
    with pytest.raises(ValueError, match="cannot round to -1 decimals; choose 0 to 12"):
        compute_case(parse("h_t = x_t"), {"x": [1]}, places=-1)


def test_values_are_shown_short():
    assert show_value(np.array(1 / 3)) == "0.333333"
    assert show_value(np.array(-0.0), 2) == "0.00"
    assert show_value(np.arange(10.0), most=2) == "[0, 1, ... 10 in all]"
    assert show_value(np.eye(2), 1) == "[[1.0, 0.0], [0.0, 1.0]]"
    assert show_value(None) == "?"
