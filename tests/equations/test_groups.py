"""Braces without a meaning go; those of arguments, scripts and sums stay."""

from __future__ import annotations

import pytest

from elman.equations.scanner import tokenize
from elman.errors import Source


def texts(text: str) -> str:
    """The tokens of a text, `;` for the end of a statement."""
    tokens = tokenize(Source(text))[:-1]
    return " ".join(";" if token.kind == "end" else token.text for token in tokens).strip("; ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"{\displaystyle a = b}", "a = b"),
        (r"{{a = b}}", "a = b"),
        (r"{\tilde {c}}_{t}", "tilde { c } _ { t }"),
        (r"{\bf h}_t", "h _ t"),
        (r"{h_{t-1}}", "h _ { t - 1 }"),
        (r"{\tanh}(x)", "tanh ( x )"),
        # braces with a meaning
        (r"\frac{a}{b}", "frac { a } { b }"),
        (r"\frac{a}{b}{c}", "frac { a } { b } c"),
        (r"x^{2}", "x ^ { 2 }"),
        (r"{a + b} c", "{ a + b } c"),
        (r"\sqrt{x}", "sqrt { x }"),
        # remarks
        (r"\underbrace{W h}_{\text{past}} + x", "{ W h } + x"),
        (r"\overbrace{\underbrace{a}_b + c}^{d} e", "{ a + c } e"),
        # bold over two letters
        (r"\mathbf{W x}_t", "mathbf { W } mathbf { x } _ t"),
        (r"\mathbf{Wx}_t", "mathbf { Wx } _ t"),
    ],
)
def test_what_a_text_becomes(text, expected):
    assert texts(text) == expected
