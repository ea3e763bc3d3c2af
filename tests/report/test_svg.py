import re
import xml.etree.ElementTree as ElementTree

import pytest

from elman.report.marks import MARKS
from elman.report.svg import draw_svg


def draw(figure):
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4], "o-", color=MARKS[0].stand_in)
    axes.fill_between([1, 2], [2, 3], [4, 5], color=MARKS[1].stand_in)
    axes.set(xlabel="length $T$ < 5 & more", title="$unfinished")


@pytest.fixture(scope="module")
def svg():
    return draw_svg("one", 'a "figure" & <more>', (4, 2), draw)


def test_it_is_one_element_without_references_outside(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert root.attrib["viewBox"] == "0 0 288 144"
    assert root.attrib["aria-label"] == 'a "figure" & <more>'
    assert "http" not in svg and "xlink" not in svg and "<style" not in svg


def test_all_its_references_are_to_itself(svg):
    identifiers = set(re.findall(r'\bid="([^"]*)"', svg))
    used = set(re.findall(r'href="#([^"]*)"', svg)) | set(re.findall(r"url\(#([^)]*)\)", svg))
    assert used and used <= identifiers
    assert all(name.startswith("one-") for name in identifiers)


def test_colours_are_left_to_the_page(svg):
    assert "var(--series-0)" in svg and "var(--series-1)" in svg and "var(--ink)" in svg
    assert not re.findall(r"#[0-9a-f]{6}\b", svg)


def test_text_stays_text_in_the_font_of_the_page(svg):
    texts = [element.text for element in ElementTree.fromstring(svg).iter("text")]
    assert "length $T$ < 5 & more" in texts
    assert "$unfinished" in texts
    assert "DejaVu" not in svg and "var(--font)" in svg


def test_it_is_the_same_every_time(svg):
    assert draw_svg("one", 'a "figure" & <more>', (4, 2), draw) == svg


def test_a_name_that_is_no_identifier_is_refused():
    with pytest.raises(ValueError, match="not 'a\"b'"):
        draw_svg('a"b', "", (1, 1), draw)
