from elman.report.blocks import Material
from elman.report.marks import marks_for
from elman.report.rows import series_of
from elman.report.sections.beyond import reached_at, show_beyond
from report.fakes import make_lab, make_row, make_rows, vary


def material(rows):
    return Material(make_lab(rows), rows, marks_for(series_of(rows)))


def make_tested():
    beyond = {"100": 1.0, "10000": 0.5}
    return [vary(make_row(0, 1000, seed), "", beyond=beyond) for seed in range(3)]


def test_other_lengths_are_shown_with_that_of_the_training():
    rows = make_tested()
    assert reached_at(rows) == {100: [1.0] * 3, 1000: [1.0] * 3, 10000: [0.5] * 3}
    (section,) = show_beyond(material(rows))
    assert "T = 10,000" in section.body and "0.500 (0.500)" in section.body
    assert section.body.count('<svg class="wide"') == 1


def test_without_other_lengths_there_is_no_section():
    assert show_beyond(material(make_rows())) == []
