"""Values in files, and as the command line writes them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from elman.errors import DataError


def read_values(path: str | Path) -> dict[str, Any]:
    """Reads arrays by name from a `.npz` or `.json` file.

    Args:
        path: The file; JSON holds one object of numbers and nested lists.

    Raises:
        DataError: It holds something else.
        OSError: It cannot be read.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return _read_npz(path)
    if path.suffix == ".json":
        return _read_json(path)
    raise DataError(f"{path} is neither .npz nor .json\n  Save the arrays in one of these.")


def _read_npz(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (ValueError, EOFError, AttributeError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else "it is damaged"
        raise DataError(
            f"{path} cannot be read as .npz\n  {reason}\n  Write it with numpy.savez."
        ) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(
            f"{path} is no JSON\n  {error}\n"
            '  Write one object, such as {"a": 20, "x": [0.5, -1]}.'
        ) from None
    if not isinstance(found, dict):
        raise DataError(
            f"{path} holds no object but {type(found).__name__}\n"
            '  Write values by name, such as {"a": 20, "x": [0.5, -1]}.'
        )
    return found


def flatten_value(pieces: list[Any], *, sequence: bool) -> Any:
    """Returns what the list of values after `name=` stands for.

    One piece is the value itself, as in a file; several are the entries of a vector, or the steps
    of an input. One number for an input is its only step.

    Args:
        pieces: As `elman.cli.arguments.read_assignments` returns them.
        sequence: Whether the name is an input.
    """
    if len(pieces) > 1 or (sequence and not isinstance(pieces[0], list)):
        return pieces
    return pieces[0]
