"""Operations are written in the user's names at their steps."""

from __future__ import annotations

import pytest

from elman.ir import parse
from elman.paper.values.formula import FormulaWriter


def formula(text: str, key: str = "h", step: int | None = 2, **sizes: int) -> str:
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    node = {**graph.definitions, **graph.derived, **graph.totals}[key]
    return FormulaWriter(recurrence, graph).formula(node, step)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("h_t = tanh(a x_t + b h_{t-1} + c)", "tanh(a x_2 + b h_1 + c)"),
        ("h_t = a - (b - h_{t-1})", "a - (b - h_1)"),
        ("h_t = (a + x_t) / (b h_{t-1})", "(a + x_2) / (b h_1)"),
        ("h_t = -h_{t+1}^2", "-h_3^2"),
        ("h_t = h_{t-3} + 0.5 x_t", "h_{-1} + 0.5 x_2"),
        ("h_t = max(x_t, 0) + |x_t|", "max(x_2, 0) + |x_2|"),
        ("h_t = W_{xh} x_t", "W_{xh} x_2"),
        ("h_t = (a + b) x_t", "(a + b) x_2"),
        ("h_t = a (b + x_t)", "a * (b + x_2)"),
    ],
)
def test_scalars(text, written):
    assert formula(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("h_t = W h_{t-1} + U x_t", "W h_1 + U x_2"),
        ("h_t = x_t U + h_{t-1} W", "x_2 U + h_1 W"),
        ("h_t = W h_{t-1} * (U x_t)", "W h_1 * U x_2"),
        ("h_t = W^T h_{t-1} + U x_t", "W^T h_1 + U x_2"),
        ("h_t = W [h_{t-1}, x_t]", "W [h_1, x_2]"),
    ],
)
def test_vectors(text, written):
    assert formula(text, x=2, h=3) == written


def test_named_parts_appear_by_name():
    text = "tau_t = W h_{t-1} + U x_t; h_t = tanh(tau_t); L = \\sum_t h_t^2"
    assert formula(text) == "tanh(tau_2)"
    assert formula(text, "L", None) == "sum over t of h_t^2"


def test_without_a_step_time_is_t():
    assert formula("h_t = a h_{t-1} + x_{t-2}", step=None) == "a h_{t-1} + x_{t-2}"


def test_names_at_steps():
    recurrence = parse("h^{(2)}_t = W h^{(2)}_{t-1}; y_t = h^{(2)}_t")
    writer = FormulaWriter(recurrence, recurrence.typed())
    assert writer.name("y", 3) == "y_3"
    assert writer.name("y", None) == "y_t"
    assert writer.name("W", 3) == "W"
