"""Every operation can be written in both frameworks, in the brackets that Python needs."""

from __future__ import annotations

import pytest

from elman.equations.symbols import FUNCTIONS
from elman.ir import parse
from elman.paper.code.dialects import DIALECTS, ExpressionWriter, is_number


@pytest.mark.parametrize("framework", sorted(DIALECTS))
def test_every_function_that_a_text_can_call_is_written(framework):
    assert set(FUNCTIONS) <= set(DIALECTS[framework].templates)


def expression(text, framework, **sizes):
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    keys = [*graph.inputs, *graph.definitions, *graph.parameters, *graph.derived]
    writer = ExpressionWriter(graph, DIALECTS[framework], {key: key for key in keys}, {}, "x[1]")
    return writer.definition(graph.definitions["h"], own="h")


@pytest.mark.parametrize(
    ("text", "numpy", "torch"),
    [
        ("h_t = a - (b - x_t)", "a - (b - x[t])", "a - (b - x[t])"),
        ("h_t = -x_t^2", "-x[t] ** 2", "-x[t] ** 2"),
        ("h_t = (-x_t)^2", "(-x[t]) ** 2", "(-x[t]) ** 2"),
        ("h_t = a / (b x_t)", "a / (b * x[t])", "a / (b * x[t])"),
        ("h_t = h_{t-1} + x_{t+2}", "h[t - 1] + x[t + 2]", "h[t - 1] + x[t + 2]"),
        ("h_t = max(x_t, 0)", "np.maximum(x[t], 0)", "torch.maximum(x[t], x[1].new_tensor(0))"),
    ],
)
def test_scalars(text, numpy, torch):
    assert (expression(text, "numpy"), expression(text, "torch")) == (numpy, torch)


@pytest.mark.parametrize(
    ("text", "numpy", "torch"),
    [
        ("h_t = W x_t", "W @ x[t]", "x[t] @ W.T"),
        ("h_t = x_t W", "x[t] @ W", "x[t] @ W"),
        ("h_t = V W x_t; W: [4, x]", "V @ (W @ x[t])", "x[t] @ W.T @ V.T"),
        ("h_t = W (x_t * x_{t-1})", "W @ (x[t] * x[t - 1])", "(x[t] * x[t - 1]) @ W.T"),
        ("h_t = W [x_t, x_{t-1}]", "W @ np.hstack([x[t], x[t - 1]])",
         "concat(x[t], x[t - 1]) @ W.T"),
        ("h_t = (x_t^T x_t) W x_t", "x[t] @ x[t] * (W @ x[t])",
         "(x[t] * x[t]).sum(-1)[..., None] * (x[t] @ W.T)"),
    ],
)  # fmt: skip
def test_vectors(text, numpy, torch):
    found = (expression(text, "numpy", x=2, h=3), expression(text, "torch", x=2, h=3))
    assert found == (numpy, torch)


def test_numbers_are_told_from_tensors():
    graph = parse("h_t = (1 / T + 2) x_t + tanh(0.5)").typed()
    found = {node.op: is_number(node) for node in graph.nodes}
    assert found["divide"] and found["steps"]
    assert not found["tanh"] and not found["read"]
