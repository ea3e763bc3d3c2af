r"""Braces that only group, and commands over several letters.

Web pages wrap formulas and names in braces without a meaning: `{\displaystyle h_{t} = ...}`,
`{\tilde {c}}_{t}`, `{\bf h}_t`. They go; the braces of an argument, a script or a sum stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from elman.equations import symbols
from elman.equations.tokens import Token

_SCRIPTS = ("_", "^")


def without_idle_braces(tokens: list[Token]) -> list[Token]:
    """Drops the braces that group a whole equation or a single name, and remarks under braces."""
    tokens = _without_remarks(tokens)
    partner, idle = _braces(tokens)
    kept: list[Token] = []
    for at, token in enumerate(tokens):
        opening = at if token.text == "{" else partner.get(at)
        if opening is None or opening not in idle:
            kept.append(token)
        elif idle[opening] == "equation":
            kept.append(Token("end", "$", token.span, token.spaced))
    return kept


def _braces(tokens: list[Token]) -> tuple[dict[int, int], dict[int, str]]:
    """Returns closing -> opening braces, and what the idle ones hold: an equation or a name."""
    partner: dict[int, int] = {}
    closing: dict[int, int] = {}
    idle: dict[int, str] = {}
    opened: list[tuple[int, bool]] = []  # place of a bracket; whether it is a brace that groups
    fractions: set[int] = set()  # closing braces after which a second argument follows
    holds_equation: set[int] = set()
    for at, token in enumerate(tokens):
        if token.kind != "symbol":
            continue
        if token.text == "{":
            opened.append((at, not _is_argument(tokens, at) and at - 1 not in fractions))
        elif token.text in ("(", "[", "⟨"):
            opened.append((at, False))
        elif token.text in (")", "]", "⟩") and opened:
            opened.pop()
        elif token.text in ("=", "∈"):
            for place, groups in reversed(opened):
                if not groups or place in holds_equation:
                    break
                holds_equation.add(place)
        elif token.text == "}" and opened:
            place, groups = opened.pop()
            partner[at] = place
            closing[place] = at
            if tokens[place - 1].text in ("frac", "dfrac", "tfrac"):
                fractions.add(at)
            if groups and place in holds_equation:
                idle[place] = "equation"
            elif groups and _is_name(tokens, place + 1, at, closing):
                idle[place] = "name"
    return partner, idle


def _is_argument(tokens: Sequence[Token], at: int) -> bool:
    """Says whether a brace belongs to what stands before it."""
    if at == 0:
        return False
    before = tokens[at - 1]
    if before.kind == "symbol":
        starred = before.text == "*" and at > 1 and tokens[at - 2].text == "operatorname"
        return before.text in _SCRIPTS or starred
    is_function = before.kind == "word" and symbols.function_name(before.text) is not None
    return before.kind == "command" or is_function


def _is_name(tokens: Sequence[Token], start: int, end: int, closing: dict[int, int]) -> bool:
    """Says whether the tokens are one name with its accents and scripts, or one function."""
    at = _past_letter(tokens, start, closing)
    while at < end and tokens[at].text in (*_SCRIPTS, "'"):
        at = at + 1 if tokens[at].text == "'" else _past_argument(tokens, at + 1, closing)
    return at == end


def _past_letter(tokens: Sequence[Token], at: int, closing: dict[int, int]) -> int:
    """Returns the place after a letter with its accents and fonts; past the end for others."""
    while tokens[at].kind == "command":
        if tokens[at].text in symbols.FUNCTION_COMMANDS:
            return at + 1
        if tokens[at].text not in symbols.ACCENTS and tokens[at].text not in symbols.FONT_COMMANDS:
            break
        at += 1
        if tokens[at].text == "{":
            return closing.get(at, len(tokens)) + 1
    return at + 1 if tokens[at].kind == "word" else len(tokens) + 1


def _past_argument(tokens: Sequence[Token], at: int, closing: dict[int, int]) -> int:
    if tokens[at].text == "{":
        return closing.get(at, len(tokens)) + 1
    return at + 1 if tokens[at].kind == "number" else _past_letter(tokens, at, closing)


def _without_remarks(tokens: list[Token]) -> list[Token]:
    r"""Reads `\underbrace{W h}_{\text{recurrent}}` as `{W h}`."""
    if not any(token.text in symbols.REMARKS for token in tokens):
        return tokens
    kept: list[Token] = []
    depth = 0
    remarked: list[int] = []  # depths at which such a brace is open
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.kind == "command" and token.text in symbols.REMARKS:
            if at < len(tokens) and tokens[at].text == "{":
                remarked.append(depth)
            continue
        depth += (token.text == "{") - (token.text == "}")
        kept.append(token)
        if token.text == "}" and remarked and remarked[-1] == depth:
            remarked.pop()
            if at < len(tokens) and tokens[at].text in _SCRIPTS:
                at = _past_script(tokens, at + 1)
    return kept


def _past_script(tokens: Sequence[Token], at: int) -> int:
    """Returns the place after a script that begins here."""
    depth = 0
    while at < len(tokens):
        depth += (tokens[at].text == "{") - (tokens[at].text == "}")
        at += 1
        if depth <= 0:
            break
    return at


def split_bold(tokens: list[Token]) -> list[Token]:
    r"""Reads `\mathbf{W x}_t` as `\mathbf{W} \mathbf{x}_t`: two letters, not one name."""
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        end = at + 2
        if tokens[at].kind == "command" and tokens[at].text in symbols.BOLD_COMMANDS:
            while end < len(tokens) and tokens[end].kind == "word":
                end += 1
        words = tokens[at + 2 : end]
        spaced = len(words) > 1 and all(word.spaced for word in words[1:])
        if spaced and tokens[at + 1].text == "{" and tokens[end].text == "}":
            for word in words:
                result += [tokens[at], tokens[at + 1], word, tokens[end]]
            at = end + 1
        else:
            result.append(tokens[at])
            at += 1
    return result
