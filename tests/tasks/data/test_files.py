"""Files that must be exactly what they are known to be."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from elman.errors import DataError
from elman.tasks.data.files import KnownFile, check_content, read_bytes, read_text, unzip

CONTENT = b"0123456789"
KNOWN = KnownFile("ten.bin", 10, hashlib.sha256(CONTENT).hexdigest())


def test_the_content_known_passes(tmp_path):
    check_content(CONTENT, KNOWN, tmp_path / "ten.bin", "Copy it again.")


@pytest.mark.parametrize(
    "content, fact",
    [
        (CONTENT[:-1], "it is cut short: 9 of 10 bytes"),
        (CONTENT + b"x", "it is too long: 11 bytes instead of 10"),
        (b"0123456780", "it was altered: its SHA-256 is"),
    ],
)
def test_another_content_is_refused_by_name(tmp_path, content, fact):
    path = tmp_path / "mine.bin"
    with pytest.raises(DataError) as caught:
        check_content(content, KNOWN, path, "Copy it again.")
    message = str(caught.value)
    assert message.startswith(f"{path} is not the published file ten.bin: {fact}")
    assert message.endswith("\n  Copy it again.")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*none\.txt: No such file"):
        read_bytes(tmp_path / "none.txt")


def test_a_zipped_file_cut_short_is_named(tmp_path):
    whole = gzip.compress(CONTENT)
    assert unzip(whole, tmp_path / "a.gz") == CONTENT
    for content in (whole[:-4], whole[:12], b"plain", whole[:10] + b"\xff" * 8):
        with pytest.raises(DataError, match=r"a\.gz is no whole gzip file"):
            unzip(content, tmp_path / "a.gz")


def test_text_is_utf_8_with_or_without_its_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffé".encode())
    assert read_text(path) == "é"
    path.write_bytes(b"ab\xff")
    with pytest.raises(DataError, match=r"a\.txt is not text in UTF-8: byte 2 is 0xff"):
        read_text(path)
