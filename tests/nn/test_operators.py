"""The torch operators: what torch's own checks say, and `torch.compile`."""

from __future__ import annotations

import pytest
import torch

import elman
from codegen.cells import CELLS, sizes_of


def planned(steps=4, batch=3):
    module = elman.module(CELLS["lstm"][0], sizes_of("lstm", 3, 5), backend="fused")
    program = module.program
    tensors = [p.detach() for p in module.parameters()] + [torch.randn(steps, batch, 3)]
    plan = program.plan(torch.float32, (True,) * len(tensors), ())
    return module, plan, tensors


def test_forward_operator():
    _module, plan, tensors = planned()
    torch.library.opcheck(torch.ops.elman.recurrence, (plan.number, 4, 3, tensors))


def test_backward_operator():
    _module, plan, tensors = planned()
    made = torch.ops.elman.recurrence(plan.number, 4, 3, tensors)
    memory = made[: plan.layout.kept]
    given = [torch.randn(4, 3, 5), None, torch.randn(1, 3, 5)]
    torch.library.opcheck(
        torch.ops.elman.recurrence_backward, (plan.number, 4, 3, tensors, memory, given)
    )


# torch itself instantiates the function while it traces.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@pytest.mark.parametrize("backend", ["aot_eager"])
def test_whole_graph_compiles(backend):
    module = elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5), backend="fused")
    x = torch.randn(4, 2, 3, requires_grad=True)
    expected = module(x)[0]
    slopes = torch.autograd.grad(expected.square().sum(), [x, *module.parameters()])
    compiled = torch.compile(module, fullgraph=True, backend=backend)
    output = compiled(x)[0]
    torch.testing.assert_close(output, expected)
    found = torch.autograd.grad(output.square().sum(), [x, *module.parameters()])
    torch.testing.assert_close(found, slopes)
