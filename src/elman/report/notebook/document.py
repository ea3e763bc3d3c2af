"""A notebook as Jupyter reads it: JSON of the format 4.5."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from typing import Any

from elman.report.notebook.execute import Cell, Executed


def to_ipynb(cells: Sequence[Cell], executed: Executed) -> str:
    """Returns a notebook with its outputs; cells that were not reached have none.

    Args:
        cells: All cells.
        executed: What became of those that hold code.
    """
    number = 0
    shown: list[dict[str, Any]] = []
    for place, cell in enumerate(cells):
        entry: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"cell-{place}",
            "metadata": {},
            "source": cell.source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            begun = number < len(executed.outputs)
            entry["outputs"] = list(executed.outputs[number]) if begun else []
            if executed.error and number == len(executed.outputs):
                entry["outputs"] = [_error(executed)]
                begun = True
            entry["execution_count"] = number + 1 if begun else None
            number += 1
        shown.append(entry)
    return json.dumps(
        {"cells": shown, "metadata": _metadata(), "nbformat": 4, "nbformat_minor": 5},
        ensure_ascii=False,
        indent=1,
    )


def _error(executed: Executed) -> dict[str, Any]:
    name, _, message = executed.exception.partition(": ")
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": executed.error.splitlines(),
    }


def _metadata() -> dict[str, Any]:
    return {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": platform.python_version()},
    }


def is_executed(text: str, cells: Sequence[Cell]) -> bool:
    """Whether a notebook has just these cells, all of them executed without an error.

    Args:
        text: What a file holds, anything.
        cells: As they would be written now.
    """
    try:
        found = json.loads(text)["cells"]
        same = [(cell["cell_type"], "".join(cell["source"])) for cell in found] == [
            (cell.kind, cell.source) for cell in cells
        ]
        code = [cell for cell in found if cell["cell_type"] == "code"]
        return same and all(
            cell["execution_count"] is not None
            and all(output["output_type"] != "error" for output in cell["outputs"])
            for cell in code
        )
    except (KeyError, TypeError, ValueError):
        return False
