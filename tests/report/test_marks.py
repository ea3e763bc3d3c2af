from elman.report.marks import MARKS, colour_variables, marks_for


def test_series_differ_in_more_than_colour():
    assert len({mark.marker for mark in MARKS}) == len(MARKS)
    assert len({str(mark.dashes) for mark in MARKS}) == len(MARKS)


def test_every_stand_in_is_its_own_colour():
    assert len(colour_variables()) == len(MARKS) + 3
    assert len(set(colour_variables().values())) == len(MARKS) + 3


def test_marks_begin_again_after_the_last():
    names = [str(place) for place in range(len(MARKS) + 1)]
    marks = marks_for(names)
    assert marks[names[0]] == marks[names[-1]] != marks[names[1]]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_stand_out_from_the_page():
    for mark in MARKS:
        on_white = 1.05 / (luminance(mark.light) + 0.05)
        on_black = (luminance(mark.dark) + 0.05) / (luminance("#14181d") + 0.05)
        assert on_white >= 3 and on_black >= 3, mark  # WCAG 2.2, 1.4.11
