"""Files that are either complete or not there."""

from __future__ import annotations

from pathlib import Path

from elman.errors import DataError
from elman.train.atomic import write_atomically


def write_text(path: Path, text: str) -> None:
    """Writes a text file in one piece: an interruption leaves the file from before.

    Raises:
        DataError: The file cannot be written, with the reason; the one from before is kept.
    """
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}\n"
            "  Free some space there, or give another folder with --out; what was there is kept."
        ) from error
