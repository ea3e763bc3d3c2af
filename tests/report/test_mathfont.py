import base64
import io
import re

from fontTools.ttLib import TTFont

from elman.report.mathfont import embed_math_font, glyphs_for


def test_a_page_without_mathematics_needs_no_font():
    assert embed_math_font("<p>h</p>") == ""


def test_the_font_has_the_glyphs_of_the_page_and_no_others():
    style = embed_math_font("<p>z</p><math><mi>h</mi><mo>&#x2299;</mo><mi>σ</mi></math>")
    (content,) = re.findall(r"url\(data:font/woff;base64,([^)]*)\)", style)
    font = TTFont(io.BytesIO(base64.b64decode(content)))
    points = set(font.getBestCmap())
    assert {ord("h"), 0x210E, 0x2299, ord("σ"), 0x1D70E} <= points
    assert ord("z") not in points
    assert "MATH" in font
    assert "SIL Open Font License" in str(font["name"].getName(13, 3, 1))


def test_letters_bring_their_italics():
    assert glyphs_for({"W"}) == {ord("W"), 0x1D44A}
    assert glyphs_for({"="}) == {ord("=")}
