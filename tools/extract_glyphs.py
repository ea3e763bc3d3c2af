"""Writes `src/elman/viz/glyphs.json`: the outlines with which pictures are lettered.

A picture must know how wide its labels are before it is laid out, and look alike on every machine;
reading the font on every call would take longer than the picture. So the outlines of some 300
characters of STIX Two Math are kept as data. The font, whose licence (SIL Open Font License 1.1)
allows that, comes with ziamath.

    python tools/extract_glyphs.py
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "src" / "elman" / "viz" / "glyphs.json"
LETTERS = [chr(0x41 + i) for i in range(26)] + [chr(0x61 + i) for i in range(26)]
ITALIC = [chr(0x1D434 + i) for i in range(52) if i != 33] + ["ℎ"]  # italic h has its own place
GREEK = [chr(0x391 + i) for i in range(25) if i != 17] + [chr(0x3B1 + i) for i in range(25)]
ITALIC_GREEK = [chr(0x1D6E2 + i) for i in range(58)]
OTHERS = list(
    "0123456789+-=()[]{}|/\\.,:;<>!?*'\"%&#@~^_$ −⋅·×⊙⊤√∑∏∂∞⋯…′˜ˆ¯˙→←≈‖∥∇ϵϑϕ∗∘²≤≥–°→⃗´`¸ˇ˘"
)


def main() -> None:
    """Reads the font and writes the table."""
    package = find_spec("ziamath")
    assert package is not None and package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "fonts" / "STIXTwoMath-Regular.ttf"
    font = TTFont(path)
    names, glyphs = font.getBestCmap(), font.getGlyphSet()
    info = font["MATH"].table.MathGlyphInfo.MathItalicsCorrectionInfo
    slant = {
        name: value.Value
        for name, value in zip(info.Coverage.glyphs, info.ItalicsCorrection, strict=True)
    }
    table = {}
    for character in sorted(set(LETTERS + ITALIC + GREEK + ITALIC_GREEK + OTHERS)):
        name = names.get(ord(character))
        if name is None:
            print(f"not in the font: {character!r}")
            continue
        pen, bounds = SVGPathPen(glyphs, ntos=lambda value: f"{value:g}"), BoundsPen(glyphs)
        glyphs[name].draw(TransformPen(pen, (1, 0, 0, -1, 0, 0)))  # in SVG, y points down
        glyphs[name].draw(bounds)
        box = [round(value) for value in bounds.bounds or (0, 0, 0, 0)]
        table[character] = [glyphs[name].width, slant.get(name, 0), box, pen.getCommands()]
    about = {
        "font": "STIX Two Math, 1000 units per em",
        "copyright": font["name"].getDebugName(0),
        "license": "SIL Open Font License, Version 1.1, https://openfontlicense.org",
        "made by": "tools/extract_glyphs.py",
    }
    rows = [
        f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(row)}" for key, row in table.items()
    ]
    head = json.dumps(about, ensure_ascii=False)
    TARGET.write_text(
        f'{{"about": {head},\n"glyphs": {{\n' + ",\n".join(rows) + "\n}}\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
