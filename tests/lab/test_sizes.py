import pytest

from elman.errors import ShapeError
from elman.ir import parse
from elman.lab.sizes import choose_sizes

VANILLA = "h_t = tanh(x_t W_x + h_{t-1} W_h + b_h)\ny_t = h_t W_y + b_y"
JORDAN = "h_t = tanh(W x_t + U y_{t-1} + b)\ny_t = V h_t + c"


def test_input_and_output_come_from_the_task_the_rest_is_hidden():
    assert choose_sizes(parse(VANILLA), 28, 10, 128) == {"x": 28, "h": 128, "y": 10}


def test_an_intermediate_before_the_output_is_hidden_too():
    sizes = choose_sizes(parse(JORDAN), 3, 10, 16)
    assert (sizes["x"], sizes["y"], sizes["h"]) == (3, 10, 16)


def test_given_sizes_win():
    assert choose_sizes(parse(VANILLA), 1, 10, 128, {"h": 7})["h"] == 7


def test_a_recurrence_whose_output_is_its_state():
    assert choose_sizes(parse("h_t = tanh(W h_{t-1} + U x_t)"), 1, 10, 128) == {"x": 1, "h": 10}


def test_a_size_that_does_not_fit_the_task_is_refused():
    with pytest.raises(ShapeError) as caught:
        choose_sizes(parse(VANILLA), 1, 10, 128, {"x": 5})
    assert "the size x=5 does not fit the task" in str(caught.value)
    assert "the task needs x=1" in str(caught.value)


def test_two_inputs_are_refused():
    with pytest.raises(ShapeError, match="one input"):
        choose_sizes(parse("h_t = tanh(W h_{t-1} + U x_t + V u_t)"), 1, 10, 4)


def test_sizes_that_contradict_the_equations_are_refused():
    with pytest.raises(ShapeError):
        choose_sizes(parse("h_t = tanh(h_{t-1} * x_t)\ny_t = V h_t"), 3, 10, 4)
