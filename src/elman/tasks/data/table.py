"""Series in a table: one row a step, with columns `series`, `step`, `label` and the features.

Every fault is told with its line and the text of the line, several at once.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from elman.errors import DataError
from elman.tasks.data.files import decode
from elman.tasks.data.labelled import Series

_NEEDED = ("series", "step", "label")
_SHOWN = 5  # faults listed in an error
_WIDTH = 100  # characters of a line shown


@dataclass
class _Row:
    """A row that makes sense on its own."""

    line: int
    step: float
    values: list[float]


@dataclass
class _Group:
    """The rows of one series."""

    label: str
    part: str
    line: int
    rows: list[_Row] = field(default_factory=list)


class _FaultError(Exception):
    """Something is wrong in the row being read."""


def read_table(content: bytes, path: Path) -> list[Series]:
    """Returns the series of a table, in the order of their first row.

    Rows of a series need not follow each other; they are ordered by `step`, a number.

    Args:
        content: Comma-separated values in UTF-8 with a line of column names.
        path: Where they were read, for errors.
    Raises:
        DataError: A column is missing, or rows are broken; lists lines with what is wrong and the
            text of each.
    """
    text = decode(content, path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    faults = _Faults(path, text.splitlines())
    columns = _read_header(reader, path)
    groups: dict[str, _Group] = {}
    while True:
        before = reader.line_num
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            faults.add(before + 1, f"it is not comma-separated values: {error}")
            break
        if fields:
            try:
                columns.read(fields, before + 1, groups)
            except _FaultError as fault:
                faults.add(before + 1, str(fault))
    for name, group in groups.items():
        _order(name, group, faults.add)
    faults.raise_if_any()
    if not groups:
        raise DataError(f"{path} has no rows below its column names\n  Give one row for each step.")
    return [
        Series(name, np.array([row.values for row in group.rows]), group.label, group.part)
        for name, group in groups.items()
    ]


@dataclass(frozen=True)
class _Columns:
    """Where what is in a row."""

    names: tuple[str, ...]
    features: tuple[int, ...]

    def read(self, fields: Sequence[str], line: int, groups: dict[str, _Group]) -> None:
        """Adds a row to its series."""
        if len(fields) != len(self.names):
            raise _FaultError(
                f"it has {len(fields)} fields, and there are {len(self.names)} columns"
            )
        known = {name: fields[place].strip() for place, name in enumerate(self.names)}
        for name in ("series", "label"):
            if not known[name]:
                raise _FaultError(f"the {name} is empty")
        step = _number("step", known["step"])
        values = [_number(self.names[place], fields[place]) for place in self.features]
        name, label, part = known["series"], known["label"], known.get("part", "")
        group = groups.setdefault(name, _Group(label, part, line))
        for what, first, now in (("label", group.label, label), ("part", group.part, part)):
            if first != now:
                place = f"{first!r} in line {group.line}"
                raise _FaultError(f"the {what} of series {name} is {now!r} here and {place}")
        group.rows.append(_Row(line, step, values))


def _read_header(reader: Iterator[list[str]], path: Path) -> _Columns:
    try:
        names = tuple(name.strip() for name in next(reader))
    except StopIteration:
        names = ()
    except csv.Error as error:
        raise DataError(f"{path}:1: it is not comma-separated values: {error}") from error
    shown = ", ".join(names) or "nothing"
    missing = [name for name in _NEEDED if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    features = tuple(k for k, name in enumerate(names) if name not in (*_NEEDED, "part"))
    if missing:
        fact = f"there is no column {missing[0]!r}"
    elif twice:
        fact = f"the column {twice[0]!r} is there twice"
    elif not features:
        fact = "there is no column with a feature"
    else:
        return _Columns(names, features)
    raise DataError(
        f"{path}:1: {fact}\n  columns: {shown}\n"
        "  Give series, step, label, at least one feature under a name of your own, and "
        "optionally part."
    )


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        shown = repr(text.strip()) if text.strip() else "empty"
        raise _FaultError(f"{name} is {shown}, not a number") from None
    if not math.isfinite(value):
        raise _FaultError(f"{name} is {text.strip()}, and every value must be finite")
    return value


def _order(name: str, group: _Group, fault: Callable[[int, str], None]) -> None:
    """Sorts the rows of a series by step; the same step twice is a fault."""
    group.rows.sort(key=lambda row: row.step)
    for before, row in zip(group.rows, group.rows[1:], strict=False):
        if before.step == row.step:
            fault(row.line, f"step {row.step:g} of series {name} is in line {before.line} too")


class _Faults:
    """Gathers what is wrong, line by line."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self._path, self._lines = path, lines
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, fact: str) -> None:
        self._found.append((line, fact))

    def raise_if_any(self) -> None:
        if not self._found:
            return
        found = sorted(self._found)
        shown = []
        for line, fact in found[:_SHOWN]:
            text = self._lines[line - 1] if line <= len(self._lines) else ""
            cut = text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
            shown.append(f"  {self._path}:{line}: {fact}\n    {cut}")
        if len(found) > _SHOWN:
            shown.append(f"  and {len(found) - _SHOWN:,} more")
        count = "one row" if len(found) == 1 else f"{len(found):,} rows"
        raise DataError(
            "\n".join([f"{count} of {self._path} cannot be read", *shown])
            + "\n  Correct or remove them; docs/data.md shows the format."
        )
