"""Characters become tokens: wrappers go, Unicode becomes what it means."""

from __future__ import annotations

import pytest

from elman.equations.scanner import tokenize
from elman.equations.tokens import MAX_CHARACTERS
from elman.errors import EquationSyntaxError, Source


def texts(text: str) -> list[str]:
    """The tokens of a text, `;` for the end of a statement."""
    tokens = tokenize(Source(text))[:-1]
    return [";" if token.kind == "end" else token.text for token in tokens]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h_t = 0.5", "h _ t = 0.5"),
        (r"\left( x \right)", "( x )"),
        (r"a \, b \quad c \; d", "a b c d"),
        (r"\displaystyle x \tag{3} \label{eq:a}", "x"),
        ("hₜ₋₁", "h _ { t - 1 }"),
        ("x²", "x ^ { 2 }"),
        ("Wᵀ", "W ^ { T }"),
        ("σ ⊙ ∘ · × − ∑ ∏ α", "sigma * * @ @ - ∑ ∏ alpha"),
        ("h̃", "tilde { h }"),
        (r"\varepsilon", "epsilon"),
        ("1e-3 2.5 .5", "1e-3 2.5 .5"),
        ("a # a comment", "a"),
        ("a % another", "a"),
        (r"a \\ b", "a ; b"),
        ("a; b", "a ; b"),
        ("leaky_relu(x)", "leaky_relu ( x )"),
    ],
)
def test_what_a_text_becomes(text, expected):
    assert " ".join(texts(text)) == expected


@pytest.mark.parametrize("wrapper", ["equation", "align*", "aligned", "gather"])
def test_environments_are_wrappers(wrapper):
    inside = texts(f"\\begin{{{wrapper}}} a &= b \\end{{{wrapper}}}")
    assert [text for text in inside if text != ";"] == ["a", "=", "b"]


def test_spans_point_into_the_text():
    text = "h_t = \\tanh(W x)"
    for token in tokenize(Source(text))[:-1]:
        assert token.span.text.lstrip("\\") == token.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * (MAX_CHARACTERS + 1), "more than 65,536"),
        ("а = b", "only looks like 'a'"),
        ("a ＝ b", "only looks like '='"),
        ("a ☃ b", "has no meaning here"),
        ("a \\", "a backslash with nothing after it"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(EquationSyntaxError) as raised:
        tokenize(Source(text))
    assert message in str(raised.value)
    assert raised.value.remedy
