"""Named sets: each row with its bounds, each goal with the figure that is furthest from it."""

from __future__ import annotations

import pytest

from bench.samples import PEAK, record
from elman.bench.cells import find_cell
from elman.bench.goals import goals_grid
from elman.bench.records import summarise
from elman.bench.table import grids_of
from elman.bench.targets import SETS, Row, Target, merged, rows_of
from elman.bench.work import product_operations


@pytest.mark.parametrize("name", list(SETS))
def test_each_case_is_once_in_a_set(name):
    rows = rows_of(name)
    assert len({(row.case, row.kind) for row in rows}) == len(rows)
    assert all(target.goal for row in rows for target in row.targets)
    # A line of the table of goals has one bound and one aim.
    bounds = {(t.goal, t.least, t.aim) for row in rows for t in row.targets}
    assert len({goal for goal, _, _ in bounds}) == len(bounds)


def test_the_core_is_a_part_of_the_wide_set():
    wide = {(row.case, row.kind) for row in rows_of("wide")}
    assert {(row.case, row.kind) for row in rows_of("core")} <= wide


def row(figure: Target, **given) -> Row:
    (found,) = [
        each
        for each in rows_of("train")
        if each.case.title == given.get("title", "train tanh 28,128,28,128")
    ]
    return Row(found.case, (figure,), found.kind)


def test_the_worst_figure_stands_for_a_goal():
    rows = rows_of("core")
    records = [record(torch_nn=0.0025), record("gru", torch_nn=0.002)]
    (line,) = goals_grid(summarise(records, rows)).rows
    assert [entry.text for entry in line] == [
        "train, tanh and GRU against torch.nn, T ≤ 28",
        "≥ 2.30 ×",
        "2.30 ×",
        "2.00 ×",
        "gru 28,128,28,128",
        "1 of 2",
    ]
    assert line[-1].reached is False


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        (Target("share", 0.42, 0.6), True),
        (Target("share", 0.9, 0.9), False),
        (Target("call", 60e-6, 60e-6), False),
        (Target("keeps", 1.5, 1), True),
        (Target("best", 1.4, 2), True),
        (Target("best", 1.6, 2), False),
    ],
)
def test_bounds_of_every_kind(target, reached):
    seconds = 6 * 28 * 128 * 128 * (28 + 128) / PEAK * 2  # half of the peak
    found = record(elman=seconds, jax=1.5 * seconds, loop=3 * seconds)
    (summary,) = summarise([found], [row(target)])
    figure = summary.figure(target.of)
    assert figure is not None and target.reached(figure.value) is reached
    if target.of == "share":
        assert figure.value == pytest.approx(0.5, rel=1e-3)
    if target.of != "keeps":  # memory has a table of its own
        (grid,) = grids_of([summary])
        assert [entry.reached for entry in grid.rows[0] if entry.reached is not None] == [reached]


def test_targets_of_the_same_case_are_joined():
    first, second = Target("loop", 2, 3, "a"), Target("jax", 2, 3, "b")
    case = rows_of("train")[0].case
    assert merged([Row(case, (first,)), Row(case, (second, first))]) == [Row(case, (first, second))]


def test_texts_of_the_corpus_are_cells():
    names = [each.case.cell for each in rows_of("corpus")]
    assert "corpus/janet" in names and "corpus/tutorial_scalar" not in names
    module = find_cell("corpus/pytorch_lstm_projection").module(28, 128, "eager")
    assert module.sizes["x"] == 28 and module.sizes["h"] == 128


@pytest.mark.parametrize(
    ("text", "sizes", "operations"),
    [
        ("h_t = tanh(W x_t + U h_{t-1})", {"x": 3, "h": 4}, 2 * 4 * (3 + 4)),
        ("h_t = tanh(x_t W + h_{t-1} U)", {"x": 3, "h": 4}, 2 * 4 * (3 + 4)),
        ("h_t = w * h_{t-1} + x_t", {"x": 4}, 0),
    ],
)
def test_useful_arithmetic(text, sizes, operations):
    from elman.nn import module

    made = module(text, sizes, "h", backend="eager")
    assert product_operations(made.recurrence.typed(made.sizes)) == operations
