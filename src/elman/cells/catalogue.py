"""The catalogue: a cell is a file `<name>.eq` in this folder.

Its first comment line says what it is, the next ones who published it.
"""

from __future__ import annotations

import difflib
from importlib.resources import files

from elman.errors import DataError


def names() -> list[str]:
    """Returns the names of the cells, in alphabetical order."""
    found = (entry.name for entry in files("elman.cells").iterdir())
    return sorted(name.removesuffix(".eq") for name in found if name.endswith(".eq"))


def read_cell(name: str) -> str:
    """Returns the equations of a cell, its comments included.

    Raises:
        DataError: There is no such cell; the message names the nearest.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name.lower(), known, n=1)
        raise DataError(
            f"there is no cell named {name!r}\n"
            f"  cells: {', '.join(known)}\n"
            + (f"  Did you mean {near[0]!r}?" if near else "  Use one of them.")
        )
    return files("elman.cells").joinpath(f"{name}.eq").read_text(encoding="utf-8")


def describe(name: str) -> str:
    """Returns what a cell is, in one line.

    >>> describe("lstm")
    'Long short-term memory with a forget gate, and a linear output.'

    Raises:
        DataError: There is no such cell.
    """
    return read_cell(name).splitlines()[0].removeprefix("#").strip()
