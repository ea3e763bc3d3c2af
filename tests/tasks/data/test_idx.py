"""The IDX format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elman.errors import DataError
from elman.tasks.data.idx import parse_idx

PATH = Path("images.idx")


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 300)])
def test_arrays_come_back(shape):
    array = (np.arange(np.prod(shape)) % 251).astype(np.uint8).reshape(shape)
    found = parse_idx(idx(array), PATH)
    assert found.shape == shape and (found == array).all()


WHOLE = idx(np.zeros((2, 3), np.uint8))


@pytest.mark.parametrize(
    "content, fact",
    [
        (b"", "it begins with nothing"),
        (b"\x00\x00\x0d\x01" + WHOLE[4:], "it begins with 00 00 0d 01"),
        (b"<html>", "it begins with 3c 68 74 6d"),
        (WHOLE[:9], "its header is cut short: 9 of 12 bytes"),
        (b"\x00\x00\x08\x00", "its header is cut short: 4 of 4 bytes"),
        (WHOLE[:-1], "it holds 17 bytes, and 2 x 3 need 18"),
        (WHOLE + b"x", "it holds 19 bytes, and 2 x 3 need 18"),
    ],
)
def test_other_contents_are_refused_by_name(content, fact):
    with pytest.raises(DataError) as caught:
        parse_idx(content, PATH)
    assert str(caught.value).startswith("images.idx is no whole IDX file")
    assert fact in str(caught.value)
