"""The interpreter: values by name, starts, batches, and what it asks for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from elman.errors import EvaluationError
from elman.ir import evaluate, parse
from oracles import random_values
from strategies import recurrences

SCALAR = parse(r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2")


@pytest.mark.parametrize(
    ("a", "b", "c", "loss", "h"),
    [(20, 1, 1, 2.0, (1.0, -1.0)), (1, 1, 0, 0.455, (0.46, -0.49))],
)
def test_exercise_6_of_the_tutorial(a, b, c, loss, h):
    values = {"a": a, "b": b, "c": c, "x": [0.5, -1]}
    names = evaluate(SCALAR.typed(), values).by_name()
    assert names["h_0"] == 0
    assert (round(float(names["h_1"]), 2), round(float(names["h_2"]), 2)) == h
    assert round(float(names["L"]), 3) == loss
    assert names["y_1"] == names["h_1"]


def test_starts_given_by_value_and_by_the_text():
    graph = parse("h_t = h_{t-1} + 2 h_{t-2} + x_t\nh_0 = s\nh_{-1} = 3").typed()
    zeros = np.zeros(2)
    assert evaluate(graph, {"x": zeros, "s": 5.0}).sequences["h"].tolist() == [11.0, 21.0]
    given = evaluate(graph, {"x": zeros, "s": 5.0, "h_0": 1.0, "h_m1": 1.0})
    assert given.sequences["h"].tolist() == [3.0, 5.0]
    assert given.at("h", 0) == 1.0
    assert given.at("h", 2) == 5.0
    with pytest.raises(KeyError):
        given.at("h", 3)


def test_a_start_after_the_end():
    graph = parse("k_t = 0.5 k_{t+1} + x_t").typed()
    found = evaluate(graph, {"x": [1.0, 1.0], "k_3": 4.0})
    assert found.sequences["k"].tolist() == [2.5, 3.0]


def test_inputs_are_zero_outside():
    graph = parse("y_t = x_{t-1} + 10 x_{t+1}").typed()
    assert evaluate(graph, {"x": [1.0, 2.0, 3.0]}).sequences["y"].tolist() == [20.0, 31.0, 2.0]


def test_over_time():
    text = "y_t = x_t; a = sum_t y_t; b = prod_t y_t; c = mean(y); d = max_t y_t; e = min_t y_t"
    values = evaluate(parse(text).typed(), {"x": [1.0, 2.0, 4.0]}).values
    assert [values[key] for key in "abcde"] == [7.0, 8.0, 7 / 3, 4.0, 1.0]


def test_the_number_of_steps():
    graph = parse("h_t = h_{t-1} + 1 / T\nh_0 = 0").typed()
    assert evaluate(graph, {}, steps=4).sequences["h"].tolist() == [0.25, 0.5, 0.75, 1.0]


@settings(max_examples=40)
@given(recurrences())
def test_each_sample_of_a_batch_is_computed_by_itself(example):
    text, sizes = example
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    values = random_values(recurrence, sizes, 4, batch=3)
    whole = evaluate(graph, values, 4)
    for sample in range(3):
        own = {
            key: value[:, sample] if key in recurrence.inputs else value
            for key, value in values.items()
        }
        single = evaluate(graph, own, 4)
        for key in recurrence.states + recurrence.outputs:
            np.testing.assert_allclose(
                single.sequences[key], whole.sequences[key][:, sample], rtol=1e-12, atol=1e-14
            )


@pytest.mark.parametrize(
    ("values", "steps", "message"),
    [
        ({"x": [1.0]}, None, "values are missing for a, b, c"),
        ({"a": 1, "b": 1, "c": 1, "x": [[[1.0]]]}, None, "the value of x has the wrong shape"),
        ({"a": [1], "b": 1, "c": 1, "x": [1.0]}, None, "the value of a has the wrong shape"),
        ({"a": 1, "b": 1, "c": 1, "x": [1.0]}, 3, "different numbers of steps"),
        ({"a": 1, "b": 1, "c": 1, "x": [1.0], "h_0": [1, 2]}, None, "the value of h_0 has"),
    ],
)
def test_what_is_asked_for(values, steps, message):
    with pytest.raises(EvaluationError) as raised:
        evaluate(SCALAR.typed(), values, steps)
    assert message in str(raised.value)


def test_no_steps():
    empty = evaluate(SCALAR.typed(), {"a": 1, "b": 1, "c": 1, "x": []})
    assert empty.sequences["h"].shape == (0,)
    assert empty.values["L"] == 0.0
    with pytest.raises(EvaluationError, match="the mean over time of no steps"):
        evaluate(parse("y_t = x_t\nm = mean(y)").typed(), {"x": []})


def test_steps_are_asked_for_where_there_is_no_input():
    with pytest.raises(EvaluationError, match="the number of steps is open"):
        evaluate(parse("h_t = h_{t-1} + 1").typed(), {})
