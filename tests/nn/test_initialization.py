"""Starts by name, as they arrive in a module."""

from __future__ import annotations

import pytest
import torch

import elman
from elman.nn import initialize

LAB = "h_t = tanh(x_t W_x + h_{t-1} W_h + b_h)\ny_t = h_t W_y + b_y"
SIZES = {"x": 30, "h": 200, "y": 10}


def test_the_labs_start() -> None:
    cell = elman.module(LAB, SIZES, init="lab")
    assert not cell.bh.any() and not cell.by.any()
    for weight in (cell.Wx, cell.Wh, cell.Wy):
        assert float(weight.detach().std()) == pytest.approx(0.01, rel=0.1)


def test_orthogonal_makes_only_recurrent_matrices_orthogonal() -> None:
    cell = elman.module(LAB, SIZES, init="orthogonal", dtype=torch.float64)
    identity = torch.eye(200, dtype=torch.float64)
    torch.testing.assert_close(cell.Wh @ cell.Wh.T, identity, rtol=0, atol=1e-12)
    bound = (6 / (30 + 200)) ** 0.5
    assert 0.9 * bound < float(cell.Wx.detach().abs().max()) <= bound
    assert not cell.bh.any()


def test_identity_and_torch() -> None:
    cell = elman.module(LAB, SIZES, init="identity")
    torch.testing.assert_close(cell.Wh.detach(), torch.eye(200))
    initialize(cell, "torch")
    bound = 200**-0.5
    for value in cell.parameters():
        assert 0.7 * bound < float(value.detach().abs().max()) <= bound


def test_fan_in_follows_the_side_on_which_a_matrix_stands() -> None:
    column = elman.module("h_t = tanh(W h_{t-1} + U x_t)", {"x": 400, "h": 50}, init="kaiming")
    row = elman.module("h_t = tanh(h_{t-1} W + x_t U)", {"x": 400, "h": 50}, init="kaiming")
    transposed = elman.module(
        r"h_t = tanh(W h_{t-1} + x_t U^\top)", {"x": 400, "h": 50}, init="kaiming"
    )
    for cell in (column, row, transposed):
        assert float(cell.U.detach().std()) == pytest.approx((2 / 400) ** 0.5, rel=0.05)


def test_single_parameters_by_any_spelling() -> None:
    text = "init c: 2\nf_t = \\sigma(W_f x_t + b_f)\nh_t = f_t * h_{t-1} + c"
    cell = elman.module(text, {"x": 2, "h": 3}, init={"*": "orthogonal", "b_f": 3})
    assert cell.bf.tolist() == [3.0] * 3
    assert cell.c.tolist() == [2.0] * 3
    initialize(cell, {"b_{f}": "normal(0.5)", "c": "zeros"})
    assert cell.c.tolist() == [0.0] * 3


@pytest.mark.parametrize(
    ("init", "message"),
    [
        ("ortogonal", "did you mean 'orthogonal'"),
        ("normal", r"write normal\(0\.1\)"),
        ({"W_z": "zeros"}, "not a parameter; the parameters are Wx, Wh"),
    ],
)
def test_unknown_starts_are_refused(init: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        elman.module(LAB, SIZES, init=init)  # type: ignore[arg-type]


def test_a_generator_makes_the_start_repeatable() -> None:
    cell = elman.module(LAB, SIZES)
    draws = []
    for _ in range(2):
        initialize(cell, "xavier", torch.Generator().manual_seed(5))
        draws.append(cell.Wh.detach().clone())
    assert torch.equal(*draws)
