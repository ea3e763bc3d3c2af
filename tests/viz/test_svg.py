"""SVG: well-formed, self-contained, the same each time, for light and dark, described in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from elman.viz.layout import lay_out
from elman.viz.svg import write_svg
from viz.test_layout import ring

NAMESPACE = "{http://www.w3.org/2000/svg}"


def test_it_is_well_formed_and_as_large_as_it_says():
    scene = lay_out(ring())
    root = ElementTree.fromstring(write_svg(scene))
    assert root.get("viewBox") == f"0 0 {scene.width} {scene.height}"


def test_the_same_bytes_each_time():
    assert write_svg(lay_out(ring())) == write_svg(lay_out(ring()))


def test_it_needs_nothing_from_elsewhere():
    text = write_svg(lay_out(ring()))
    assert re.findall(r"https?://[^\s\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "<text" not in text and "<script" not in text and "@import" not in text


def test_every_reference_is_defined_once():
    text = write_svg(lay_out(ring()))
    defined = re.findall(r'\bid="([^"]+)"', text)
    assert len(defined) == len(set(defined))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(defined)


def test_two_pictures_can_stand_in_one_page():
    one, two = write_svg(lay_out(ring())), write_svg(lay_out(ring(numbers=(1, 2))))
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, two)]
    assert not ids[0] & ids[1]
    for text in (one, two):
        prefix = re.search(r'class="(e[0-9a-f]{8})"', text)[1]
        style = re.search(r"<style>(.*?)</style>", text, flags=re.DOTALL)[1]
        rules = [line for line in style.splitlines() if line.startswith(".")]
        assert rules and all(rule.startswith(f".{prefix} ") for rule in rules)


def test_title_and_description_are_tied_to_the_picture():
    root = ElementTree.fromstring(write_svg(lay_out(ring())))
    named = root.get("aria-labelledby").split()
    title, about = root.find(f"{NAMESPACE}title"), root.find(f"{NAMESPACE}desc")
    assert [title.get("id"), about.get("id")] == named
    assert (title.text, about.text) == ("ring", "a ring")
    assert root.get("role") == "img"


def test_what_users_write_is_escaped():
    from dataclasses import replace

    text = write_svg(replace(lay_out(ring()), title="a < b & <script>"))
    assert "a &lt; b &amp; &lt;script&gt;" in text
    ElementTree.fromstring(text)


def test_dark_is_for_screens_and_light_for_paper():
    style = re.search(r"<style>(.*?)</style>", write_svg(lay_out(ring())), flags=re.DOTALL)[1]
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)")
    assert ".paper{fill:#ffffff}" in light and ".paper{fill:#14181d}" in dark


def test_text_and_lines_stand_out_from_their_ground():
    """Contrast as WCAG 2.1 counts it: 4.5 for text, 3 for lines."""
    from elman.viz.svg import _DARK, _LIGHT

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one, two):
        high, low = sorted((luminance(one), luminance(two)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for colours in (_LIGHT, _DARK):
        for ground in ("paper", "ground", "box"):
            assert contrast(colours["ink"], colours[ground]) >= 4.5
            assert contrast(colours["state"], colours[ground]) >= 4.5
            assert contrast(colours["quiet"], colours[ground]) >= 4.5
            assert contrast(colours["parameter-line"], colours[ground]) >= 3
        for filled in ("input", "parameter"):
            assert contrast(colours["ink"], colours[filled]) >= 4.5
            assert contrast(colours["quiet"], colours[filled]) >= 3
