"""What has to be known of a whole text before one of its statements can be read.

Whether `Wh` is one name or two, whether `h_0` is a step or a name, and which letter is time all
depend on the other statements. A context gathers that from the left-hand sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from elman.equations.tokens import Token

_INDEX_OPENERS = {"_": "{", "^": "{", "[": ""}


@dataclass
class Context:
    """Facts of a whole text that reading a name depends on.

    Attributes:
        known: Keys defined or declared anywhere in the text.
        timed: Keys that carry a time index anywhere in the text.
        letters: Every letter that is time in some statement.
        functions: What a letter means before a parenthesis (`\\phi = tanh`).
        layers: Bases whose definition has a bare superscript (`h_t^{2}`), part of the name.
        labels: Those superscripts; on a name without time they are part of the name too (`W^{2}`).
        sure: Letters that are certainly time: t, and those written with an offset.
        sequences: Words that carry one of these.
        terms: How many terms the sums with few terms have had so far.
        raised: Keys that carry their time above (`h^{(t)}`), so that `h^{(0)}` is a step.
        parenthesised: Letters that are time in parentheses (`h(t) = ...`).
        has_backslash: The text has LaTeX commands, so a bare `_xh` means `_x` followed by `h`.
        splits_words: An unknown run of letters is a product of single letters.
    """

    known: set[str] = field(default_factory=set)
    timed: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    functions: dict[str, str] = field(default_factory=dict)
    layers: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    sure: set[str] = field(default_factory=set)
    sequences: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    parenthesised: set[str] = field(default_factory=set)
    terms: int = 0
    has_backslash: bool = False
    splits_words: bool = True


def index_letters(tokens: list[Token]) -> set[str]:
    """Returns the single letters that are used as an index in a run of tokens.

    Counts `_t`, `_{t-1}`, `[t-1]` and `^{(t)}`; a letter among others (`_{xh}`) does not count.
    """
    found: set[str] = set()
    for at, token in enumerate(tokens):
        if token.kind != "symbol" or token.text not in _INDEX_OPENERS:
            continue
        if token.text == "[" and (token.spaced or at == 0):
            continue
        inside = at + 1
        while inside < len(tokens) and tokens[inside].text in ("{", "("):
            inside += 1
        parts = _group_parts(tokens, inside)
        above = token.text == "^"
        if above and (not at + 1 < inside <= at + 3 or tokens[inside - 1].text != "("):
            continue
        for part in parts:
            letter = index_letter(part)
            if letter is not None:
                found.add(letter)
    return found


def index_letter(part: list[Token]) -> str | None:
    """Returns the letter of `t`, `t-1`, `t+2`; None for anything else."""
    if not part or part[0].kind != "word":
        return None
    if len(part) == 1 and is_index_word(part[0].text):
        return part[0].text
    offset = (
        len(part) == 3
        and part[1].text in ("+", "-")
        and part[2].kind == "number"
        and part[2].text.isdigit()
    )
    return part[0].text if offset and is_index_word(part[0].text) else None


def is_index_word(word: str) -> bool:
    """Says whether a word can be a time index: one letter, or a Greek one such as tau."""
    return len(word) == 1 or word == "tau"


def _group_parts(tokens: list[Token], start: int) -> list[list[Token]]:
    """Returns the comma-separated parts of a group that is already open at `start`."""
    if start > 0 and tokens[start - 1].text not in ("{", "(", "["):
        return [tokens[start : start + 1]]
    parts: list[list[Token]] = [[]]
    for token in tokens[start : start + 12]:
        if token.text in ("}", ")", "]"):
            break
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
