"""The units of a text: numbers, words, commands and symbols, and how much of them is read."""

from __future__ import annotations

from dataclasses import dataclass

from elman.errors import Span

MAX_CHARACTERS = 64 * 1024
MAX_STATEMENTS = 1000
MAX_DEPTH = 200
MAX_TOKENS = 20_000


@dataclass(frozen=True)
class Token:
    """One unit of the text.

    `kind` is `number`, `word`, `command`, `symbol`, `end` (of a statement) or `stop` (of the
    text). `spaced` says whether white space stands before it, which tells `h[t]` from `W [h, x]`.
    """

    kind: str
    text: str
    span: Span
    spaced: bool = False


def nesting(token: Token) -> int:
    """Returns 1 for a bracket that opens, -1 for one that closes, else 0."""
    if token.kind != "symbol":
        return 0
    return (token.text in ("(", "[", "{", "⟨")) - (token.text in (")", "]", "}", "⟩"))
