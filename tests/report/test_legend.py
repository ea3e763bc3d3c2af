import xml.etree.ElementTree as ElementTree

from elman.report.legend import draw_legend
from elman.report.marks import MARKS, marks_for


def test_every_series_has_a_line_and_a_marker_of_its_own():
    names = [f"series {place}" for place in range(len(MARKS))]
    root = ElementTree.fromstring(draw_legend(marks_for(names)))
    items = list(root)
    assert ["".join(item.itertext()).strip() for item in items] == names
    samples = [ElementTree.tostring(item.find("svg")) for item in items]
    assert len(set(samples)) == len(MARKS)


def test_names_are_escaped():
    assert "&lt;b&gt;" in draw_legend(marks_for(["<b>"]))
