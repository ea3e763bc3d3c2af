"""Numbers, bullets and ranges around an equation go; what belongs to it stays."""

from __future__ import annotations

import pytest

from elman.equations.scanner import tokenize
from elman.equations.trimming import trim
from elman.errors import Source


def trimmed(text: str) -> str:
    """What remains of the tokens of a line."""
    return " ".join(token.text for token in trim(tokenize(Source(text))[:-1]))


@pytest.mark.parametrize(
    "text",
    [
        "(1) y = x",
        "(3.12) y = x",
        "1. y = x",
        "- y = x",
        "* y = x",
        "y = x (7)",
        "y = x. (7)",
        "y = x, (7)",
        r"y = x, t = 1, \ldots, T",
        r"y = x \text{for} t = 1, 2, \dots, T",
        r"y = x, t = 1 .. T",
        r"y = x \forall t",
        r"y = x, t \in [1, T]",
        r"t = 1, \ldots, T: y = x",
        r"\forall t \in [1, T]: y = x",
        r"(2) y = x, t = 1, \ldots, T",
        r"y = x, t = 1, \ldots, T (2)",
    ],
)
def test_what_stands_around_goes(text):
    assert trimmed(text).rstrip(" ,.") == "y = x"


@pytest.mark.parametrize("text", ["y = f(2)", "y = tanh (2)", "t = 1", "y = x - 1.", "-y = x"])
def test_what_belongs_to_it_stays(text):
    tokens = " ".join(token.text for token in tokenize(Source(text))[:-1])
    assert trimmed(text) in (tokens, tokens.removesuffix(" ."))
