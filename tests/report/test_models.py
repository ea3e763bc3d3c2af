from dataclasses import replace

from elman.ir import parse
from elman.lab.models import read_models
from elman.report.models import describe_start, show_models
from report.fakes import make_rows


def test_each_recurrence_is_shown_once_with_its_starts():
    text = show_models(make_rows())
    assert text.count('class="model"') == 2
    assert text.count("<math") == sum(
        len(parse(rows.spec.equations).latex_lines()) for rows in (make_rows()[0], make_rows()[-1])
    )
    assert "start <b>lab</b>: every matrix normal with standard deviation 0.01" in text
    assert "b_f = 3</li>" in text
    assert "17,802 parameters" in text


def test_starts_in_words():
    assert describe_start(None) == describe_start("torch")
    assert describe_start("normal(0.5)") == "normal(0.5)"
    assert describe_start({"W": "identity", "b": 0.25}) == "W: identity, b = 0.25"


def test_each_recurrence_is_drawn_once_with_the_steps_that_fit():
    rows = make_rows()
    twin = replace(rows[0], spec=replace(rows[0].spec, cell="the same by another name"))
    text = show_models([*rows, twin])
    assert text.count('class="model"') == 3
    assert text.count('<div class="graph"><svg') == 2
    assert "over 2 steps</title>" in text
    (gru,) = read_models(["gru"])
    wide = replace(rows[0], spec=replace(rows[0].spec, equations=gru.equations))
    assert "over 1 step</title>" in show_models([wide])


def test_equations_that_cannot_be_read_have_no_drawing():
    row = make_rows()[0]
    text = show_models([replace(row, spec=replace(row.spec, equations="h[t] = ("))])
    assert "<pre>h[t] = (</pre>" in text and "graph" not in text
