"""The user's own labelled series, of unequal lengths, from CSV or NumPy files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from elman.errors import DataError
from elman.tasks.data.arrays import read_arrays
from elman.tasks.data.files import read_bytes
from elman.tasks.data.labelled import PARTS, Series, unreadable
from elman.tasks.data.table import read_table

_SHOWN = 5  # series listed in an error


def read_series(path: Path) -> tuple[list[Series], bytes]:
    """Returns the series of a file in the order of their first row, and the bytes they came from.

    `.npz` is read as NumPy arrays, everything else as a table of comma-separated values; see
    `docs/data.md` for both.

    Raises:
        DataError: Something in the file does not make sense; names the line, or the entry of an
            array.
    """
    content = read_bytes(path)
    series = read_arrays(path) if path.suffix.lower() == ".npz" else read_table(content, path)
    _check_parts(series, path)
    return series, content


def _check_parts(series: Sequence[Series], path: Path) -> None:
    given = {one.part for one in series}
    unknown = sorted(given - {*PARTS, ""})
    if unknown:
        raise unreadable(path, f"there is a part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if given <= {""}:
        return
    if "" in given:
        name = next(one.name for one in series if not one.part)
        raise unreadable(path, f"the series {name} has no part, and others have one")
    if not {"train", "test"} <= given:
        raise unreadable(
            path, f"its parts are {', '.join(sorted(given))}; train and test are needed"
        )
    trained = {one.label for one in series if one.part == "train"}
    unseen = [one for one in series if one.label not in trained]
    if unseen:
        listed = ", ".join(f"{one.name} ({one.label!r})" for one in unseen[:_SHOWN])
        more = f" and {len(unseen) - _SHOWN} more" if len(unseen) > _SHOWN else ""
        raise DataError(
            f"{path}: labels that no training series has: {listed}{more}\n"
            f"  Labels of training series: {_first(sorted(trained))}.\n"
            "  Correct the labels, or move a series of each to the part train."
        )


def _first(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
