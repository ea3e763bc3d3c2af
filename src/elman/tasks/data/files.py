"""Files that must be exactly what they are known to be."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from elman.errors import DataError


@dataclass(frozen=True)
class KnownFile:
    """A published file by its content.

    Attributes:
        name: Its published name.
        size: In bytes.
        sha256: Of its content, in hexadecimal digits.
    """

    name: str
    size: int
    sha256: str


def check_content(content: bytes, known: KnownFile, path: Path, remedy: str) -> None:
    """Raises unless a content is the one known.

    Args:
        content: What was read.
        known: What it should be.
        path: Where it was read, for the error.
        remedy: What the user can do about it.
    Raises:
        DataError: Its size or its SHA-256 differs; says which, and whether it was cut short.
    """
    digest = hashlib.sha256(content).hexdigest()
    if digest == known.sha256:
        return
    if len(content) < known.size:
        fact = f"it is cut short: {len(content):,} of {known.size:,} bytes"
    elif len(content) > known.size:
        fact = f"it is too long: {len(content):,} bytes instead of {known.size:,}"
    else:
        fact = f"it was altered: its SHA-256 is {digest[:12]}… instead of {known.sha256[:12]}…"
    raise DataError(f"{path} is not the published file {known.name}: {fact}\n  {remedy}")


def read_bytes(path: Path) -> bytes:
    """Returns the content of a file.

    Raises:
        DataError: It cannot be read; names it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(
            f"cannot read {path}: {reason}\n  Name a file that exists and that you may read."
        ) from error


def unzip(content: bytes, path: Path) -> bytes:
    """Returns what a gzip file holds.

    Raises:
        DataError: It is cut short or damaged.
    """
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(
            f"{path} is no whole gzip file: {error}\n  Delete it, and fetch or copy it again."
        ) from error


def decode(content: bytes, path: Path) -> str:
    """Returns UTF-8 bytes as text, without a byte-order mark.

    Raises:
        DataError: They are not UTF-8; says which byte.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not text in UTF-8: byte {error.start} is 0x{content[error.start]:02x}\n"
            "  Save the file as UTF-8."
        ) from error


def read_text(path: Path) -> str:
    """Returns the text of a UTF-8 file.

    Raises:
        DataError: It cannot be read, or it is not UTF-8.
    """
    return decode(read_bytes(path), path)
