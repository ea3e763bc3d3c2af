from elman.report.blocks import Material
from elman.report.marks import marks_for
from elman.report.rows import series_of
from elman.report.sections.truncation import show_truncation, tell_truncation
from report.fakes import make_lab, make_row, make_rows, vary


def make_cut():
    return [
        vary(
            make_row(0, 20, seed, 0.1 if window < 19 else 1.0),
            f"window {window}",
            study={
                "window": window,
                "kept_bytes": 1024 * window,
                "seconds_a_step": 0.01,
                "cosine_start": window / 19,
                "cosine_end": window / 38,
                "norm_ratio_start": 0.5,
                "norm_ratio_end": 0.25,
            },
        )
        for window in (1, 4, 19)
        for seed in range(3)
    ]


def material(rows):
    return Material(make_lab(rows), rows, marks_for(series_of(rows)))


def test_each_window_has_its_line_with_what_was_measured():
    (section,) = show_truncation(material(make_cut()))
    assert section.title == "What a window saves, and what it costs"
    assert section.body.count("<svg") == 2
    assert section.body.count("<tr>") == 4
    assert "4 KiB" in section.body and "0.21" in section.body


def test_the_sentences_compare_the_shortest_window_with_all_steps():
    told = tell_truncation(make_cut())
    assert "keeps 19.0 times less memory" in told[0]
    assert "is 0.05 before training and 0.03 after it" in told[1]
    assert "0.100 with it and 1.000 with all steps" in told[2]
    assert tell_truncation(make_cut()[-3:]) == []


def test_without_the_study_there_is_no_section():
    assert show_truncation(material(make_rows())) == []
