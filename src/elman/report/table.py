"""The rows of a lab as a table, one line a run: `results.csv`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from elman.report.rows import Row


def _figure(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row.metrics is None else getattr(row.metrics, name)


def _of_record(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row.record is None else getattr(row.record, name)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


COLUMNS: dict[str, Callable[[Row], Any]] = {
    "task": lambda row: row.spec.task,
    "length": lambda row: row.spec.length,
    "cell": lambda row: row.spec.cell,
    "start": lambda row: row.spec.start,
    "seed": lambda row: row.spec.seed,
    "status": lambda row: row.status,
    "accuracy": _figure("accuracy"),
    "validation_accuracy": _figure("validation_accuracy"),
    "chance": _figure("chance"),
    "loss": _figure("loss"),
    "best_step": _figure("best_step"),
    "steps": _figure("steps"),
    "ending": _figure("ending"),
    "converged_at": _figure("converged_at"),
    "seconds": _figure("seconds"),
    "parameters": _figure("parameters"),
    "test_size": _figure("test_size"),
    "reason": _of_record("reason"),
    "ended_at": _of_record("ended_at"),
    "equations": lambda row: row.spec.equations,
    "sizes": lambda row: _json(row.spec.sizes),
    "init": lambda row: _json(row.spec.init),
    "options": lambda row: _json(row.spec.options),
    "training": lambda row: _json(row.spec.training),
    "data_version": lambda row: row.spec.data_version,
    "code_version": _of_record("code_version"),
    "processor": lambda row: None if row.record is None else row.record.machine.get("processor"),
    "key": _of_record("key"),
}


def to_csv(rows: Sequence[Row]) -> str:
    """Returns the table with one line a run and all its figures, missing values empty.

    Figures are written in full, so that reading them back gives the same numbers.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([read(row) for read in COLUMNS.values()])
    return text.getvalue()
