"""Every cell of the catalogue parses, says what it is and who published it."""

from __future__ import annotations

import pytest

import elman
from elman.cells import describe, names, read_cell
from elman.errors import DataError


def test_the_catalogue_holds_the_cells_that_the_documents_speak_of():
    assert {"elman", "gru", "jordan", "lstm", "vanilla"} <= set(names())
    assert names() == sorted(names())


@pytest.mark.parametrize("name", names())
def test_every_cell_reads_and_has_an_output_line(name):
    recurrence = elman.parse(read_cell(name), name)
    assert recurrence.states
    assert recurrence.inputs == ("x",)
    assert recurrence.shapes({"x": 3, "h": 4, "y": 2})["y"][0].size == 2


@pytest.mark.parametrize("name", names())
def test_every_cell_begins_with_a_sentence_and_a_citation(name):
    first, second = read_cell(name).splitlines()[:2]
    assert first.startswith("# ") and first.endswith(".")
    assert describe(name) == first[2:]
    assert second.startswith("# ") and any(year in second for year in ("19", "20"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    # From the matrices and vectors of each cell at x=3, h=4, y=2.
    [
        ("vanilla", 4 * (3 + 4 + 1) + 2 * (4 + 1)),
        ("elman", 4 * (3 + 4 + 1) + 2 * (4 + 1)),
        ("jordan", 4 * (3 + 2 + 1) + 2 * (4 + 1)),
        ("lstm", 4 * 4 * (3 + 4 + 1) + 2 * (4 + 1)),
        ("gru", 3 * 4 * (3 + 4 + 1) + 2 * (4 + 1)),
    ],
)
def test_parameter_counts(name, parameters):
    assert elman.parse(read_cell(name)).parameter_count({"x": 3, "h": 4, "y": 2}) == parameters


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(DataError, match=r"no cell named 'lstn'\n  cells: .*\n.*'lstm'"):
        read_cell("lstn")
