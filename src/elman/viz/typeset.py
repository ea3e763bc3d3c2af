r"""Short mathematical labels as outlines: `h_{t-1}`, `\tilde{h}`, `W x`, `\tanh`.

The size of a label is known before anything is drawn, and it looks alike on every machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

# In units of the font size.
_SCRIPT = 0.72
_DOWN, _UP = 0.2, 0.38
_THIN, _MEDIUM = 0.16, 0.2
_ACCENTS = {"tilde": "˜", "hat": "ˆ", "bar": "ˉ", "dot": "˙", "vec": "→"}
_SYMBOLS = {
    "odot": "⊙", "cdot": "⋅", "times": "×", "top": "⊤", "sum": "∑", "prod": "∏", "sqrt": "√",
    "cdots": "⋯", "ldots": "…", "prime": "′", "ell": "ℓ", "infty": "∞", "partial": "∂",
    "quad": " ", " ": " ", "{": "{", "}": "}", "_": "_", "|": "‖", "ne": "≠", "le": "≤",
}  # fmt: skip
_RELATIONS = frozenset("=+−×⋅⊙≤≠")
_FONT = Path(__file__).with_name("glyphs.json")


@dataclass(frozen=True)
class Placed:
    """One outline: which, and where its origin stands, in units of the font size."""

    character: str
    x: float
    y: float
    scale: float


@dataclass(frozen=True)
class Label:
    """A typeset label in units of the font size, its origin at the left end of the base line.

    Attributes:
        text: Its source.
        glyphs: The outlines.
        width: From the origin to the right.
        ascent: How far it reaches above the base line.
        descent: How far below.
    """

    text: str
    glyphs: tuple[Placed, ...]
    width: float
    ascent: float
    descent: float


Glyph: TypeAlias = tuple[float, float, tuple[float, float, float, float], str]


@cache
def glyph_table() -> dict[str, Glyph]:
    """Returns character -> (advance, slant, (left, bottom, right, top), path), 1000 to the em."""
    rows: dict[str, Any] = json.loads(_FONT.read_text(encoding="utf-8"))["glyphs"]
    return {key: (row[0], row[1], tuple(row[2]), row[3]) for key, row in rows.items()}


@cache
def typeset(text: str) -> Label:
    r"""Typesets a label in a small part of LaTeX; letters are italic, as variables are.

    >>> typeset(r"h_{t-1}").width > typeset("h").width
    True

    Args:
        text: Letters, digits, `_` and `^`, braces, Greek letters, accents, `\mathrm{..}`, and the
            symbols that labels of nodes need. A character without an outline shows as `?`.
    """
    setter = _Setter(text)
    setter.run(0.0, 1.0, upright=False)
    glyphs = tuple(setter.glyphs)
    table = glyph_table()
    tops = [-glyph.y + table[glyph.character][2][3] * glyph.scale / 1000 for glyph in glyphs]
    bottoms = [glyph.y - table[glyph.character][2][1] * glyph.scale / 1000 for glyph in glyphs]
    width = max([setter.x, *(_right_end(glyph) for glyph in glyphs)])
    return Label(text, glyphs, width, max([0.0, *tops]), max([0.0, *bottoms]))


def _right_end(glyph: Placed) -> float:
    return glyph.x + glyph_table()[glyph.character][2][2] * glyph.scale / 1000


class _Setter:
    """Sets a source from left to right; `x` is where the next outline goes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.x = 0.0
        self.slant = 0.0
        self.glyphs: list[Placed] = []

    def run(self, y: float, scale: float, *, upright: bool) -> None:
        """Sets until the end of the group or of the source."""
        while self.at < len(self.source) and self.source[self.at] != "}":
            if self.source[self.at] in "_^":
                self._scripts(y, scale)
            else:
                self._atom(y, scale, upright=upright)

    def _atom(self, y: float, scale: float, *, upright: bool) -> None:
        character = self.source[self.at]
        self.at += 1
        if character == "{":
            self.run(y, scale, upright=upright)
            self.at += 1
        elif character == "\\":
            self._command(self._command_name(), y, scale, upright=upright)
        elif character == " ":
            self.x += _THIN * scale if not upright else 0.25 * scale
            self.slant = 0.0
        else:
            self._place("−" if character == "-" else character, y, scale, upright=upright)

    def _command_name(self) -> str:
        start = self.at
        while self.at < len(self.source) and self.source[self.at].isalpha():
            self.at += 1
        if self.at == start:
            self.at += 1
            return self.source[start : self.at]
        name = self.source[start : self.at]
        if self.source[self.at : self.at + 1] == " ":
            self.at += 1
        return name

    def _command(self, name: str, y: float, scale: float, *, upright: bool) -> None:
        if name in _ACCENTS:
            self._accent(_ACCENTS[name], y, scale, upright=upright)
        elif name in ("mathrm", "operatorname", "text"):
            self._word(y, scale, upright=True)
        elif name in ("mathit", "mathbf"):
            self._word(y, scale, upright=False)
        elif name == ",":
            self.x += _THIN * scale
        elif name in _SYMBOLS:
            self._place(_SYMBOLS[name], y, scale, upright=True)
        elif name in _GREEK_LETTERS:
            self._place(_GREEK_LETTERS[name], y, scale, upright=False)
        else:  # a function: \tanh
            self._letters(name, y, scale)

    def _letters(self, word: str, y: float, scale: float) -> None:
        for character in word:
            self._place(character, y, scale, upright=True)
        self.slant = 0.0

    def _word(self, y: float, scale: float, *, upright: bool) -> None:
        if self.source[self.at : self.at + 1] == "{":
            self.at += 1
            self.run(y, scale, upright=upright)
            self.at += 1

    def _accent(self, mark: str, y: float, scale: float, *, upright: bool) -> None:
        first, start = len(self.glyphs), self.x
        self._atom(y, scale, upright=upright)
        table = glyph_table()
        if mark not in table:
            mark = "¯"
        top = max(
            (table[g.character][2][3] * g.scale / 1000 - (g.y - y) for g in self.glyphs[first:]),
            default=0.5,
        )
        left, bottom, right, _ = table[mark][2]
        middle = (start + self.x) / 2 + 0.06 * scale  # italic letters lean
        x = middle - (left + right) / 2 * scale / 1000
        lift = max(0.0, top + 0.07 * scale - bottom * scale / 1000)
        self.glyphs.append(Placed(mark, x, y - lift, scale))
        self.slant = 0.0

    def _scripts(self, y: float, scale: float) -> None:
        """Sets a subscript and a superscript, in either order, one above the other."""
        start, slant, end = self.x, self.slant, self.x
        small = scale * _SCRIPT
        while self.source[self.at : self.at + 1] in ("_", "^"):
            down = self.source[self.at] == "_"
            self.at += 1
            self.x = start + (0.02 if down else slant + 0.03) * scale
            self.slant = 0.0
            if self.at < len(self.source):
                self._atom(y + (_DOWN if down else -_UP) * scale, small, upright=False)
            end = max(end, self.x)
        self.x = end + 0.03 * scale
        self.slant = 0.0

    def _place(self, character: str, y: float, scale: float, *, upright: bool) -> None:
        table = glyph_table()
        shown = character if upright else _italic(character)
        if shown not in table:
            shown = character if character in table else "?"
        advance, slant, _, _ = table[shown]
        spaced = character in _RELATIONS and scale == 1.0 and self._is_binary()
        self.x += _MEDIUM * scale if spaced else 0.0
        self.glyphs.append(Placed(shown, self.x, y, scale))
        self.x += advance * scale / 1000 + (_MEDIUM * scale if spaced else 0.0)
        self.slant = slant * scale / 1000

    def _is_binary(self) -> bool:
        """Says whether the sign just read stands between two operands."""
        opened = not self.glyphs or self.glyphs[-1].character in "([{,"
        return not opened and bool(self.source[self.at :].strip("} "))


_GREEK_NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "varsigma sigma tau upsilon varphi chi psi omega"
).split()
_GREEK_LETTERS = {
    **{name: chr(0x3B1 + i) for i, name in enumerate(_GREEK_NAMES)},
    **{name.capitalize(): chr(0x391 + i) for i, name in enumerate(_GREEK_NAMES)},
    "Epsilon": "Ε",
    "Phi": "Φ",
    "epsilon": "ϵ",
    "phi": "ϕ",
    "vartheta": "ϑ",
}


def _italic(character: str) -> str:
    """Returns the italic form of a letter, which has a code point of its own."""
    if character == "h":
        return "ℎ"
    if "A" <= character <= "Z":
        return chr(0x1D434 + ord(character) - ord("A"))
    if "a" <= character <= "z":
        return chr(0x1D44E + ord(character) - ord("a"))
    if "α" <= character <= "ω":
        return chr(0x1D6FC + ord(character) - 0x3B1)
    return {"ϵ": "𝜖", "ϕ": "𝜙", "ϑ": "𝜗"}.get(character, character)
