"""What is written runs, without elman, and agrees with the interpreter."""

from __future__ import annotations

import ast
import inspect
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings

import corpus
from elman.cells import names, read_cell
from elman.equations.names import step_key
from elman.errors import ShapeError
from elman.ir import evaluate, parse
from elman.paper.code.names import choose_identifiers
from elman.paper.code.source import write_code
from elman.paper.values.given import starts_read
from oracles import assert_close, random_values
from strategies import recurrences

STEPS = 5
EVERY_FUNCTION = (
    "h_t = tanh(x_t) + sigmoid(x_t) + relu(x_t) + leaky_relu(x_t) + elu(x_t) + gelu(x_t)\n"
    "k_t = silu(x_t) + softplus(x_t) + softsign(x_t) + hard_sigmoid(x_t) + sign(x_t)\n"
    "l_t = exp(x_t) + log(1 + x_t^2) + sqrt(x_t^2) + sin(x_t) + cos(x_t) + |x_t|\n"
    "m_t = min(x_t, a) + max(x_t, 0) + clip(x_t, -1, 1) + softmax(x_t) + layernorm(x_t)\n"
    "s_t = sum(x_t) + mean(x_t) + max(x_t) + min(x_t) + norm(x_t) + h_t^T k_t\n"
    "a: [x]; h: [x]"
)
TOTALS = (
    "h_t = h_{t-1} + dt tanh(W h_{t-1} + x_t); dt = 0.1; y_t = h_t; g = exp(0.5) + T\n"
    "L = \\frac{1}{T} \\sum_t sum(y_t^2) + g; M = max(y); P = \\prod_t sum(y_t)\n"
    "W: [h, h]; dt: scalar"
)
PYTHON_NAMES = (
    r"\lambda_t = a \lambda_{t-1} + np_t + \mathit{print}_t; L = \sum_t \lambda_t; "
    r"\mathit{forward}_t = \mathit{batch} \lambda_t + \mathit{train}"
)
TRICKY = {
    "every function": (
        EVERY_FUNCTION,
        {"x": 3},
    ),
    "orders and starts": (
        "h_t = tanh(W h_{t-1} + V h_{t-3} + U x_{t-2} + b); h_0 = s; W: [h, h]; y_t = h_{t+2}",
        {"x": 2, "h": 3},
    ),
    "scalars beside vectors": (
        "h_t = a_t * tanh(W h_{t-1} + u x_t); a_t = sigmoid(w^T h_{t-1} + x_t); x: scalar",
        {"h": 3},
    ),
    "fast weights": (
        "A_t = 0.9 A_{t-1} + k_t v_t^T; y_t = A_t q_t; k: [n]; v: [m]; q: [m]; A: [n, m]",
        {"n": 2, "m": 3},
    ),
    "constants and totals": (
        TOTALS,
        {"x": 3, "h": 3},
    ),
    "names of Python": (
        PYTHON_NAMES,
        {},
    ),
    "shared and frozen": (
        "h_t = tanh(A h_{t-1} + B x_t); share A, B; freeze A",
        {"x": 3, "h": 3},
    ),
    "joined": ("h_t = W [h_{t-1}, x_t, a]; a: [m]", {"x": 2, "h": 3, "m": 2}),
    "no input": ("h_t = W h_{t-1}; h_0 = s", {"h": 3}),
    "look ahead twice": ("y_t = z_{t+1} x_t; z_t = x_{t+1} + x_{t-1}; w_t = y_{t-1} + z_t", {}),
}


def prepared(text, sizes, framework, batch=None):
    """Returns what the source defines, its identifiers, and values for the recurrence."""
    recurrence = parse(text)
    source = write_code(recurrence, sizes, framework=framework)
    assert imported(source) <= {"math", "numpy", "torch"}, source
    space = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(source, "written.py", "exec"), space)
    values = random_values(recurrence, sizes, STEPS, batch=batch, seed=11)
    for group in recurrence.shared:
        values.update(dict.fromkeys(group, values[group[0]]))
    graph = recurrence.typed(sizes)
    for key, steps in starts_read(graph, STEPS).items():
        if key in recurrence.states and (key, 0) not in graph.starts:
            shape = [dim.size for dim in graph.definitions[key].shape]
            shape = shape if batch is None else [batch, *shape]
            for step in steps:
                values[step_key(key, step)] = np.random.default_rng(step % 97).normal(size=shape)
    keys = [*graph.inputs, *graph.definitions, *graph.parameters, *graph.derived, *graph.totals]
    return recurrence, graph, space, choose_identifiers(keys), values


def run_numpy(text, sizes):
    _, graph, space, names, values = prepared(text, sizes, "numpy")
    wanted = inspect.signature(space["forward"]).parameters
    called = {names[key]: values[key] for key in (*graph.inputs, *graph.parameters)}
    called = {name: value for name, value in called.items() if name in wanted}
    if "T" in wanted:
        called["T"] = STEPS
    starts = {key: value for key, value in values.items() if key not in names}
    compare(space["forward"](**called, initial=starts), graph, values)


def run_torch(text, sizes, batch=None):
    recurrence, graph, space, names, values = prepared(text, sizes, "torch", batch)
    module = space["Recurrence"]().double()
    tensors = {key: torch.as_tensor(np.array(value)) for key, value in values.items()}
    module.load_state_dict(
        {names[key]: tensors[key] for key in graph.parameters if hasattr(module, names[key])}
    )
    inputs = [tensors[key] for key in graph.inputs] or [STEPS]
    starts = {key: value for key, value in tensors.items() if key not in names}
    found = module(*inputs, initial=starts)
    assert {key for key in recurrence.frozen if hasattr(module, names[key])} == {
        key for key, name in names.items() if key in graph.parameters
        and hasattr(module, name) and not getattr(module, name).requires_grad
    }  # fmt: skip
    compare({key: value.detach().numpy() for key, value in found.items()}, graph, values)


def compare(found, graph, values):
    evaluation = evaluate(graph, values, STEPS)
    expected = {key: evaluation.sequences[key] for key in graph.definitions}
    expected.update({key: evaluation.values[key] for key in graph.totals})
    assert set(found) == set(expected)
    assert_close(found, expected)


def imported(source):
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("entry", corpus.load(), ids=corpus.names())
@pytest.mark.parametrize("batch", [None, 3])
def test_every_text_of_the_corpus(entry, batch):
    if batch is None:
        run_numpy(entry.text, entry.sizes)
    run_torch(entry.text, entry.sizes, batch)


@pytest.mark.parametrize("name", names())
def test_every_cell(name):
    sizes = {"x": 3, "h": 4, "y": 2}
    run_numpy(read_cell(name), sizes)
    run_torch(read_cell(name), sizes, 2)


@pytest.mark.parametrize("name", TRICKY)
def test_what_is_hard_to_write(name):
    run_numpy(*TRICKY[name])
    run_torch(*TRICKY[name])
    run_torch(*TRICKY[name], batch=3)


@settings(max_examples=60)
@given(recurrences())
def test_random_recurrences(example):
    text, sizes = example
    run_numpy(text, sizes)
    run_torch(text, sizes)
    run_torch(text, sizes, batch=2)


def test_gradients_flow_through_what_is_written_for_torch():
    space = {}
    exec(write_code(parse(read_cell("lstm")), {"x": 2, "h": 3, "y": 1}), space)
    module = space["Recurrence"]()
    module(torch.randn(4, 2, 2))["y"].sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_the_lines_are_those_of_the_equations(golden):
    text = read_cell("lstm")
    golden("code/lstm_torch.py.txt", write_code(parse(text), {"x": 28, "h": 128, "y": 10}))
    scalar = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i"
    golden("code/tutorial_numpy.py.txt", write_code(parse(scalar), framework="numpy"))


def test_a_deep_text_is_written_in_lines_that_python_reads():
    inner = "x_t"
    for _ in range(95):
        inner = f"tanh({inner} + 1)"
    run_numpy(f"h_t = {inner}", {})


def test_errors():
    with pytest.raises(ValueError, match="no framework 'jax' to write code for; choose torch or"):
        write_code(parse("h_t = a h_{t-1}"), framework="jax")
    with pytest.raises(ShapeError, match="the size of y is open"):
        write_code(parse(read_cell("gru")), {"x": 2, "h": 3})
