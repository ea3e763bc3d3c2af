"""Labels: their sizes, their outlines, and what a small part of LaTeX becomes."""

from __future__ import annotations

import pytest

from elman.viz.typeset import glyph_table, typeset


def characters(text):
    return "".join(glyph.character for glyph in typeset(text).glyphs)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("W h", "𝑊ℎ"),
        (r"\tanh", "tanh"),
        (r"\tau_{12}", "𝜏12"),
        (r"\tilde{h}_1", "ℎ˜1"),
        (r"h^{(2)}_{t-1}", "ℎ(2)𝑡−1"),
        (r"\operatorname{relu}", "relu"),
        (r"f \odot c", "𝑓⊙𝑐"),
        (r"\Phi_x", "Φ𝑥"),
        ("1 - z", "1−𝑧"),
    ],
)
def test_what_is_shown(text, shown):
    assert characters(text) == shown


def test_a_character_without_an_outline_is_a_question_mark():
    assert characters("日") == "?"


def test_a_subscript_is_smaller_and_lower_and_a_superscript_higher():
    letter, low = typeset("h_1").glyphs
    assert low.scale < letter.scale
    assert low.y > 0 > typeset("h^2").glyphs[1].y
    assert low.x >= letter.x


def test_scripts_stand_above_each_other_in_either_order():
    for text in ("h^{(2)}_1", "h_1^{(2)}"):
        glyphs = typeset(text).glyphs
        starts = [glyph.x for glyph in glyphs if glyph.character in "(1"]
        assert max(starts) - min(starts) < 0.2, text


def test_the_width_covers_every_outline():
    table = glyph_table()
    for text in ("W_{xh}", r"\prod_t", "f", r"V\,\cdot", "[h, x]"):
        label = typeset(text)
        for glyph in label.glyphs:
            assert glyph.x + table[glyph.character][2][2] * glyph.scale / 1000 <= label.width + 1e-9


def test_a_sign_at_the_start_has_no_space_and_a_sign_between_has():
    assert typeset("-x").glyphs[1].x < typeset("x - y").glyphs[2].x - typeset("x -").glyphs[1].x


def test_every_outline_says_where_it_comes_from():
    import json

    from elman.viz import typeset as module

    about = json.loads(module._FONT.read_text(encoding="utf-8"))["about"]
    assert "SIL Open Font License" in about["license"]
