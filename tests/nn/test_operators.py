"""The torch operators: what torch's own checks say, and `torch.compile`."""

from __future__ import annotations

import pytest
import torch
import torch._dynamo.testing

import elman
from codegen.cells import CELLS, sizes_of


@pytest.fixture(autouse=True)
def fresh_compiler():
    """The limit of recompilations counts those of all tests together."""
    torch._dynamo.reset()


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
IGNORED = pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")


def slopes_of(module, run, x):
    targets = [x, *module.parameters()]
    output, final = run(x)
    loss = output.square().sum() + sum(value.sum() for value in final.values())
    return output, torch.autograd.grad(loss, targets)


@IGNORED
@pytest.mark.parametrize("name", ["tanh", "lstm", "bidirectional", "mixed"])
def test_whole_graph_compiles_once_for_all_steps_and_rows(name):
    module = elman.module(CELLS[name][0], sizes_of(name, 3, 5), backend="fused")
    counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(module, fullgraph=True, backend=counter, dynamic=True)
    for steps, batch in [(4, 2), (7, 2), (7, 5), (30, 16), (5, 3)]:
        x = torch.randn(steps, batch, 3, requires_grad=True)
        torch.testing.assert_close(slopes_of(module, compiled, x), slopes_of(module, module, x))
    assert counter.frame_count == 1


@IGNORED
def test_the_first_change_of_sizes_is_the_last_compilation():
    module = elman.module(CELLS["gru"][0], sizes_of("gru", 3, 5), backend="fused")
    counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(module, fullgraph=True, backend=counter)
    for steps, batch in [(4, 2), (7, 3), (8, 5), (30, 16), (5, 9)]:
        x = torch.randn(steps, batch, 3, requires_grad=True)
        torch.testing.assert_close(slopes_of(module, compiled, x), slopes_of(module, module, x))
    assert counter.frame_count == 2


@IGNORED
@pytest.mark.slow
def test_the_default_compiler_of_torch():
    module = elman.module(CELLS["gru"][0], sizes_of("gru", 3, 5), backend="fused")
    compiled = torch.compile(module, fullgraph=True)
    for steps, batch in [(4, 2), (7, 3)]:
        x = torch.randn(steps, batch, 3, requires_grad=True)
        torch.testing.assert_close(slopes_of(module, compiled, x), slopes_of(module, module, x))


def test_gradients_are_kernels_even_where_they_have_gradients(monkeypatch):
    module = elman.module(CELLS["gru"][0], sizes_of("gru", 3, 5), backend="fused")
    x = torch.randn(4, 2, 3, requires_grad=True)
    output = module(x)[0]
    monkeypatch.setattr(module.program.eager, "run", lambda *_, **__: pytest.fail("ran eagerly"))
    (slope,) = torch.autograd.grad(output.square().sum(), x, create_graph=True)
    assert slope.requires_grad


def test_third_derivatives():
    module = elman.module(
        CELLS["tanh"][0], sizes_of("tanh", 2, 3), dtype=torch.float64, backend="fused"
    )
    x = torch.randn(2, 1, 2, dtype=torch.float64, requires_grad=True)

    def second(value):
        first = torch.autograd.grad(module(value)[0].square().sum(), value, create_graph=True)[0]
        return torch.autograd.grad(first.square().sum(), value, create_graph=True)[0]

    assert torch.autograd.gradcheck(second, (x,))
