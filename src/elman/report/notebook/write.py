"""Writes the notebook of a lab, executed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from elman.lab.spec import Lab
from elman.report.files import write_text
from elman.report.notebook.cells import make_cells
from elman.report.notebook.document import is_executed, to_ipynb
from elman.report.notebook.execute import Execution
from elman.report.rows import Row

NOTEBOOK_NAME = "lab.ipynb"
_Value = TypeVar("_Value")


def write_notebook(
    lab: Lab,
    rows: Sequence[Row],
    folder: Path,
    meanwhile: Callable[[], _Value],
) -> tuple[_Value, str]:
    """Executes the notebook of a lab and writes it; one that is there with the same cells stays.

    Args:
        lab: What was asked.
        rows: Its runs.
        folder: An existing folder.
        meanwhile: Is called while the notebook is executed, in this process.
    Returns:
        What `meanwhile` returned, and the exception of the cell that failed;
        empty where none did, and where there is nothing to show, as no run has finished.
    Raises:
        DataError: The file cannot be written.
    """
    cells = make_cells(lab, rows)
    path = folder / NOTEBOOK_NAME
    known = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not cells or is_executed(known, cells):
        return meanwhile(), ""
    execution = Execution(cells)
    try:
        value = meanwhile()
        executed = execution.finish()
    finally:
        execution.stop()
    write_text(path, to_ipynb(cells, executed))
    return value, executed.exception
