from dataclasses import replace

from elman.report.rows import Row, with_lengths
from elman.report.tables import show_accuracies, show_runs, show_setup, show_troubles
from report.fakes import fail, make_lab, make_row, make_rows


def test_accuracies_are_medians_with_their_extent():
    rows = [make_row(seed=seed, accuracy=value) for seed, value in enumerate((0.5, 0.25, 0.75))]
    table = show_accuracies(rows)
    assert "<span>0.500</span><small>0.250 to 0.750</small>" in table
    assert 'class="solved"' not in table


def test_solved_lengths_stand_out_and_gaps_are_named():
    rows = with_lengths(make_rows())
    assert show_accuracies(rows).count('class="solved"') == 8
    assert show_accuracies([fail(make_row())]).count(">none<") == 1


def test_troubles_are_told_with_their_reasons():
    assert show_troubles(make_rows()) == ""
    crashed = fail(make_row(), "crashed", "ZeroDivisionError: <b>\nTraceback (most recent call")
    text = show_troubles([crashed, Row(make_row(seed=1).spec, None)])
    assert "<td>crashed</td><td>ZeroDivisionError: &lt;b&gt;</td>" in text
    assert "<td>missing</td><td>not run yet</td>" in text


def test_every_run_is_listed():
    text = show_runs([*make_rows(), fail(make_row(seed=9))])
    assert text.count("<tr>") == 1 + 37
    assert "<td>step limit</td>" in text


def test_the_setup_names_seeds_versions_and_the_command():
    rows = make_rows()
    other = replace(rows[0].record, machine={"torch": "1.2.4", "processor": "abacus"})
    rows[0] = replace(rows[0], record=other)
    text = show_setup(make_lab(rows), rows)
    assert "<pre>elman lab --cells &#x27;a &amp; b&#x27;</pre>" in text
    assert "<dt>seeds</dt><dd>0, 1, 2</dd>" in text
    assert "<dt>torch</dt><dd>1.2.4, 1.2.3</dd>" in text
    assert "learning rate 0.001" in text
    assert "2000 test sequences" in text
