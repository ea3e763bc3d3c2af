"""Plateaus of k/10, in the report."""

from __future__ import annotations

from dataclasses import replace

from elman.report.blocks import Material
from elman.report.marks import marks_for
from elman.report.rows import series_of
from elman.report.sections.plateaus import show_plateaus
from elman.report.summary import tell_plateaus
from elman.train.groups import explain_groups
from report.fakes import make_lab, make_rows


def test_the_groups_are_listed_where_they_explain_the_accuracy():
    rows = make_rows()
    first = rows[0]
    told = f"stuck; {explain_groups(((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)), 0.2, 10)}"
    stuck = replace(first.record.metrics, explanation=told)
    rows[0] = replace(first, record=replace(first.record, metrics=stuck))
    lab = make_lab(rows)
    (section,) = show_plateaus(Material(lab, rows, marks_for(series_of(rows))))
    assert section.body.count("<li>") == 1
    assert "{0 1 2 3 4} {5 6 7 8 9}" in section.body
    assert tell_plateaus(rows).startswith("1 run ended on a plateau of k/C")


def test_other_labs_say_nothing_of_plateaus():
    rows = make_rows()
    assert show_plateaus(Material(make_lab(rows), rows, marks_for(series_of(rows)))) == []
    assert tell_plateaus(rows) == ""
