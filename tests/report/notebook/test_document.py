import json

import pytest

from elman.report.notebook.document import is_executed, to_ipynb
from elman.report.notebook.execute import Cell, Executed

CELLS = [Cell("markdown", "# é"), Cell("code", "x = 1\nx"), Cell("code", "y")]
VALUE = {
    "output_type": "execute_result",
    "execution_count": 1,
    "data": {"text/plain": ["1"]},
    "metadata": {},
}


def test_cells_and_outputs_are_in_their_places():
    text = to_ipynb(CELLS, Executed(([VALUE], []), ""))
    found = json.loads(text)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert [cell["cell_type"] for cell in found["cells"]] == ["markdown", "code", "code"]
    assert found["cells"][1]["source"] == ["x = 1\n", "x"]
    assert found["cells"][1]["outputs"] == [VALUE]
    assert [cell.get("execution_count") for cell in found["cells"]] == [None, 1, 2]
    assert len({cell["id"] for cell in found["cells"]}) == 3
    assert is_executed(text, CELLS)


def test_an_error_stands_in_the_cell_that_failed():
    text = to_ipynb(CELLS, Executed(([VALUE],), "Traceback\n  x\nNameError: name 'y'\n"))
    (error,) = json.loads(text)["cells"][2]["outputs"]
    assert (error["ename"], error["evalue"]) == ("NameError", "name 'y'")
    assert not is_executed(text, CELLS)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"cells": [1]}', "\x00"])
def test_what_is_no_notebook_is_not_executed(text):
    assert not is_executed(text, CELLS)


def test_other_cells_are_to_be_executed_again():
    text = to_ipynb(CELLS, Executed(([VALUE], []), ""))
    assert not is_executed(text, CELLS[:2])
    assert not is_executed(to_ipynb(CELLS, Executed(([VALUE],), "")), CELLS)
