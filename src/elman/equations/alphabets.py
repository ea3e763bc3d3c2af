r"""Characters that are plain ones in another dress, and time in angle brackets.

Copies from PDFs and web pages hold letters of Unicode's mathematical alphabets (a bold 𝐡, an italic
𝑡); some courses write `a^{<t>}` and `W^{[1]}`. Both become what they mean, character by character,
so that every place in the text stays where it is.
"""

from __future__ import annotations

import re
import unicodedata

_DRESSED = re.compile("[\U0001d400-\U0001d7ffℎℓ]")
_STRANGE = ("SCRIPT", "FRAKTUR", "DOUBLE-STRUCK")
_ANGLES = re.compile(r"(\^\s*\{?\s*)<([^<>{}\n]{1,12})>")
_NAMED_ANGLES = re.compile(r"(\^\s*\{?\s*)\\langle\b([^<>{}\n\\]{1,12})\\rangle\b")
_ROUND = re.compile(r"_\(([^(){}\n]{1,12})\)")
_SQUARES = re.compile(r"(\^\s*\{\s*)\[([^][{}\n]{1,12})\](?=\s*\})")


def plain_characters(text: str) -> str:
    r"""Returns a text of the same length without mathematical alphabets and angle brackets.

    >>> plain_characters("𝐡_t = 𝑊 𝐡_{t-1}; a^{<t>}; W^{[1]}")
    'h_t = W h_{t-1}; a^{(t)}; W^{(1)}'
    """
    if not text.isascii():
        text = _DRESSED.sub(lambda match: _undressed(match.group()), text)
    text = _ROUND.sub(r"_{\1}", text)  # as Word writes it
    text = _ANGLES.sub(r"\1(\2)", text)
    text = _NAMED_ANGLES.sub(r"\1(      \2      )", text)
    return _SQUARES.sub(r"\1(\2)", text)


def _undressed(character: str) -> str:
    """Returns the plain letter; scripts and double-struck letters mean something of their own."""
    if character == "ℓ":
        return "l"
    name = unicodedata.name(character, "")
    return (
        character
        if any(word in name for word in _STRANGE)
        else unicodedata.normalize("NFKC", character)
    )
