from elman.report.rows import (
    Row,
    at_length,
    finished,
    lengths_of,
    rows_of,
    series_of,
    spread,
    spread_by_length,
    with_lengths,
    without_lengths,
)
from report.fakes import fail, make_lab, make_row, make_rows


def test_runs_without_a_record_are_missing():
    rows = make_rows()
    records = {row.record.key: row.record for row in rows[1:]}
    found = rows_of(make_lab(rows), records, "code 1")
    assert [row.spec for row in found] == [row.spec for row in rows]
    assert found[0].status == "missing" and found[0].metrics is None
    assert found[1:] == rows[1:]


def test_rows_are_grouped_by_series_and_length():
    rows = make_rows()
    assert list(series_of(rows)) == [
        "vanilla, start lab",
        "vanilla, start orthogonal",
        "gated, start b",
    ]
    assert lengths_of(rows) == [5, 10, 30]
    assert len(at_length(rows, 10)) == 9
    assert len(with_lengths(rows)) == 27 and len(without_lengths(rows)) == 9


def test_failed_runs_have_no_figures():
    rows = [make_row(), fail(make_row(seed=1)), Row(make_row(seed=2).spec, None)]
    assert [row.status for row, _ in finished(rows)] == ["finished"]


def test_the_spread_is_over_the_finished_seeds():
    rows = [make_row(seed=seed, accuracy=value) for seed, value in enumerate((0.5, 0.2, 0.9))]
    rows.append(fail(make_row(seed=3)))
    found = spread_by_length(rows, "accuracy")[5]
    assert (found.low, found.middle, found.high) == (0.2, 0.5, 0.9)
    assert found.values == (0.5, 0.2, 0.9)
    assert spread([]) is None
