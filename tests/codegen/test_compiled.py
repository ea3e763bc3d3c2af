"""Gradients from compiled adjoints against autograd through the eager back end, in float64."""

from __future__ import annotations

import pytest
import torch

from codegen.cells import CELLS, sizes_of
from elman.codegen.compiled import CompiledRecurrence, Wanted
from elman.codegen.eager import EagerProgram
from elman.codegen.passes import BackwardPass, ForwardPass
from elman.ir import parse
from oracles import random_values


def values_outside(recurrence, graph, steps, batch):
    """Random values of every state at the steps outside 1..T that are read."""
    found = {}
    for state in recurrence.states:
        sizes = [dim.size for dim in graph.definitions[state].shape]
        for lag in recurrence.lags(state):
            for i in range(abs(lag)):
                step = -i if lag > 0 else steps + 1 + i
                value = torch.randn(batch, *sizes, dtype=torch.float64) * 0.5
                found[state, step] = value.requires_grad_()
    return found


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("inputs", "hidden", "kept"),
    [(3, 5, "balanced"), (1, 34, "balanced"), (3, 5, "least"), (1, 34, "fast")],
)
def test_gradients_are_those_of_autograd(name, inputs, hidden, kept):
    text, output, _ = CELLS[name]
    text = text.replace("h_0 = s", "")  # starts are given here
    sizes = sizes_of(name, inputs, hidden)
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float64, kept)
    wanted = Wanted(recurrence.parameters, recurrence.inputs, recurrence.states)
    # The third and fourth have few rows for many steps, the last one more rows than two threads
    # have slices for.
    for steps, batch in [(2, 1), (3, 5), (63, 1), (9, 2), (63, 13), (4, 211)]:
        values = random_values(recurrence, sizes, steps, batch=batch, scale=0.15)
        tensors = {k: torch.tensor(v).requires_grad_() for k, v in values.items()}
        parameters = {key: tensors[key] for key in recurrence.parameters}
        sequences = {key: tensors[key] for key in recurrence.inputs}
        starts = values_outside(recurrence, graph, steps, batch)
        expected = EagerProgram(graph).run(parameters, sequences, starts, steps=steps, batch=batch)
        given = torch.randn_like(expected.sequences[output])
        loss = (expected.sequences[output] * given).sum()
        final = {}
        for state in recurrence.states:
            step = steps if recurrence.lags(state)[-1] > 0 else 1
            final[state, step] = torch.randn_like(expected.at(state, step))
            loss = loss + (expected.at(state, step) * final[state, step]).sum()
        targets = {**parameters, **sequences, **starts}
        sizes_of_pass = {
            "steps": steps,
            "batch": batch,
            "shares": 2 if batch > 1 or steps > 9 else 1,
        }
        forward = ForwardPass(compiled, wanted, list(starts), [], **sizes_of_pass)
        backward = BackwardPass(compiled, wanted, [output], list(final), **sizes_of_pass)
        with torch.no_grad():
            given_parameters = [parameters[key] for key in graph.parameters]
            given_inputs = [_wide(sequences[key], 3) for key in graph.inputs]
            memory = forward.run(given_parameters, given_inputs, list(starts.values())).returned
            found = backward.run(
                given_parameters, given_inputs, memory, [_wide(given, 3)], list(final.values())
            )
        every = {**found.parameters, **found.inputs, **found.starts}
        slopes = torch.autograd.grad(loss, list(targets.values()), allow_unused=True)
        for (key, target), slope in zip(targets.items(), slopes, strict=True):
            slope = torch.zeros_like(target) if slope is None else slope
            got = every.get(key, torch.zeros_like(target)).reshape(target.shape)
            error = (got - slope).abs().max() / slope.abs().max().clamp(min=1e-3)
            assert error <= 1e-12, f"{key} at T={steps}, B={batch}: {error:.1e}"


def _wide(value, ndim):
    """A vector of one entry for a scalar."""
    return value.detach() if value.ndim == ndim else value.detach().unsqueeze(-1)


@pytest.mark.parametrize(
    ("kept", "names"),
    [
        ("fast", {"i", "f", "o", "g", "c", "tanh_c"}),
        ("balanced", {"i", "f", "o", "g", "c"}),
        ("least", {"c"}),
    ],
)
def test_what_is_kept_of_an_lstm(kept, names):
    graph = parse(CELLS["lstm"][0]).typed({"x": 2, "h": 3})
    compiled = CompiledRecurrence(graph, ["h"], ["h", "c"], torch.float32, kept)
    wanted = Wanted(("Wi",), (), ())
    assert {*compiled.adjoint(wanted).residuals} - {"h"} == names


def test_what_is_kept_is_told_with_the_reason():
    graph = parse(CELLS["lstm"][0]).typed({"x": 2, "h": 3})
    wanted = Wanted(("Wi", "Ui", "Wo"), ("x",), ("h", "c"))
    found = CompiledRecurrence(graph, ["h"], ["h", "c"], torch.float32).keeping(wanted)
    assert set(found.anyway) == {"h", "c"}
    assert set(found.kept) == {"i", "f", "o", "g"}
    assert "tanh_c" in found.again
    assert "computed again, as that costs no more than reading it: tanh_c" in found.text()
    least = CompiledRecurrence(graph, ["h"], ["h", "c"], torch.float32, "least").keeping(wanted)
    assert not least.kept and {"i", "f", "o", "g"} <= set(least.again)
    assert 'memory is "least"' in least.text()


@pytest.mark.parametrize("name", CELLS)
def test_the_least_is_outputs_and_states(name):
    text, output, _ = CELLS[name]
    recurrence = parse(text)
    graph = recurrence.typed(sizes_of(name, 3, 5))
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float32, "least")
    wanted = Wanted(recurrence.parameters, recurrence.inputs, recurrence.states)
    kept = {key for _, names in compiled.kept(wanted) for key in names}
    assert kept <= {output, *recurrence.states}
