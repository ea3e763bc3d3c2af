"""Types and devices of what a module is given."""

from __future__ import annotations

import pytest
import torch

import elman
from elman.nn.alike import make_alike

TANH = "h_t = tanh(W x_t + U h_{t-1} + b)"
SIZES = {"x": 3, "h": 5}


@pytest.mark.parametrize("backend", ["auto", "fused", "eager"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_another_type_is_an_error_that_names_both(backend, dtype):
    cell = elman.module(TANH, SIZES, backend=backend)
    wrong = torch.zeros(4, 2, 3, dtype=dtype)
    with pytest.raises(ValueError, match=f"input x has dtype {dtype}, the parameter W has .*32"):
        cell(wrong)
    with pytest.raises(ValueError, match=f"initial state of h has dtype {dtype}"):
        cell(torch.zeros(4, 2, 3), {"h": torch.zeros(2, 5, dtype=dtype)})


def test_a_parameter_of_another_type_is_named():
    cell = elman.module(TANH, SIZES)
    cell.U.data = cell.U.data.double()
    with pytest.raises(ValueError, match=r"parameter U has dtype torch.float64, the parameter W"):
        cell(torch.zeros(4, 2, 3))


def test_another_device_is_an_error_that_names_both():
    cell = elman.module(TANH, SIZES)
    with pytest.raises(ValueError, match="input x is on meta, the parameter W on cpu"):
        cell(torch.zeros(4, 2, 3, device="meta"))


def test_nothing_given_is_nothing_wrong():
    assert make_alike(("the parameter {}", {})) == [{}]


@pytest.mark.parametrize("backend", ["fused", "eager"])
def test_autocast_computes_in_the_type_of_the_parameters(backend):
    cell = elman.module(TANH, SIZES, backend=backend)
    x = torch.randn(4, 2, 3).bfloat16()
    expected = cell(x.float())[0]
    first = torch.zeros(2, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, final = cell(x, {"h": first})
    assert output.dtype == final["h"].dtype == torch.float32
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-6)
    output.sum().backward()
    assert cell.U.grad.dtype == torch.float32
