import xml.etree.ElementTree as ElementTree

import pytest

from elman.report.figures import (
    NARROW,
    WIDE,
    average,
    draw_accuracy,
    draw_dots,
    draw_losses,
    draw_seconds,
    shorten,
)
from elman.report.marks import marks_for
from elman.report.rows import Row, series_of, with_lengths, without_lengths
from report.fakes import fail, make_row, make_rows

ROWS = make_rows()
MARKS = marks_for(series_of(ROWS))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_accuracy_is_drawn_against_length_with_chance(width):
    found = texts(draw_accuracy(with_lengths(ROWS), MARKS, name="figure", width=width))
    assert {"5", "10", "30", "length T", "test accuracy", "chance, 0.1"} <= set(found)


def count_marks(svg: str, series: int) -> int:
    uses = ElementTree.fromstring(svg).iter("use")
    return sum(f"fill: var(--series-{series})" in use.attrib.get("style", "") for use in uses)


def test_every_finished_seed_has_its_mark():
    rows = with_lengths(ROWS)
    svg = draw_accuracy(rows, MARKS, name="figure", width=WIDE)
    bands = 1
    assert [count_marks(svg, series) - bands for series in range(3)] == [9, 9, 9]
    fewer = [fail(rows[0]), Row(rows[1].spec, None), *rows[2:]]
    svg = draw_accuracy(fewer, MARKS, name="figure", width=WIDE)
    crosses = 1
    assert count_marks(svg, 0) - bands - crosses == 7


def test_seconds_are_drawn_whole_and_by_step():
    found = texts(draw_seconds(with_lengths(ROWS), MARKS, name="figure", width=WIDE))
    assert {"a whole run", "one training step", "seconds", "milliseconds"} <= set(found)


def test_losses_have_a_panel_a_length_and_mark_convergence():
    svg = draw_losses(with_lengths(ROWS), MARKS, name="losses", width=NARROW)
    assert {"T = 5", "T = 10", "T = 30"} <= set(texts(svg))
    # All nine runs of the first series but the three at T = 30 converged.
    assert [count_marks(svg, series) for series in range(3)] == [6, 9, 9]


def test_a_task_without_lengths_has_one_panel():
    svg = draw_losses(without_lengths(ROWS), MARKS, name="digits", width=WIDE)
    assert not any(text.startswith("T =") for text in texts(svg))


def test_dots_name_their_series():
    svg = draw_dots(without_lengths(ROWS), MARKS, name="dots", width=WIDE)
    assert set(MARKS) <= set(texts(svg))
    assert [count_marks(svg, series) for series in range(3)] == [3, 3, 3]


def test_one_run_alone_can_be_drawn():
    rows = [make_row()]
    marks = marks_for(series_of(rows))
    assert "5" in texts(draw_accuracy(rows, marks, name="figure", width=WIDE))
    assert "5" in texts(draw_seconds(rows, marks, name="figure", width=WIDE))
    assert "T = 5" in texts(draw_losses(rows, marks, name="losses", width=WIDE))


def test_curves_are_averaged_over_neighbouring_steps():
    assert average([1.0, 2.0, 3.0], 5) == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert average([1.0, 3.0, 5.0, 7.0, 9.0], 3) == [(1.5, 2.0), (3.5, 6.0), (5, 9.0)]
    assert average([], 5) == []


def test_long_names_are_cut():
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"
