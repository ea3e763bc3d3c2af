"""An argument is a text, a file, standard input or a cell; anything else is explained."""

from __future__ import annotations

import io
import sys

import pytest

from elman.cells import read_cell, read_equations
from elman.errors import DataError

TEXT = "h_t = tanh(W h_{t-1} + U x_t + b)"


def test_a_text_contains_an_equals_sign():
    assert read_equations(TEXT) == (TEXT, "<text>")


@pytest.mark.parametrize("ending", ["eq", "tex", "txt"])
def test_a_file_is_read_with_or_without_byte_order_mark(tmp_path, ending):
    path = tmp_path / f"mine.{ending}"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(TEXT, encoding=encoding)
        assert read_equations(str(path)) == (TEXT, str(path))


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert read_equations("-") == (TEXT, "<stdin>")


def test_a_cell_is_read_by_name():
    assert read_equations("lstm") == (read_cell("lstm"), "lstm")


def test_a_cell_is_found_beside_a_folder_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "gru").mkdir()
    monkeypatch.chdir(tmp_path)
    assert read_equations("gru")[0] == read_cell("gru")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("lstn", "no cell or file 'lstn'\n  cells: .*\n  Did you mean 'lstm'"),
        ("nothing.eq", "no file 'nothing.eq'"),
        ("a/b", "no file 'a/b'"),
        ("h_t", "read as text when they contain '='"),
        ("", "no cell or file ''"),
        ("a\0b", "no cell or file"),
        ("q" * 5000, r"no cell or file 'q+\.\.\.'"),
    ],
)
def test_what_is_none_of_these_is_explained(argument, message):
    with pytest.raises(DataError, match=message):
        read_equations(argument)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"h_t = \xff", "is not a text file\n  byte 6 is 0xff"),
        (b"\x89PNG\r\n", "is not a text file\n  byte 0 is 0x89"),
        (b"h_t = \0", "is not a text file\n  byte 6 is 0x00"),
        (b"#" * (64 * 1024 + 1), "is too large to be equations\n  more than 64 KiB"),
    ],
)
def test_a_file_that_holds_no_equations(tmp_path, data, message):
    path = tmp_path / "file.eq"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_equations(str(path))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_equations(str(tmp_path))
