"""Values find their names, their shapes give the sizes, and what is missing is listed at once."""

from __future__ import annotations

import numpy as np
import pytest

from elman.errors import DataError, EvaluationError, ShapeError
from elman.ir import parse
from elman.paper.values.given import bind_values, starts_read

BIDIRECTIONAL = (
    "h_t = tanh(A_1 x_t + B_1 h_{t-1} + c_1); k_t = tanh(A_2 x_t + B_2 k_{t+1} + c_2)\n"
    "y_t = h_t + k_t"
)


def test_scalars():
    given = bind_values(parse("h_t = a h_{t-1} + x_t"), {"a": 2, "x": [1, 3]})
    assert given.steps == 2
    assert given.graph.definitions["h"].shape == ()


def test_sizes_follow_from_the_values():
    values = {"A_1": np.ones((3, 2)), "B_1": np.ones((3, 3)), "c_1": np.ones(3)}
    values |= {key.replace("1", "2"): value for key, value in values.items()}
    given = bind_values(parse(BIDIRECTIONAL), values | {"x": np.ones((15, 2)), "k_16": np.ones(3)})
    assert [dim.size for dim in given.graph.definitions["y"].shape] == [3]
    assert set(given.values) == {"A1", "B1", "c1", "A2", "B2", "c2", "x", "k_16"}


def test_a_vector_state_over_a_scalar_input():
    text = "h_t = tanh(W h_{t-1} + u x_t)"
    given = bind_values(parse(text), {"W": np.eye(2), "u": [1, 2], "x": [1, 2, 3]})
    assert [dim.size for dim in given.graph.definitions["h"].shape] == [2]
    assert given.steps == 3


def test_declared_symbols_take_their_sizes_from_the_values():
    recurrence = parse("h_t = tanh(W h_{t-1} + U x_t); W: [n, n]; U: [n, m]")
    values = {"W": np.eye(2), "U": np.ones((2, 3)), "x": np.ones((4, 3))}
    assert bind_values(recurrence, values).steps == 4
    with pytest.raises(EvaluationError, match=r"found: \[2, 3\]   declared: \[n, n\]"):
        bind_values(recurrence, values | {"W": np.ones((2, 3))})
    with pytest.raises(EvaluationError, match=r"declares\n  found: \[3, 3\]   declared: \[n, m\]"):
        bind_values(recurrence, values | {"U": np.ones((3, 3))})


def test_a_state_by_its_name_gives_every_start_that_is_read():
    recurrence = parse("h_t = a h_{t-1} + b h_{t-3} + x_t; k_t = c k_{t+1}")
    values = {"a": 1, "b": 1, "c": 1, "x": [1, 2], "h": 5, "k": 7}
    given = bind_values(recurrence, values).values
    assert {key: float(given[key]) for key in ("h_0", "h_m1", "h_m2", "k_3")} == {
        "h_0": 5.0, "h_m1": 5.0, "h_m2": 5.0, "k_3": 7.0
    }  # fmt: skip
    assert float(bind_values(recurrence, values | {"h_0": 4}).values["h_0"]) == 4.0


def test_one_number_starts_a_vector():
    recurrence = parse("h_t = W h_{t-1} + U x_t")
    values = {"W": np.eye(2), "U": np.ones((2, 1)), "x": [[1.0]]}
    assert bind_values(recurrence, values | {"h": 3}).values["h_0"].tolist() == [3.0, 3.0]
    assert bind_values(recurrence, values | {"h_0": 0}).values["h_0"].tolist() == [0.0, 0.0]


def test_an_input_may_come_step_by_step():
    recurrence = parse("h_t = a h_{t-1} + x_t")
    given = bind_values(recurrence, {"a": 1, "x_1": 0.5, "x_2": -1})
    assert given.values["x"].tolist() == [0.5, -1.0]
    for wrong in ({"x_1": 1, "x_3": 1}, {"x_1": 1, "x": [1]}, {"x_1": 1, "x_2": [1, 2]}):
        with pytest.raises(DataError, match="not given as one sequence"):
            bind_values(recurrence, {"a": 1} | wrong)


def test_parameters_that_share_a_value_need_it_once():
    recurrence = parse("h_t = a h_{t-1} + b x_t; share a, b")
    given = bind_values(recurrence, {"b": 3, "x": [1]})
    assert float(given.values["a"]) == 3.0


def test_starts_read():
    graph = parse("h_t = h_{t-2} + k_t + x_{t-1}; k_t = k_{t+1}").typed()
    assert starts_read(graph, 5) == {"h": [-1, 0], "x": [0], "k": [6]}
    assert starts_read(graph, 1) == {"h": [-1], "x": [0], "k": [2]}


def test_all_missing_values_are_listed_at_once():
    with pytest.raises(EvaluationError) as caught:
        bind_values(parse(BIDIRECTIONAL), {"A_1": 1, "c_1": 1, "h": 0})
    assert str(caught.value) == (
        "values are missing for B1, A2, B2, c2, x\n"
        "  given: A1, c1, h\n"
        "  Give each of them: --set B1=...,A2=...,B2=...,c2=... --input x=...,..."
    )


SIMPLE = {"a": 1, "b": 1, "x": [1, 2], "z": [1, 2]}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"q": 1}, DataError, "'q' is no name of these equations\n  names: x, z, "),
        ({"y": [1, 2]}, DataError, "y is computed by the equations"),
        ({"L": 1}, DataError, "L is computed by the equations"),
        ({"h_1": 1}, DataError, "h_1 is no initial value\n  initial values: h_0"),
        ({"y_0": 1}, DataError, "y_0 is no initial value"),
        ({"a": "one"}, DataError, "the value of a is no array of numbers"),
        ({"a": [[1], [1, 2]]}, DataError, "the value of a is no array of numbers"),
        ({"x": [1, np.nan]}, DataError, r"x is not finite\n  entry \[1\] is nan"),
        ({"z": [1, 2, 3]}, EvaluationError, "the numbers of steps differ: x has 2, z has 3"),
        ({"x": 1}, EvaluationError, r"x has the wrong shape\n  found: \[\]   wanted: \[T\]"),
        ({"x": []}, DataError, r"the value of x is empty, its shape is \[0\]"),
        ({"x": [[]]}, DataError, r"the value of x is empty, its shape is \[1, 0\]"),
        ({"a": True}, DataError, "the value of a is no array of numbers"),
        ({"a": None}, DataError, "the value of a is no array of numbers"),
        ({"a": 1j}, DataError, "the value of a is no array of numbers"),
        ({"a": 10**400}, DataError, "the value of a is no array of numbers"),
        ({"x": [0] * 100_001, "z": [0] * 100_001}, EvaluationError, "from 1 to 100,000"),
        ({"x": [[1, 2], [3, 4]], "z": np.ones((2, 3))}, ShapeError, "cannot add"),
        ({" a": 3}, DataError, "there are two values for  a"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, message):
    text = "h_t = a h_{t-1} + x_t + b z_t; y_t = h_t + 1; L = \\sum_t y_t"
    with pytest.raises(error, match=message):
        bind_values(parse(text), SIMPLE | change)


def test_shapes_that_do_not_fit_are_said_to_come_from_the_values():
    with pytest.raises(ShapeError) as caught:
        bind_values(parse("h_t = a h_{t-1} + x_t"), {"a": [1, 2], "x": [1, 2]})
    assert "from the values: a: [2]; x: scalar" in caught.value.facts
    assert caught.value.remedy.startswith("Give values whose shapes fit together")


def test_the_number_of_steps_is_asked_for_where_there_is_no_input():
    recurrence = parse("h_t = a h_{t-1}")
    with pytest.raises(EvaluationError, match="Give --steps"):
        bind_values(recurrence, {"a": 1})
    assert bind_values(recurrence, {"a": 1}, 3).steps == 3
