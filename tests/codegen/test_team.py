"""Threads that do each step together: the same bits, whoever turns up."""

from __future__ import annotations

import pytest
import torch

from codegen.cells import CELLS, sizes_of
from codegen.kernels import run_kernel
from elman.codegen import kernel as kernels
from elman.codegen import threads
from elman.codegen.compiled import CompiledRecurrence
from elman.codegen.eager import EagerProgram
from elman.codegen.kernel import Kernel
from elman.codegen.program import Form
from elman.codegen.team import has_team
from elman.ir import parse
from oracles import random_values

STEPS = 40


@pytest.fixture(autouse=True)
def any_work_pays(monkeypatch, torch_threads):
    monkeypatch.setattr(kernels, "_WORK_OF_A_MEMBER", 1)


def compile_cell(name, hidden, batch, form=Form.APART):
    """A kernel for few rows, what it is given, and what comes out by torch's operations."""
    text, output, _ = CELLS[name]
    sizes = sizes_of(name, 3, hidden)
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float64)
    kernel = Kernel(compiled.forward_program(None, form=form), torch.float64)
    values = random_values(recurrence, sizes, STEPS, batch=batch, scale=0.15)
    tensors = {key: torch.tensor(value) for key, value in values.items()}
    parameters = {key: tensors[key] for key in recurrence.parameters}
    inputs = {key: tensors[key] for key in recurrence.inputs}
    expected = EagerProgram(graph).run(parameters, inputs, {}, steps=STEPS, batch=batch)
    return kernel, (parameters, inputs, [output]), expected.sequences[output]


def teams_of(kernel, batch):
    return [kernel.members(index, STEPS, batch) for index in range(len(kernel.program.loops))]


# One stage a step; two; with a reduction between them; panels that do not divide evenly.
@pytest.mark.parametrize("hidden", [5, 70])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("form", [Form.APART, Form.IN_PLACE])
@pytest.mark.parametrize("name", ["tanh", "lstm", "minimal_gated", "softmax"])
def test_any_number_of_threads_gives_the_same_bits(name, form, batch, hidden):
    kernel, given, expected = compile_cell(name, hidden, batch, form)
    found = []
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        assert max(teams_of(kernel, batch)) == count
        found.append(run_kernel(kernel, *given, steps=STEPS, batch=batch)[0])
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])
    assert torch.allclose(found[0].view_as(expected), expected, rtol=0, atol=1e-12)


def test_a_thread_to_which_nobody_comes_does_it_alone(monkeypatch):
    kernel, given, expected = compile_cell("lstm", 70, 1)
    torch.set_num_threads(2)
    alone = []

    def run(function, address, argument, count):
        alone.append(count)
        function(argument)

    monkeypatch.setattr(threads, "run", run)
    found = run_kernel(kernel, *given, steps=STEPS, batch=1)[0]
    assert 2 in alone
    assert torch.allclose(found.view_as(expected), expected, rtol=0, atol=1e-12)


def test_small_steps_are_done_by_one(monkeypatch):
    monkeypatch.setattr(kernels, "_WORK_OF_A_MEMBER", 20_000)
    torch.set_num_threads(2)
    assert max(teams_of(compile_cell("tanh", 70, 1)[0], 1)) == 1


def test_loops_side_by_side_have_a_thread_each():
    text, output, _ = CELLS["bidirectional"]
    recurrence = parse(text)
    graph = recurrence.typed(sizes_of("bidirectional", 3, 5))
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float64)
    program = compiled.forward_program(None, form=Form.APART)
    assert not any(has_team(program, index) for index in range(len(program.loops)))
