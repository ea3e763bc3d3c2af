"""Files of values: .npz and .json, and what is wrong with others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman.errors import DataError
from elman.paper.values.files import flatten_value, read_values


def test_both_kinds_hold_the_same(tmp_path):
    np.savez(tmp_path / "v.npz", a=20.0, x=np.array([0.5, -1.0]))
    (tmp_path / "v.json").write_text(json.dumps({"a": 20.0, "x": [0.5, -1.0]}))
    arrays, lists = read_values(tmp_path / "v.npz"), read_values(tmp_path / "v.json")
    assert {key: np.asarray(value).tolist() for key, value in arrays.items()} == lists


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.csv", b"1,2", "is neither .npz nor .json"),
        ("v.npz", b"nonsense", "cannot be read as .npz"),
        ("v.npz", b"", "cannot be read as .npz"),
        ("v.npz", b"PK\3\4broken", "cannot be read as .npz"),
        ("v.json", b"{a: 1}", "is no JSON"),
        ("v.json", b"\xff", "is no JSON"),
        ("v.json", b"[" * 100_000, "is no JSON"),
        ("v.json", b"[1, 2]", "holds no object but list"),
    ],
)
def test_what_is_no_file_of_values(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_values(path)


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "v.npz", a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="cannot be read as"):
        read_values(tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("pieces", "sequence", "value"),
    [
        ([20.0], False, 20.0),
        ([1.0, 2.0], False, [1.0, 2.0]),
        ([[[1.0, 2.0]]], False, [[1.0, 2.0]]),
        ([0.5], True, [0.5]),
        ([0.5, -1.0], True, [0.5, -1.0]),
        ([[0.5, -1.0]], True, [0.5, -1.0]),
        ([[1.0, 0.0], [0.0, 1.0]], True, [[1.0, 0.0], [0.0, 1.0]]),
    ],
)
def test_what_stands_after_a_name(pieces, sequence, value):
    assert flatten_value(pieces, sequence=sequence) == value
