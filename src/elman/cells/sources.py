"""Where equations come from: a text, a file, standard input, or a cell of the catalogue."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from elman.cells.catalogue import names, read_cell
from elman.errors import DataError

SIZE_LIMIT = 64 * 1024  # bytes; the parser refuses more as well
_FILE_ENDINGS = (".eq", ".tex", ".txt")


def read_equations(argument: str) -> tuple[str, str]:
    """Returns the text that an argument stands for, and the name by which errors call it.

    >>> read_equations("h_t = tanh(W h_{t-1})")
    ('h_t = tanh(W h_{t-1})', '<text>')
    >>> read_equations("gru")[1]
    'gru'

    Args:
        argument: A text, when it contains `=`; a file, when it exists; `-` for standard input;
            else the name of a cell in the catalogue.

    Raises:
        DataError: It is none of these, or a file that is no text or is too large.
    """
    if "=" in argument:
        return argument, "<text>"
    if argument == "-":
        return _decoded(sys.stdin.buffer.read(SIZE_LIMIT + 1), "standard input"), "<stdin>"
    path = Path(argument)
    if argument and _exists(path):
        return _read_file(path), argument
    if argument in names():
        return read_cell(argument), argument
    raise _unknown(argument)


def _exists(path: Path) -> bool:
    """Says whether something lies at a path; a name that can't be a path has nothing there."""
    try:
        return path.exists() and not (path.is_dir() and str(path) in names())
    except (OSError, ValueError):
        return False


def _read_file(path: Path) -> str:
    if path.is_dir():
        raise DataError(f"{path} is a folder\n  Name one of the files in it that holds equations.")
    with path.open("rb") as file:
        return _decoded(file.read(SIZE_LIMIT + 1), str(path))


def _decoded(data: bytes, name: str) -> str:
    if len(data) > SIZE_LIMIT:
        raise DataError(
            f"{name} is too large to be equations\n"
            f"  more than {SIZE_LIMIT // 1024} KiB\n"
            "  Give a file that holds the equations alone."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_text(name, error.start, data[error.start]) from None
    if "\0" in text:
        raise _not_text(name, data.index(b"\0"), 0)
    return text


def _not_text(name: str, place: int, byte: int) -> DataError:
    return DataError(
        f"{name} is not a text file\n"
        f"  byte {place} is 0x{byte:02x}, which is no text in UTF-8\n"
        "  Save the equations as UTF-8 text."
    )


def _unknown(argument: str) -> DataError:
    known = names()
    near = difflib.get_close_matches(argument.lower(), known, n=1)
    shown = argument if len(argument) <= 60 else argument[:57] + "..."
    is_file = argument.endswith(_FILE_ENDINGS) or "/" in argument or "\\" in argument
    message = f"there is no file {shown!r}" if is_file else f"there is no cell or file {shown!r}"
    if near:
        remedy = f"Did you mean {near[0]!r}?"
    else:
        remedy = "Equations are read as text when they contain '=': h_t = tanh(W h_{t-1} + U x_t)"
    return DataError(f"{message}\n  cells: {', '.join(known)}\n  {remedy}")
