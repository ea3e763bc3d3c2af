r"""Canonical names: how `W_{xh}`, `\tilde h` and `h^{(2)}` are keyed and written.

A key is what the rest of elman calls a variable: `Wxh`, `h_tilde`, `h2`, `tau`. Writing a key
depends on the key alone (and on which keys have time), so that printing is deterministic.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from elman.equations.symbols import ACCENT_COMMANDS, ACCENT_SUFFIXES, GREEK, function_name
from elman.equations.syntax import Index

_ACCENTED = re.compile(rf"^(.*)_({'|'.join(ACCENT_SUFFIXES)})(.*)$")
_GREEK = tuple(GREEK)
_GREEK_BY_LENGTH = sorted(GREEK, key=len, reverse=True)


def join_key(base: str, parts: list[str]) -> str:
    r"""Returns the key of a base letter or word with the given subscripts.

    `p_i` is `p_i`, not the letter pi, and `b_\\eta` is `b_eta`: a key never reads as another name.
    """
    key = base
    for part in parts:
        joined = key + part
        is_greek = len(base) == 1 and joined.startswith(_GREEK) and not key.startswith(_GREEK)
        separate = part in ACCENT_SUFFIXES or (is_greek and "_" not in key)
        key = f"{key}_{part}" if separate else joined
    return key


def split_key(key: str) -> tuple[str, str]:
    """Splits a key without accents into the letter or word and its subscript."""
    if key.startswith("Deltat"):
        return "Deltat", key[len("Deltat") :]
    for greek in _GREEK_BY_LENGTH:
        if key.startswith(greek):
            return greek, key[len(greek) :]
    if key[1:2] == "_":
        return key[0], key[2:]
    rest = key[1:]
    is_word = function_name(key) is None and key.isalpha() and key[0].islower() and len(rest) > 2
    return (key, "") if is_word else (key[:1], rest)


def step_key(key: str, step: int) -> str:
    """Returns the name of a value at a step: `h_2`, and `h_m1` for step -1."""
    return f"{key}_m{-step}" if step < 0 else f"{key}_{step}"


@dataclass(frozen=True)
class NameStyle:
    """How names are written.

    Attributes:
        latex: LaTeX instead of plain text.
        timed: The keys that have time in the same text. A number after one of them is a step,
            so a numbered name that shares its letter is written with a superscript.
        known: The keys defined or declared in the same text; a known word needs no braces.
        letters: The letters that are time where the name is written; a subscript that is one of
            them would read as time, so such a name is written as a word.
        sure: Letters that read as time wherever they stand below names.
        raised: Times are written above, as in `y^{(n)}`, where below they would not be seen.
    """

    latex: bool = False
    timed: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset("t")
    raised: bool = False
    sure: frozenset[str] = frozenset("t")

    def sees(self, letter: str | None) -> bool:
        """Says whether a letter below a name reads as time where both sides have it."""
        return not self.sure or letter in self.sure


def write_name(key: str, index: Index | None = None, style: NameStyle = NameStyle()) -> str:
    """Writes a name so that it reads back as the same key and index."""
    if (key, index) == ("dt", None) and (style.latex or key not in style.known):
        return "\\Delta t" if style.latex else "Delta t"
    accent = _ACCENTED.match(key)
    if accent is None:
        letter, subscript = split_key(key)
        if subscript in style.letters or (subscript == "T" and letter in style.timed):
            letter, subscript = key, ""
        shown = _word(letter, style)
    else:
        letter, mark, subscript = accent.groups()
        inner = write_name(letter, None, style)
        shown = f"{inner}'" if mark == "prime" else f"\\{ACCENT_COMMANDS[mark]}{{{inner}}}"
    superscript = ""
    if subscript.isdigit() and (index is not None or letter in style.timed):
        superscript, subscript = f"^{{({subscript})}}", ""
    time = "" if index is None else write_index(index)
    raised = ""
    if time and style.raised:
        raised, time = f"^{{({time})}}", ""
    inside = ",".join(part for part in (_script(subscript, style), time) if part)
    if inside:
        inside = f"_{inside}" if len(inside) == 1 else f"_{{{inside}}}"
    return shown + superscript + inside + raised


def write_index(index: Index) -> str:
    """Writes a time: `t`, `t-1`, `0`."""
    if index.letter is None:
        return (
            (f"T{index.offset:+d}" if index.offset else "T")
            if index.from_end
            else str(index.offset)
        )
    letter = f"\\{index.letter}" if len(index.letter) > 1 else index.letter
    return letter + (f"{index.offset:+d}" if index.offset else "")


def _word(word: str, style: NameStyle) -> str:
    if word == "Deltat":
        return "\\Delta t" if style.latex else "Delta t"
    if word in GREEK:
        return f"\\{word}" if style.latex else word
    if len(word) == 1 or (word in style.known and not style.latex):
        return word
    return f"\\mathit{{{word}}}"


def _script(subscript: str, style: NameStyle) -> str:
    accent = _ACCENTED.match(subscript)
    if accent is not None:
        stem, mark, rest = accent.groups()
        inner = f"{stem}'" if mark == "prime" else f"\\{ACCENT_COMMANDS[mark]}{{{stem}}}"
        return inner + rest
    # `W_{xi}` is far more often a W from x to i than one with the letter xi.
    is_greek = style.latex and subscript in GREEK and len(subscript) > 2
    return f"\\{subscript}" if is_greek else subscript


def is_known_word(word: str, known: AbstractSet[str]) -> bool:
    """Says whether a run of letters is one name or function, rather than a product of letters."""
    return len(word) == 1 or word in known or word in GREEK or function_name(word) is not None
