from elman.report.rows import Row, with_lengths, without_lengths
from elman.report.tables import show_accuracies, show_runs, show_troubles
from report.fakes import fail, make_row, make_rows


def test_accuracies_are_medians_with_their_extent():
    rows = [make_row(seed=seed, accuracy=value) for seed, value in enumerate((0.5, 0.25, 0.75))]
    table = show_accuracies(rows)
    assert "<span>0.500</span><small>0.250 to 0.750</small>" in table
    assert 'class="solved"' not in table


def test_solved_lengths_stand_out_and_gaps_are_named():
    rows = with_lengths(make_rows())
    assert show_accuracies(rows).count('class="solved"') == 8
    assert show_accuracies([fail(make_row())]).count(">none<") == 1


def test_a_task_without_lengths_has_one_column_and_one_seed_no_extent():
    assert "accuracy</th>" in show_accuracies(without_lengths(make_rows()))
    assert "<small>" not in show_accuracies([make_row()])


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
