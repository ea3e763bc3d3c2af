"""The shortest way of a call: taken where it may be, and equal to the general one."""

from __future__ import annotations

import copy
import gc
import importlib
import io

import pytest
import torch
from torch.utils.checkpoint import checkpoint

import elman
from codegen.cells import CELLS, sizes_of
from elman.nn import direct

DOUBLE = torch.float64
# `elman.nn.module` is the function of that name.
MODULE = importlib.import_module("elman.nn.module")


def cell_of(name="tanh", **more):
    more.setdefault("dtype", DOUBLE)
    return elman.module(CELLS[name][0], sizes_of(name, 3, 5), backend="fused", **more)


def slopes_of(module, x, initial_state=None):
    output, final = module(x, initial_state)
    values = [output, *final.values()]
    loss = sum((value * (i + 1)).square().sum() for i, value in enumerate(values))
    targets = [v for v in [x, *(initial_state or {}).values()] if v.requires_grad]
    return values, torch.autograd.grad(loss, [*targets, *module.parameters()])


@pytest.fixture
def generally(monkeypatch):
    """Runs something the general way, through torch's operators."""

    def run(function, *args):
        with monkeypatch.context() as patch:
            patch.setattr(MODULE, "is_plain", lambda: False)
            return function(*args)

    return run


@pytest.mark.parametrize(
    ("name", "batch_first", "lead"),
    [
        *((name, False, (4, 2)) for name in CELLS),
        ("mixed", True, (4, 2)),
        ("tanh", True, (4, 1)),
        ("softmax", False, (4,)),
        ("gru", True, (4,)),
    ],
)
def test_equal_to_the_general_way(name, batch_first, lead, generally):
    cell = cell_of(name, batch_first=batch_first)
    shape = lead[::-1] if batch_first else lead
    x = torch.randn(*shape, 3, dtype=DOUBLE, requires_grad=True)
    _, final = cell(x.detach())
    states = {key: torch.randn_like(value).requires_grad_() for key, value in final.items()}
    for first in (None, states, dict([*states.items()][:1])):
        expected = generally(slopes_of, cell, x, first)
        for _ in range(2):  # of a new kind, and of a known one
            torch.testing.assert_close(slopes_of(cell, x, first), expected, rtol=0, atol=0)
        with torch.no_grad():
            torch.testing.assert_close(cell(x, first), generally(cell, x, first), rtol=0, atol=0)


def test_plain_calls_need_no_operator(monkeypatch):
    cell = cell_of()
    x = torch.randn(4, 2, 3, dtype=DOUBLE, requires_grad=True)
    slopes_of(cell, x)
    monkeypatch.setattr(cell._reader, "read", lambda *_: pytest.fail("checked again"))
    monkeypatch.setattr(cell.program, "run", lambda *_: pytest.fail("went the general way"))
    slopes_of(cell, x)


def test_modes_and_transformations_are_not_plain():
    assert direct.is_plain()
    with torch.autocast("cpu"):
        assert not direct.is_plain()
    with torch.device("meta"):
        assert not direct.is_plain()
    with torch.autograd.forward_ad.dual_level():
        assert not direct.is_plain()
    with torch._subclasses.FakeTensorMode():
        assert not direct.is_plain()
    seen = []
    torch.func.vmap(lambda v: seen.append(direct.is_plain()) or v)(torch.zeros(2))
    assert seen == [False] and direct.is_plain()


def test_each_kind_of_call_is_its_own():
    cell = cell_of()
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    expected = cell(x)[0]
    with torch.no_grad():
        assert not cell(x)[0].requires_grad
    cell.requires_grad_(False)
    assert not cell(x)[0].requires_grad
    inner = x.clone().requires_grad_()
    cell(inner)[0].sum().backward()
    assert inner.grad is not None and cell.U.grad is None
    cell.requires_grad_(True)
    other = copy.deepcopy(cell)
    other.batch_first = True
    swapped = other(x.transpose(0, 1))[0].transpose(0, 1)
    torch.testing.assert_close(swapped, expected, rtol=0, atol=0)
    torch.testing.assert_close(other(x[:2])[0], cell(x[:2].transpose(0, 1))[0].transpose(0, 1))
    double = cell.float()(x.float())[0]
    assert double.dtype == torch.float32
    with pytest.raises(ValueError, match=r"the input x has dtype torch.float64, .* torch.float32"):
        cell(x)


def test_wrong_parameters_are_named():
    cell = cell_of()
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    cell(x)
    cell.W.data = torch.zeros(2, 2, dtype=DOUBLE)
    with pytest.raises(ValueError, match=r"the parameter W has shape \[2, 2\], wanted \[5, 3\]"):
        cell(x)
    with pytest.raises(ValueError, match=r"the parameter U has shape \[5\], wanted \[5, 5\]"):
        torch.func.functional_call(cell_of(), {"U": torch.zeros(5, dtype=DOUBLE)}, (x,))


def test_gradients_do_not_share_memory():
    text = "h_t = tanh(W x_t + b + U h_{t-1} + c) + 0.5 u_t + 0.5 v_t"
    cell = elman.module(text, {"x": 3, "h": 5, "u": 5, "v": 5}, dtype=DOUBLE, backend="fused")
    given = {
        key: torch.randn(4, 2, size, dtype=DOUBLE, requires_grad=True)
        for key, size in {"x": 3, "u": 5, "v": 5}.items()
    }
    cell(given)[0].sum().backward()
    slopes = [p.grad for p in cell.parameters()] + [v.grad for v in given.values()]
    assert len({slope.untyped_storage().data_ptr() for slope in slopes}) == len(slopes)
    torch.testing.assert_close(cell.b.grad, cell.c.grad, rtol=0, atol=0)
    torch.testing.assert_close(given["u"].grad, given["v"].grad, rtol=0, atol=0)


def test_changed_outputs_are_noticed():
    cell = cell_of()
    x = torch.randn(4, 2, 3, dtype=DOUBLE, requires_grad=True)
    output = cell(x)[0]
    with torch.no_grad():
        output.detach().mul_(2)  # shares the memory that the gradients read
    with pytest.raises(RuntimeError, match="modified inplace"):
        output.sum().backward()


def test_checkpointed_segments():
    cell = cell_of("lstm")
    x = torch.randn(4, 2, 3, dtype=DOUBLE, requires_grad=True)
    expected = slopes_of(cell, x)[1]
    output, final = checkpoint(cell, x, use_reentrant=False)
    values = [output, *final.values()]
    loss = sum((value * (i + 1)).square().sum() for i, value in enumerate(values))
    found = torch.autograd.grad(loss, [x, *cell.parameters()])
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_whole_module_is_pickled():
    cell = cell_of("lstm")
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    expected = cell(x)[0]
    file = io.BytesIO()
    torch.save(cell, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x)[0], expected)


def test_modules_are_freed():
    cell = cell_of()
    cell(torch.randn(4, 2, 3, dtype=DOUBLE))[0].sum().backward()
    program = cell.program
    plans = list(program._plans.values())
    assert plans
    number = plans[0].number
    del cell, program, plans
    gc.collect()
    with pytest.raises(KeyError):
        direct.plan_of(number)
