"""Files that are either complete or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from elman.errors import DataError


def write_text(path: Path, text: str) -> None:
    """Writes a text file in one piece: an interruption leaves the file from before.

    Raises:
        DataError: The file cannot be written, with the reason; the one from before is kept.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        part = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o644)  # mkstemp's file is for its owner alone
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}\n"
            "  Free some space there, or give another folder with --out; what was there is kept."
        ) from error
