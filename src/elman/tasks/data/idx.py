"""The IDX format of the MNIST files: a big-endian header, then one byte for each value.

0x00 0x00 0x08 N | size 1 | ... | size N | values        (0x08: unsigned bytes; sizes: 32 bits)
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError

_UNSIGNED_BYTES = 8


def parse_idx(content: bytes, path: Path) -> NDArray[np.uint8]:
    """Returns the array that the bytes of an IDX file hold.

    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), Path("two.idx"))
    array([7, 9], dtype=uint8)

    Args:
        content: The whole file, unzipped.
        path: Where it was read, for the error.
    Raises:
        DataError: It is no IDX file of unsigned bytes, or its length is not the one it states.
    """
    if len(content) < 4 or content[:3] != bytes([0, 0, _UNSIGNED_BYTES]):
        raise _wrong(path, f"it begins with {content[:4].hex(' ') or 'nothing'}, not with 00 00 08")
    axes = content[3]
    head = 4 + 4 * axes
    if axes == 0 or len(content) < head:
        raise _wrong(path, f"its header is cut short: {len(content)} of {head} bytes")
    sizes = [int.from_bytes(content[4 * k : 4 * k + 4], "big") for k in range(1, axes + 1)]
    wanted = head + math.prod(sizes)
    if len(content) != wanted:
        shape = " x ".join(map(str, sizes))
        raise _wrong(path, f"it holds {len(content):,} bytes, and {shape} need {wanted:,}")
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(sizes)


def _wrong(path: Path, fact: str) -> DataError:
    return DataError(
        f"{path} is no whole IDX file of unsigned bytes: {fact}\n"
        "  Delete it, and fetch or copy it again."
    )
