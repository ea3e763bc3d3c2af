"""`torch.func`: per-sample gradients, ensembles, Jacobians, against one sample at a time."""

from __future__ import annotations

import copy

import pytest
import torch

import elman
from codegen.cells import CELLS, sizes_of

DOUBLE = torch.float64


def cell(name="gru"):
    return elman.module(CELLS[name][0], sizes_of(name, 3, 5), dtype=DOUBLE, backend="fused")


def assert_same(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["tanh", "gru", "lab", "mixed"])
@pytest.mark.parametrize("grad", [True, False])
def test_samples_along_any_axis(name, grad):
    module = cell(name)
    x = torch.randn(4, 2, 6, 3, dtype=DOUBLE)
    with torch.set_grad_enabled(grad):
        found = torch.func.vmap(lambda one: module(one)[0], in_dims=2)(x)
        expected = torch.stack([module(x[:, :, i])[0] for i in range(6)])
    assert_same(found, expected)


def test_samples_of_initial_states():
    module = cell()
    x, first = torch.randn(4, 2, 3, dtype=DOUBLE), torch.randn(6, 2, 5, dtype=DOUBLE)
    found = torch.func.vmap(lambda one: module(x, {"h": one})[1]["h"])(first)
    assert_same(found, torch.stack([module(x, {"h": one})[1]["h"] for one in first]))


def test_gradients_of_each_sample():
    module = cell()
    parameters = dict(module.named_parameters())
    x, wanted = torch.randn(6, 4, 3, dtype=DOUBLE), torch.randn(6, 4, 5, dtype=DOUBLE)

    def loss(values, one, target):
        output, _ = torch.func.functional_call(module, values, (one,))
        return (output - target).square().sum()

    found = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(parameters, x, wanted)
    for i in range(6):
        slopes = torch.autograd.grad(loss(parameters, x[i], wanted[i]), list(parameters.values()))
        for key, slope in zip(parameters, slopes, strict=True):
            assert_same(found[key][i], slope)


def test_gradients_through_samples():
    module = cell()
    x = torch.randn(6, 4, 2, 3, dtype=DOUBLE)
    torch.func.vmap(lambda one: module(one)[0])(x).square().sum().backward()
    found = [parameter.grad.clone() for parameter in module.parameters()]
    module.zero_grad()
    sum(module(one)[0].square().sum() for one in x).backward()
    for one, parameter in zip(found, module.parameters(), strict=True):
        assert_same(one, parameter.grad)


def test_an_ensemble():
    modules = [cell() for _ in range(3)]
    stacked, buffers = torch.func.stack_module_state(modules)
    base = copy.deepcopy(modules[0]).to("meta")
    x = torch.randn(4, 2, 3, dtype=DOUBLE)

    def run(parameters, own):
        return torch.func.functional_call(base, (parameters, own), (x,))[0]

    found = torch.func.vmap(run)(stacked, buffers)
    assert_same(found, torch.stack([module(x)[0] for module in modules]))
    slopes = torch.autograd.grad(found.square().sum(), [stacked["Un"]])[0]
    for module, slope in zip(modules, slopes, strict=True):
        module(x)[0].square().sum().backward()
        assert_same(slope, module.Un.grad)


# torch's own rules for derivatives in forward mode are scripted.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_the_jacobian_and_the_hessian():
    module = elman.module(CELLS["tanh"][0], sizes_of("tanh", 2, 3), dtype=DOUBLE)
    x = torch.randn(3, 2, dtype=DOUBLE)

    def run(value):
        return module(value)[0]

    expected = torch.autograd.functional.jacobian(run, x)
    assert_same(torch.func.jacrev(run)(x), expected)
    assert_same(torch.func.jacfwd(run)(x), expected)

    def loss(value):
        return module(value)[0].square().sum()

    hessian = torch.autograd.functional.hessian(loss, x)
    assert_same(torch.func.jacrev(torch.func.jacrev(loss))(x), hessian)
    assert_same(torch.func.hessian(loss)(x), hessian)
