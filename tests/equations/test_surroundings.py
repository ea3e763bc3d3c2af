"""Prose around formulas becomes spaces; the formulas keep every character in its place."""

from __future__ import annotations

import pytest

from elman.equations.surroundings import formulas_only


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("We write $y = x$.", "$y = x$."),
        ("We write $y = x$, where $x$ is given.", "$y = x$ $ $"),
        ("where $W \\in R$ and $U \\in R$", "$W \\in R$ $U \\in R$"),
        ("**Forget gate:** $f = x$", "$f = x$"),
        ("Forget gate: f = x", "f = x"),
        ("1. Forget gate: f = x", "f = x"),
        ("where:\ny = x", "y = x"),
        ("```python\ny = x\n```", "y = x"),
        ("`y = x`", "$y = x$"),
        (r"Then \( y = x \) holds", "$  y = x  $"),
        ("Then\n$$\ny = x\n$$\nholds for all steps", "$$ y = x $$"),
        (r"y = x \quad z = y", "y = x ;     z = y"),
        ("h^t = a h^{t-1} + b^{t}", "h_t = a h_{t-1} + b_{t}"),
        ("h^t = a h^{t-1}; L = sum_t h_t", "h_t = a h_{t-1}; L = sum_t h_t"),
    ],
)
def test_prose_becomes_spaces(text, kept):
    assert formulas_only(text).split() == kept.split()
    assert len(formulas_only(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "y = x",
        "W: [h, x]\nalpha: scalar\ninit W: orthogonal",
        "This is an Elman network",
        "$y$ = tanh($x$)",
        "$y =$ tanh $(x)$",
        "init b: 1\n$y = b$",
        "alpha: scalar\n$y = alpha x$",
        "y = x**2 + b**2",
        "costs $5\nand y = x",
        r"y = W &\quad + b",
        r"y_t = x^t",
        r"y_t^t = x_t",
        r"\sum_t y^T",
    ],
)
def test_what_is_no_prose_stays(text):
    assert formulas_only(text) == text
