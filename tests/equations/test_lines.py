"""A line goes on where it is plainly not complete; brackets have their partners."""

from __future__ import annotations

import pytest

from elman.equations.scanner import tokenize
from elman.equations.tokens import MAX_DEPTH
from elman.errors import EquationSyntaxError, Source


def has_end(text: str) -> bool:
    """Says whether a text has more than one statement."""
    return any(token.kind == "end" for token in tokenize(Source(text)))


@pytest.mark.parametrize(
    "text",
    ["a = (b\n + c)", "a =\n b", "a = b\n + c", "a = b +\n c", "a \\\\\n = b", "a = [b\n, c]"],
)
def test_a_line_that_plainly_goes_on_is_one_statement(text):
    assert not has_end(text)


@pytest.mark.parametrize("text", ["a = b\nc = d", "a = b\n- c", "$$a = b$$ $$c = d$$", "a; b"])
def test_lines_are_statements(text):
    assert has_end(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * (MAX_DEPTH + 1) + ")" * (MAX_DEPTH + 1), "nested more than 200 deep"),
        ("(a", "'(' is never closed"),
        ("(a $ b)", "'(' is never closed"),
        ("a)", "')' closes nothing"),
        ("(a]", "'(' is closed by ']'"),
    ],
)
def test_brackets_without_a_partner(text, message):
    with pytest.raises(EquationSyntaxError) as raised:
        tokenize(Source(text))
    assert message in str(raised.value)
    assert raised.value.remedy
