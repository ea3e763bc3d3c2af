"""Texts become statements; both printed spellings read back as the same ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from elman.equations import parse_statements, to_latex, to_latex_lines, to_plain
from elman.errors import EquationSyntaxError, Source, SourceErrorGroup
from strategies import recurrences


def read(text: str) -> str:
    """What a text says, in canonical plain spelling."""
    return to_plain(parse_statements(Source(text)))


MIXED = "h_t = tanh(W h_{t-1} + U x_t + b)"


@pytest.mark.parametrize(
    "text",
    [
        MIXED,
        r"h_t = \tanh(W h_{t-1} + U x_t + b)",
        r"$$h_t = \tanh(Wh_{t-1} + Ux_t + b)$$",
        r"\[ h_t = \tanh\left(W h_{t-1} + U x_t + b\right) \]",
        r"\begin{equation} h_t = \tanh (W h_{t-1} + U x_t + b). \end{equation}",
        r"h_{t} &= \tanh{(W \cdot h_{t-1} + U @ x_t + b)} \tag{1}",
        "h[t] = tanh(W h[t-1] + U x[t] + b)",
        "hₜ = tanh(W hₜ₋₁ + U xₜ + b)",
        r"h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)} + b)",
        r"\mathbf{h}_t = \tanh(\mathbf{W} \mathbf{h}_{t-1} + \mathbf{U}\mathbf{x}_t + \mathbf{b})",
        r"\boldsymbol h_t = \operatorname{tanh}(\bm{W} h_{t-1} + U x_t + b)",
        "h_{t} = tanh(W h_{t - 1} + U x_{t} + b) # the state",
        "h_t = tanh(W h_{t-1}\n  + U x_t\n  + b)",
    ],
)
def test_one_recurrence_in_many_spellings(text):
    assert read(text) == MIXED


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"y_t = W_{xh} x_t", "y_t = W_{xh} x_t"),
        (r"y_t = A_1 x_t", "y_t = A_1 x_t"),
        (r"\tilde h_t = \hat{x}_t", r"\tilde{h}_t = \hat{x}_t"),
        (r"h'_t = h'_{t-1}", "h'_t = h'_{t-1}"),
        (r"h^{(2)}_t = h^{(1)}_t + h^{(2)}_{t-1}", "h^{(2)}_t = h^{(1)}_t + h^{(2)}_{t-1}"),
        (r"y_t = x_t^2", "y_t = x_t^{2}"),
        (r"y_t = e^{-x_t}", "y_t = exp(-x_t)"),
        (r"y_t = \frac{1}{2} x_t", "y_t = (1 / 2) x_t"),
        (r"y_t = \tanh^2 x_t", "y_t = (tanh(x_t))^{2}"),
        (r"y_t = \tanh x_t + 1", "y_t = tanh(x_t) + 1"),
        (r"y_t = W^\top x_t", "y_t = W^T x_t"),
        (r"y_t = W^T x_t", "y_t = W^T x_t"),
        (r"y_t = [x_t, h_t]", "y_t = [x_t, h_t]"),
        (r"y_t = [x_t; h_t]", "y_t = [x_t, h_t]"),
        (r"y_t = a_t \odot b_t * c_t", "y_t = a_t * b_t * c_t"),
        (r"y_t = \|x_t\| + |x_t|", "y_t = norm(x_t) + abs(x_t)"),
        (r"y_t = \sqrt{x_t}", "y_t = sqrt(x_t)"),
        (r"y_t = \sigma(x_t)", "y_t = sigmoid(x_t)"),
        (r"y_t = \sigma x_t", "y_t = sigma x_t"),
        ("L = \\sum_{t=1}^{T} y_t^2", "L = sum_{t} y_t^{2}"),
        ("z = \\prod_i y_i", "z = prod_{i} y_i"),
        ("y_t = x_t\nL = mean(y)", "y_t = x_t\nL = mean_{t} y_t"),
        ("y_t = -x_t - -2", "y_t = -x_t - -2"),
        ("u: [h]", "u: [h]"),
        (r"W \in \mathbb{R}^{h \times x}", "W: [h, x]"),
        ("alpha: scalar", "alpha: scalar"),
        ("init W: orthogonal", "init W: orthogonal"),
        ("freeze W, U", "freeze W, U"),
        ("share W, U", "share W, U"),
        ("y_t = f(x_t)\nf = tanh", "y_t = tanh(x_t)\nf = tanh"),
    ],
)
def test_what_is_read(text, plain):
    assert read(text) == plain


@settings(max_examples=60)
@given(recurrences())
def test_parse_of_print_is_the_identity(example):
    statements = parse_statements(Source(example[0]))
    for text in (
        to_plain(statements),
        to_latex(statements),
        "\n".join(to_latex_lines(statements)),
        to_plain(parse_statements(Source(to_latex(statements)))),
    ):
        assert parse_statements(Source(text)) == statements, text


def test_spans_of_a_statement():
    (equation,) = parse_statements(Source("  h_t = tanh(W h_{t-1} + x_t)"))
    assert equation.span.text == "h_t = tanh(W h_{t-1} + x_t)"
    assert equation.right.span.text == "tanh(W h_{t-1} + x_t)"
    assert equation.right.arguments[0].left.span.text == "W h_{t-1}"


def test_errors_of_independent_statements_come_together():
    with pytest.raises(SourceErrorGroup) as raised:
        parse_statements(Source("h_t = tanh()\ny_t = x_t +\nz_t = foo(x_t)"))
    assert len(raised.value.errors) == 3
    lines = [error.span.source.position(error.span.start)[0] for error in raised.value.errors]
    assert lines == [1, 2, 3]


def test_an_empty_text_is_an_error():
    with pytest.raises(EquationSyntaxError, match="there is no equation"):
        parse_statements(Source("# nothing\n\n$$ $$"))


def test_a_prime_at_the_end_of_a_left_side_is_read_once():
    # The token after the last one of a left side ends it; it was the last one again.
    text = "f'_t = tanh(f'_{t-1} + x_t); f' = 1"
    assert read(text).splitlines() == text.split("; ")
