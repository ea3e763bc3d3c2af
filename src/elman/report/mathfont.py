"""The glyphs that a page's equations need, so that they look alike on every machine.

Without a mathematical font a browser sets indices on the line, and many machines, phones above
all, have none. STIX Two Math comes with ziamath, under the SIL Open Font License, which allows a
part of it in a document; a few equations need some ten kilobytes of it.
"""

from __future__ import annotations

import base64
import io
import re
from html import unescape
from importlib.util import find_spec
from pathlib import Path

_FAMILY = "Page Math"
_ITALIC_SMALL, _ITALIC_CAPITAL, _ITALIC_GREEK = 0x1D44E, 0x1D434, 0x1D6FC
_ITALIC_H = 0x210E  # the one italic letter that Unicode keeps elsewhere


def embed_math_font(page: str) -> str:
    """Returns the style rules that give the `<math>` elements of a page their font.

    Args:
        page: HTML. Without any `<math>` the answer is empty.
    """
    blocks = re.findall(r"<math\b.*?</math>", page, flags=re.DOTALL)
    if not blocks:
        return ""
    shown = set(unescape(re.sub(r"<[^>]*>", "", "".join(blocks))))
    content = base64.b64encode(_subset_font(glyphs_for(shown))).decode()
    return (
        f'@font-face {{ font-family: "{_FAMILY}"; '
        f"src: url(data:font/woff;base64,{content}); }}\n"
        f'math {{ font-family: "{_FAMILY}", math; }}\n'
    )


def glyphs_for(characters: set[str]) -> set[int]:
    """Returns the code points with which a browser shows characters inside `<math>`.

    Single letters become italic ones, which have code points of their own.

    >>> [hex(point) for point in sorted(glyphs_for({"a"}))]
    ['0x61', '0x1d44e']
    """
    points = {ord(character) for character in characters}
    for character in characters:
        if "a" <= character <= "z":
            points.add(_ITALIC_SMALL + ord(character) - ord("a"))
        elif "A" <= character <= "Z":
            points.add(_ITALIC_CAPITAL + ord(character) - ord("A"))
        elif "α" <= character <= "ω":
            points.add(_ITALIC_GREEK + ord(character) - ord("α"))
    return points | ({_ITALIC_H} if "h" in characters else set())


def _subset_font(points: set[int]) -> bytes:
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    font = TTFont(_find_font(), recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.name_IDs = [0, 1, 2, 13, 14]  # names, copyright and licence stay with the glyphs
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    font.flavor = "woff"
    subset = io.BytesIO()
    font.save(subset)
    return subset.getvalue()


def _find_font() -> Path:
    """Finds the font file without importing ziamath, which takes a third of a second."""
    package = find_spec("ziamath")
    folders = list(package.submodule_search_locations or ()) if package is not None else []
    assert folders, "internal: ziamath is not installed"
    return Path(folders[0]) / "fonts" / "STIXTwoMath-Regular.ttf"
