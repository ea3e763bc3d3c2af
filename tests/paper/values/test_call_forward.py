"""A function is called with what its arguments name, in whatever way it takes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.errors import DataError
from elman.ir import parse
from elman.paper.values.call_forward import as_plain, call_forward, name_returned
from elman.paper.values.given import bind_values

RECURRENCE = parse("h_t = tanh(W_{xh} x_t + h_{t-1}); y_t = h_t + b_y")
VALUES = {"W_xh": 2.0, "b_y": 1.0, "x": [1.0, 2.0], "h_0": 0.5}


def call(forward):
    return call_forward(RECURRENCE, forward, bind_values(RECURRENCE, VALUES), VALUES)


@pytest.mark.parametrize(
    "forward",
    [
        lambda x, W_xh, b_y, h_0: (x, W_xh, b_y, h_0),
        lambda x, Wxh, by, h0: (x, Wxh, by, h0),
        lambda h, x, W_xh, b_y: (x, W_xh, b_y, h),
        lambda x, /, W_xh, b_y, *, h_0: (x, W_xh, b_y, h_0),
        lambda **all: (all["x"], all["Wxh"], all["by"], all["h_0"]),
        lambda values: (values["x"], values["Wxh"], values["by"], values["h_0"]),
        lambda x, W_xh, b_y, h_0, T, unused=None: (x, W_xh, b_y, h_0) if T == 2 else None,
    ],
)
def test_ways_of_taking_arguments(forward):
    x, w, b, h = call(forward)
    assert (x.tolist(), float(w), float(b), float(h)) == ([1.0, 2.0], 2.0, 1.0, 0.5)


def test_an_argument_that_means_nothing_is_refused():
    with pytest.raises(DataError, match="asks for hidden, size, which is not given"):
        call(lambda x, hidden, size: x)


def test_what_is_returned_gets_its_names():
    assert name_returned(RECURRENCE, {"y_2": 1, "h": 2}) == {("y", 2): 1, ("h", None): 2}
    assert name_returned(RECURRENCE, [1, 2]) == {("y", None): [1, 2]}
    assert name_returned(RECURRENCE, ([1, 2], "state")) == {("y", None): [1, 2]}


def test_tensors_become_arrays():
    assert isinstance(as_plain(torch.ones(2, requires_grad=True)), np.ndarray)
    assert as_plain(3.0) == 3.0
