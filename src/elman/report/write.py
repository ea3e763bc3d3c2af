"""The files of a report: the page and the table beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from elman.lab.record import RunRecord
from elman.lab.spec import Lab
from elman.report.files import write_text
from elman.report.page import render_page
from elman.report.rows import Row, rows_of
from elman.report.table import to_csv

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis

PAGE_NAME, TABLE_NAME = "report.html", "results.csv"


def write_report(
    lab: Lab,
    records: Mapping[str, RunRecord],
    code_version: str,
    folder: Path,
    analyses: Mapping[str, Analysis] | None = None,
    better: Sequence[Row] = (),
) -> Path:
    """Writes the page and the table of a lab, and returns the path of the page.

    Each file is complete or is the one from before: an interruption leaves no half of one.

    Args:
        lab: What was asked; runs without a record are shown as missing.
        records: What is stored, by key.
        code_version: The version under which the keys were made.
        folder: An existing folder.
        analyses: What was found in some of the trained networks, by the keys of their runs.
        better: Runs of the lab `better`, where its folder lies beside this one.
    Raises:
        DataError: A file cannot be written; the runs themselves are in the store.
    """
    rows = rows_of(lab, records, code_version)
    write_text(folder / TABLE_NAME, to_csv(rows))
    page = folder / PAGE_NAME
    write_text(page, render_page(lab, rows, analyses, better))
    return page
