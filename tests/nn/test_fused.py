"""Modules with compiled kernels: the same numbers as without, and honest about where they apply."""

from __future__ import annotations

import copy
import gc
import pickle

import pytest
import torch
from hypothesis import given, settings

import elman
from codegen.cells import CELLS, sizes_of
from elman.errors import BackendUnavailableError
from strategies import dims, recurrences

DOUBLE = torch.float64


def pair(text, sizes, outputs=None, dtype=DOUBLE, **more):
    """One recurrence with kernels and without, with the same parameters."""
    fused = elman.module(text, sizes, outputs, dtype=dtype, backend="fused", **more)
    eager = elman.module(text, sizes, outputs, dtype=dtype, backend="eager", **more)
    eager.load_state_dict(fused.state_dict())
    return fused, eager


def arguments(module, steps, batch, dtype=DOUBLE):
    """Random inputs and initial states, all with gradients."""
    own = {key: [d.size for d in shape] for key, shape in module.shapes.items()}
    inputs = {
        key: torch.randn(steps, batch, *own[key], dtype=dtype).requires_grad_()
        for key in module.recurrence.inputs
    }
    states = {}
    for key in module.recurrence.states:
        depth = max(abs(lag) for lag in module.recurrence.lags(key))
        lead = (depth,) if depth > 1 else ()
        states[key] = torch.randn(*lead, batch, *own[key], dtype=dtype).requires_grad_()
    return inputs, states


def results(module, inputs, states):
    """The outputs, the final states, and the gradients of a loss over both."""
    output, final = module(inputs, states)
    values = [*(output.values() if isinstance(output, dict) else [output]), *final.values()]
    torch.manual_seed(0)
    loss = sum((value * torch.randn_like(value)).sum() for value in values)
    targets = [*inputs.values(), *states.values(), *module.parameters()]
    slopes = torch.autograd.grad(loss, targets, allow_unused=True)
    return values, [
        torch.zeros_like(target) if slope is None else slope
        for target, slope in zip(targets, slopes, strict=True)
    ]


def assert_same(fused, eager, inputs, states):
    for found, expected in zip(
        results(fused, inputs, states), results(eager, inputs, states), strict=True
    ):
        scale = max((float(e.detach().abs().max()) for e in expected if e.numel()), default=0.0)
        for one, other in zip(found, expected, strict=True):
            assert one.shape == other.shape
            if one.numel():
                assert (one - other).abs().max() <= 1e-12 * max(scale, 1.0)


ALIKE = {
    "two names of one state": "c_t = tanh(W h_{t-1} + U x_t + c_{t-1}); h_t = c_t",
    "one of them read two steps back": (
        "c_t = tanh(W h_{t-2} + U x_t + c_{t-1}); h_t = c_t; y_t = V h_t"
    ),
    "two names of one input": "a_t = x_t; b_t = x_t; h_t = tanh(a_{t-1} + V b_{t-1} + W h_{t-1})",
    "two states whose cotangents are one": (
        "a_t = tanh(W (a_{t-1} + b_{t-1}) + U x_t); b_t = sigmoid(W (a_{t-1} + b_{t-1}) - U x_t)"
    ),
}


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_what_is_one_value_at_every_step_has_two_initial_values(text):
    names = {*elman.parse(text).states, *elman.parse(text).inputs, *elman.parse(text).outputs}
    fused, eager = pair(text, dict.fromkeys(names, 3))
    for steps in (1, 2, 7):
        assert_same(fused, eager, *arguments(fused, steps, 2))


@pytest.mark.parametrize("name", CELLS)
def test_equal_to_eager(name):
    fused, eager = pair(CELLS[name][0], sizes_of(name, 3, 5), init="normal(0.2)")
    for steps, batch in [(0, 2), (1, 1), (2, 5), (63, 3), (4, 0)]:
        assert_same(fused, eager, *arguments(fused, steps, batch))


@settings(max_examples=12)
@given(recurrences(smooth=True, max_lag=2), dims())
def test_random_recurrences(recurrence, dims):
    text, sizes = recurrence
    parsed = elman.parse(text)
    outputs = [key for key in parsed.outputs if key not in parsed.totals] or [parsed.states[-1]]
    fused, eager = pair(parsed, sizes, outputs)
    assert_same(fused, eager, *arguments(fused, *dims))


@pytest.mark.parametrize("name", ["tanh", "gru", "mixed"])
def test_first_and_second_derivatives(name):
    fused, _ = pair(CELLS[name][0], sizes_of(name, 2, 3), init="normal(0.3)")
    inputs, states = arguments(fused, 3, 2)
    keys = [key for key, _ in fused.named_parameters()]

    def run(*values):
        count = len(inputs)
        given = dict(zip(inputs, values[:count], strict=True))
        first = dict(zip(states, values[count : count + len(states)], strict=True))
        parameters = dict(zip(keys, values[count + len(states) :], strict=True))
        output, final = torch.func.functional_call(fused, parameters, (given, first))
        return output, *final.values()

    values = (*inputs.values(), *states.values(), *fused.parameters())
    assert torch.autograd.gradcheck(run, values)
    assert torch.autograd.gradgradcheck(run, values)


def test_without_gradients_nothing_is_kept():
    fused, eager = pair(CELLS["lstm"][0], sizes_of("lstm", 3, 5))
    x = torch.randn(6, 2, 3, dtype=DOUBLE)
    with torch.no_grad():
        output, final = fused(x)
        expected, expected_final = eager(x)
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-14)
    torch.testing.assert_close(final, expected_final, rtol=0, atol=1e-14)


def test_inputs_of_any_layout():
    fused, eager = pair(CELLS["tanh"][0], sizes_of("tanh", 3, 5), batch_first=True)
    x = torch.randn(4, 3, 7, dtype=DOUBLE).transpose(1, 2)[:, ::2]
    torch.testing.assert_close(fused(x)[0], eager(x)[0], rtol=0, atol=1e-14)
    torch.testing.assert_close(fused(x[0])[0], eager(x[0])[0], rtol=0, atol=1e-14)


def test_the_gradient_of_a_sum_is_no_obstacle():
    # Its cotangent is one number, expanded.
    fused, eager = pair(CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    for module in (fused, eager):
        module(x)[0].sum().backward()
    for one, other in zip(fused.parameters(), eager.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_runs_in_float32(dtype):
    fused, _ = pair(CELLS["gru"][0], sizes_of("gru", 3, 5), dtype=torch.float32)
    x = torch.randn(4, 2, 3)
    expected = fused(x)[0].to(dtype)
    output = fused.to(dtype)(x.to(dtype))[0]
    assert output.dtype == dtype
    torch.testing.assert_close(output, expected, rtol=0, atol=2e-2)


def test_frozen_parameters_get_no_gradient():
    fused, _ = pair("freeze U\n" + CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    fused(torch.randn(4, 2, 3, dtype=DOUBLE))[0].sum().backward()
    assert fused.U.grad is None and fused.W.grad is not None


def test_parameters_changed_in_place_are_seen():
    fused, eager = pair(CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    fused(x)
    for module in (fused, eager):
        module.U.data.mul_(3)
    torch.testing.assert_close(fused(x)[0], eager(x)[0], rtol=0, atol=1e-13)


def test_copies_and_pickles_compute_the_same():
    fused, _ = pair(CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    expected = fused(x)[0]
    assert torch.equal(copy.deepcopy(fused)(x)[0], expected)
    program = pickle.loads(pickle.dumps(fused.program))
    assert program.backend == "fused" and not program.reason


def test_gradients_outlive_the_module():
    fused, _ = pair(CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    x = torch.randn(4, 2, 3, dtype=DOUBLE, requires_grad=True)
    output = fused(x)[0]
    del fused
    gc.collect()
    output.sum().backward()
    assert x.grad is not None


MATRIX = "S_t = 0.5 S_{t-1} + x_t x_t^T; y_t = S_t x_t"


def test_what_has_no_kernel_runs_eagerly_and_says_why():
    module = elman.module(MATRIX, sizes={"x": 3})
    assert "matrix" in module.backend_reason
    assert "matrix" in module.explain()
    assert module(torch.randn(4, 2, 3))[0].shape == (4, 2, 3)
    with pytest.raises(BackendUnavailableError, match="matrix"):
        elman.module(MATRIX, sizes={"x": 3}, backend="fused")


def test_explain_speaks_in_the_users_names():
    module = elman.module(CELLS["lstm"][0], sizes_of("lstm", 3, 5))
    assert module.backend_reason == ""
    assert "sum0 += Wi · x[t]" in module.explain()
    assert "dUi" in module.explain()


def test_an_unknown_back_end_is_refused():
    with pytest.raises(ValueError, match="'quick'; choose among auto, fused, eager"):
        elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5), backend="quick")


def test_the_least_memory_gives_the_same_gradients_and_survives_copies():
    sizes = sizes_of("lstm", 3, 5)
    cell = elman.module(CELLS["lstm"][0], sizes, dtype=DOUBLE, backend="fused", memory="least")
    assert "i: [5], given" not in cell.explain()
    _, eager = pair(CELLS["lstm"][0], sizes)
    eager.load_state_dict(cell.state_dict())
    inputs, states = arguments(cell, 4, 2)
    for same in (cell, copy.deepcopy(cell)):
        assert same.program.memory == "least"
        assert_same(same, eager, inputs, states)


def test_an_unknown_choice_of_memory_is_refused():
    with pytest.raises(ValueError, match="'little'; choose among fast, balanced, least"):
        elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5), memory="little")


def test_calls_without_a_kernel_are_named():
    fused = elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5), backend="fused", device="meta")
    with pytest.raises(BackendUnavailableError, match="on meta"):
        fused(torch.randn(4, 2, 3, device="meta"))


def test_a_module_says_where_it_has_no_kernel():
    module = elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    assert module.backend_reason == "" and "kernel" not in repr(module)
    module.to("meta")
    assert "meta" in module.backend_reason and "without a compiled kernel" in repr(module)


# torch's own rules for derivatives in forward mode are scripted.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_forward_mode_derivatives_run_eagerly():
    module = elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5), dtype=DOUBLE)
    x = torch.randn(4, 2, 3, dtype=DOUBLE)

    def loss(value):
        return module(value)[0].square().sum()

    _, slope = torch.func.jvp(loss, (x,), (torch.ones_like(x),))
    torch.testing.assert_close(slope, torch.func.grad(loss)(x).sum(), rtol=0, atol=1e-13)
    fused = elman.module(CELLS["tanh"][0], sizes_of("tanh", 3, 5), dtype=DOUBLE, backend="fused")
    with pytest.raises(BackendUnavailableError, match="forward mode"):
        torch.func.jvp(lambda value: fused(value)[0], (x,), (torch.ones_like(x),))


def test_starts_of_the_text_are_final_states_of_short_sequences():
    text = "h_t = tanh(h_{t-1} + 0.5 h_{t-2} + x_t); h_0 = s; h_{-1} = 2 r"
    sizes = {"x": 2, "h": 2}
    fused, eager = pair(text, sizes, init="normal(1.0)")
    for steps in (0, 1):
        x = torch.randn(steps, 3, 2, dtype=DOUBLE)
        final = fused(x)[1]["h"]
        older = (fused.s, 2 * fused.r)[: 2 - steps]
        for found, start in zip(final[steps:], older, strict=True):
            torch.testing.assert_close(found, start.expand(3, 2), rtol=0, atol=0)
        torch.testing.assert_close(final, eager(x)[1]["h"], rtol=0, atol=0)
    fused(x)[1]["h"].sum().backward()
    assert fused.s.grad is not None and bool((fused.s.grad != 0).all())


def test_parametrized_parameters_are_trained():
    fused, _ = pair(CELLS["tanh"][0], sizes_of("tanh", 3, 5))
    x = torch.randn(4, 2, 3, dtype=DOUBLE)
    expected = fused(x)[0]
    torch.nn.utils.parametrizations.weight_norm(fused, "U")
    torch.testing.assert_close(fused(x)[0], expected, rtol=0, atol=1e-14)
    fused(x)[0].sum().backward()
    assert fused.parametrizations.U.original1.grad is not None
