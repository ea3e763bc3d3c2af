r"""What papers write around an equation without being part of it: its number, its range of steps.

`(3.1) h_t = ...`, `h_t = ... (3)`, `- h_t = ...`, `h_t = ..., t = 1, \ldots, T`.
"""

from __future__ import annotations

from itertools import pairwise

from elman.equations import symbols
from elman.equations.context import is_index_word
from elman.equations.tokens import Token

_DOTS = frozenset(["ldots", "dots", "cdots", "to"])
_RANGE_PARTS = _DOTS | frozenset([".", ",", "(", ")", "[", "]", "{", "}"])
_BEFORE_RANGE = frozenset(["for", "forall", ",", "("])


def trim(line: list[Token]) -> list[Token]:
    """Returns the tokens of a line without its number, its bullet and its range of steps."""
    return _without_number(_without_range(_without_label(line)))


def _without_label(line: list[Token]) -> list[Token]:
    """Drops `(1)`, `1.` or a bullet at the start; no left-hand side begins so."""
    if _is_number(line, 0) and (len(line) == 3 or line[3].kind in ("word", "command")):
        return line[3:]
    first = line[0].text if line else ""
    has_bullet = first in ("-", "*") or (first[:1].isdigit() and first.endswith("."))
    if has_bullet and (len(line) == 1 or (line[1].spaced and _defines(line))):
        return line[1:]
    return line


def _defines(line: list[Token]) -> bool:
    return line[1].kind in ("word", "command") and any(token.text in ("=", "∈") for token in line)


def _is_number(line: list[Token], at: int) -> bool:
    """Says whether `(1)` or `(3.1)` stands at a place."""
    texts = [token.text for token in line[at : at + 3]]
    is_number = len(texts) == 3 and line[at + 1].kind == "number"
    return is_number and texts[0] == "(" and texts[2] == ")"


def _without_number(line: list[Token]) -> list[Token]:
    """Drops `(2)` at the end, after a space and after something complete."""
    at = len(line) - 3
    while line and line[-1].text in (",", "."):
        line, at = line[:-1], at - 1
    if at < 1 or not _is_number(line, at) or not line[at].spaced:
        return line
    before = line[at - 1]
    is_function = (
        before.text in symbols.FUNCTION_COMMANDS or symbols.function_name(before.text) is not None
    )
    is_complete = before.kind in ("word", "number") or before.text in (")", "]", "}", ",", ".")
    return line[:at] if is_complete and not is_function else line


def _without_range(line: list[Token]) -> list[Token]:
    r"""Drops `for t = 1, \ldots, T` at either end: every equation holds at every step."""
    if len(line) > 1 and line[-2].text == "forall" and _is_letter(line[-1]):
        return line[:-2]
    for at in range(len(line) - 2):
        opens = line[at + 1].text in ("=", "∈") and _is_letter(line[at])
        if not opens or not (at == 0 or line[at - 1].text in (*_BEFORE_RANGE, "}")):
            continue
        end = _past_range(line, at + 2)
        leads = at == 0 or _before_range(line, at) == 0
        if end == len(line):
            return line[: _before_range(line, at)]
        if leads and end > at + 2 and line[end].text == ":":
            return line[end + 1 :]
    return line


def _is_letter(token: Token) -> bool:
    return token.kind == "word" and is_index_word(token.text)


def _past_range(line: list[Token], start: int) -> int:
    r"""Returns the place after `1, 2, \ldots, T`, or the start where no range stands there."""
    at = start
    words = 0
    while at < len(line) and (
        line[at].text in _RANGE_PARTS or line[at].kind == "number" or _is_letter(line[at])
    ):
        words += _is_letter(line[at])
        at += 1
    texts = [token.text for token in line[start:at]]
    is_interval = texts[:1] == ["["] and len(texts) == 5
    has_dots = not _DOTS.isdisjoint(texts) or (".", ".") in pairwise(texts)
    return at if words == 1 and (is_interval or has_dots) else start


def _before_range(line: list[Token], at: int) -> int:
    r"""Returns where what introduces a range begins: a comma, `for`, `\text{for}`."""
    while at:
        if line[at - 1].text in _BEFORE_RANGE:
            at -= 1
        elif [token.text for token in line[max(0, at - 3) : at]] == ["{", "for", "}"]:
            at = max(0, at - 4)
        else:
            break
    return at
