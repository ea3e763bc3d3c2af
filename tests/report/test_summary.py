from dataclasses import replace

import pytest

from elman.report.rows import Row, with_lengths
from elman.report.summary import (
    compare_starts,
    count_runs,
    join_words,
    summarise,
    tell_networks,
    tell_reach,
    tell_task,
    tell_times,
)
from report.fakes import fail, look_at, make_row, make_rows


def seeds(length: int | None, *accuracies: float, series: int = 0) -> list[Row]:
    return [make_row(series, length, seed, value) for seed, value in enumerate(accuracies)]


def test_runs_are_counted_by_how_they_ended():
    rows = make_rows()
    assert count_runs(rows) == "All 36 runs finished."
    rows[0], rows[1], rows[2] = fail(rows[0]), fail(rows[1], "crashed"), Row(rows[2].spec, None)
    assert count_runs(rows).startswith("Of 36 runs, 33 finished, 2 failed and 1 missing;")


def test_a_series_that_solves_every_length():
    rows = seeds(5, 1.0, 0.99) + seeds(30, 0.995, 1.0)
    assert tell_reach("s", rows) == (
        "s: at least 0.99 in every seed at every length tested, T = 5 to 30."
    )


def test_a_series_that_falls_to_chance():
    rows = seeds(5, 1.0, 1.0) + seeds(10, 0.99, 1.0) + seeds(30, 0.1, 0.12, 0.13)
    assert tell_reach("s", rows) == (
        "s: at least 0.99 in every seed up to T = 10; at T = 30 the median is 0.12 "
        "(0.10 to 0.13), hardly better than chance (0.1)."
    )


def test_one_seed_below_leaves_a_length_unsolved():
    rows = seeds(5, 1.0, 0.989) + seeds(10, 1.0, 1.0)
    assert tell_reach("s", rows) == (
        "s: 0.99 is not reached by every seed even at T = 5; the median is 0.99 (0.99 to 1.00)."
    )


def test_of_one_length_nothing_is_said_twice():
    assert tell_reach("s", seeds(9, 1.0)) == "s: at least 0.99 in every seed at T = 9."
    assert tell_reach("s", seeds(9, 0.5)) == (
        "s: 0.99 is not reached by every seed at T = 9; the median is 0.50."
    )


def test_a_series_without_results():
    assert tell_reach("s", [fail(make_row())]) == "s: no run finished."


def test_two_starts_of_the_same_equations_are_compared_where_they_differ_most():
    rows = seeds(5, 1.0) + seeds(30, 0.3) + seeds(5, 1.0, series=1) + seeds(30, 0.98, series=1)
    rows += seeds(30, 0.5, series=2)
    (sentence,) = compare_starts(rows)
    assert sentence == (
        "vanilla: with the same equations and the same training, the start alone moves the median "
        "accuracy at T = 30 from 0.30 (lab) to 0.98 (orthogonal)."
    )


def test_another_training_is_not_called_the_same():
    row = make_row(1, 5, 0, 0.2)
    other = replace(row.spec, training={**row.spec.training, "learning_rate": 1.0})
    (sentence,) = compare_starts([*seeds(5, 1.0), replace(row, spec=other)])
    assert sentence.startswith("vanilla: with the same equations, the start moves the median")


def test_starts_that_do_not_differ():
    (sentence,) = compare_starts(seeds(5, 0.97) + seeds(5, 1.0, series=1))
    assert "differs by less than 0.05 at every length" in sentence


def test_starts_without_a_shared_length_are_not_compared():
    assert compare_starts(seeds(5, 0.5) + seeds(10, 1.0, series=1)) == []


def test_times_are_medians_of_the_rows():
    rows = seeds(5, 1.0, 1.0, 1.0) + seeds(30, 1.0, 1.0, 1.0)
    first, second = tell_times(rows)
    assert first == "A run at T = 30 took in the median 16.0 s and 1210 steps (vanilla, start lab)."
    growth = (16.0 / 1210) / (3.5 / 210)
    assert second == (
        f"From T = 5 to T = 30, 6 times as long, one training step takes {growth:.1f} times as "
        "long."
    )
    assert tell_times([fail(make_row())]) == []


def test_a_task_without_lengths():
    (sentence,) = tell_task("digits", seeds(None, 0.97, 0.981, 0.975))
    assert sentence == (
        "digits, vanilla, start lab: a test accuracy of 0.970 to 0.981 on 2000 sequences held out "
        "(3 seeds)."
    )
    (sentence,) = tell_task("digits", seeds(None, 0.97))
    assert sentence.endswith("0.970 on 2000 sequences held out (1 seed).")
    (sentence,) = tell_task("digits", [fail(make_row(length=None))])
    assert sentence == "digits, vanilla, start lab: no run finished."


def test_the_summary_follows_the_rows():
    rows = make_rows()
    before = summarise(rows)
    assert len(before) == 1 + 3 + 1 + 2 + 3
    assert any("0.30 (lab) to 1.00 (orthogonal)" in sentence for sentence in before)
    worse = [make_row(1, row.spec.length, row.spec.seed, 0.2) if row.spec.start == "orthogonal"
             else row for row in with_lengths(rows)]  # fmt: skip
    after = summarise(worse)
    assert any("from 0.20 (orthogonal) to 1.00 (lab)" in sentence for sentence in after)


@pytest.mark.parametrize("rows", [[], [fail(make_row())], [Row(make_row().spec, None)]])
def test_a_lab_without_results_has_a_summary(rows):
    assert summarise(rows)


def test_words_are_joined():
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b"]) == "a and b"


def test_networks_of_one_place_are_told_together():
    rows = make_rows()
    looked = look_at([rows[6], rows[15], rows[27]])
    found = tell_networks([(row, looked[row.record.key]) for row in (rows[6], rows[15], rows[27])])
    assert len(found) == 2
    assert found[0].startswith("palindrome, T = 30: the derivative of the loss by the first state")
    assert all(text.count(rows[6].spec.series) == 1 for text in found)
    assert all(text.count(rows[15].spec.series) == 1 for text in found)
    digits = tell_networks([(rows[27], looked[rows[27].record.key])])
    assert digits[0].startswith("digits: ")
    assert tell_networks([]) == []
