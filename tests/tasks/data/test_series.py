"""Series of the user's own, from tables and from arrays."""

from __future__ import annotations

import numpy as np
import pytest

from elman.errors import DataError
from elman.tasks.data.series import read_series

TABLE = """series,step,x,y,label
a,1,0.5,1,yes
a,2,0.25,2,yes
b,1,-1,3,no
c,2,8,5,no
c,1,7,4,no
c,10,9,6,no
"""


def table(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def message(path) -> str:
    with pytest.raises(DataError) as caught:
        read_series(path)
    return str(caught.value)


def test_a_table_holds_series_of_unequal_length_ordered_by_step(tmp_path):
    series, content = read_series(table(tmp_path, TABLE))
    assert [(one.name, one.label, one.part) for one in series] == [
        ("a", "yes", ""),
        ("b", "no", ""),
        ("c", "no", ""),
    ]
    assert series[0].values.tolist() == [[0.5, 1], [0.25, 2]]
    assert series[2].values.tolist() == [[7, 4], [8, 5], [9, 6]]
    assert content == TABLE.encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("a,1,0.5,1,yes", '"a", 1 , 0.5,1," yes"'),
        lambda text: text + "\n\n",
        lambda text: text.rstrip("\n"),
    ],
)
def test_other_ways_to_write_the_same_table(tmp_path, change):
    series, _ = read_series(table(tmp_path, change(TABLE)))
    assert [one.values.shape for one in series] == [(2, 2), (1, 2), (3, 2)]
    assert [one.label for one in series] == ["yes", "no", "no"]


@pytest.mark.parametrize(
    "row, fact",
    [
        ("a,3,oops,1,yes", "x is 'oops', not a number"),
        ("a,3,,1,yes", "x is empty, not a number"),
        ("a,3,nan,1,yes", "x is nan, and every value must be finite"),
        ("a,3,1,-inf,yes", "y is -inf, and every value must be finite"),
        ("a,three,1,1,yes", "step is 'three', not a number"),
        ("a,3,1,yes", "it has 4 fields, and there are 5 columns"),
        ("a,3,1,1,yes,extra", "it has 6 fields, and there are 5 columns"),
        ("a,3,1,1,no", "the label of series a is 'no' here and 'yes' in line 2"),
        ("a,3,1,1,", "the label is empty"),
        (",3,1,1,yes", "the series is empty"),
        ("a,2,1,1,yes", "step 2 of series a is in line 3 too"),
        ('a,3,"1,1,yes', "it is not comma-separated values"),
    ],
)
def test_a_broken_row_is_named_by_line_with_its_text(tmp_path, row, fact):
    path = table(tmp_path, f"{TABLE}{row}\n")
    said = message(path)
    assert said.startswith(f"one row of {path} cannot be read\n  {path}:8: {fact}")
    assert f"\n    {row}\n" in said
    assert said.endswith("docs/data.md shows the format.")


def test_several_broken_rows_are_told_at_once_and_the_rest_is_counted(tmp_path):
    said = message(table(tmp_path, TABLE + "d,1,?,?,yes\n" * 7))
    assert said.startswith("7 rows of ")
    assert ":8: " in said and ":12: " in said and ":13: " not in said
    assert "\n  and 2 more\n" in said


def test_a_cell_with_a_line_break_does_not_shift_the_lines(tmp_path):
    said = message(table(tmp_path, TABLE + '"d\nd",1,1,1,yes\ne,1,?,1,yes\n'))
    assert ":10: x is '?'" in said and "\n    e,1,?,1,yes\n" in said


@pytest.mark.parametrize(
    "head, fact",
    [
        ("series,x,label", "there is no column 'step'\n  columns: series, x, label"),
        ("step,x,label", "there is no column 'series'"),
        ("series,step,x", "there is no column 'label'"),
        ("series,step,label", "there is no column with a feature"),
        ("series,step,x,x,label", "the column 'x' is there twice"),
        ("series;step;x;label", "there is no column 'series'"),
        ("", "there is no column 'series'\n  columns: nothing"),
    ],
)
def test_wrong_columns_are_refused(tmp_path, head, fact):
    path = table(tmp_path, head)
    assert message(path).startswith(f"{path}:1: {fact}")


def test_a_table_without_rows_is_refused(tmp_path):
    assert "has no rows" in message(table(tmp_path, "series,step,x,label\n"))


def parted(*parts: str) -> str:
    rows = [f"s{k},1,{k},{'uv'[k % 2]},{part}" for k, part in enumerate(parts)]
    return "\n".join(["series,step,x,label,part", *rows])


def test_the_parts_of_a_table_are_kept(tmp_path):
    series, _ = read_series(table(tmp_path, parted("train", "train", "test", "validation")))
    assert [one.part for one in series] == ["train", "train", "test", "validation"]


@pytest.mark.parametrize(
    "parts, fact",
    [
        (("train", "training", "test"), "there is a part 'training'; the parts are train,"),
        (("train", "", "test"), "the series s1 has no part, and others have one"),
        (("train", "train", "validation"), "its parts are train, validation; train and test"),
    ],
)
def test_wrong_parts_are_refused(tmp_path, parts, fact):
    assert fact in message(table(tmp_path, parted(*parts)))


def test_labels_that_training_never_sees_are_reported(tmp_path):
    said = message(table(tmp_path, parted("train", "test", "train", "test")))
    assert "labels that no training series has: s1 ('v'), s3 ('v')" in said
    assert "Labels of training series: 'u'." in said


# -- arrays --------------------------------------------------------------------------------------


def arrays(tmp_path, **given):
    path = tmp_path / "mine.npz"
    np.savez(path, **{name: np.asarray(value) for name, value in given.items()})
    return path


ROWS = np.arange(12.0).reshape(6, 2)


def test_arrays_one_series_after_the_other(tmp_path):
    path = arrays(tmp_path, values=ROWS, lengths=[2, 1, 3], labels=["u", "v", "u"])
    series, _ = read_series(path)
    assert [one.values.tolist() for one in series] == [
        ROWS[:2].tolist(),
        ROWS[2:3].tolist(),
        ROWS[3:].tolist(),
    ]
    assert [one.label for one in series] == ["u", "v", "u"]


def test_padded_arrays_with_and_without_lengths(tmp_path):
    values = ROWS.reshape(2, 3, 2).astype(np.float32)
    values[1, 1:] = np.nan  # padding is never looked at
    series, _ = read_series(arrays(tmp_path, values=values, lengths=[3, 1], labels=[7, 8]))
    assert [one.values.shape for one in series] == [(3, 2), (1, 2)]
    assert [one.label for one in series] == ["7", "8"]
    whole = ROWS.reshape(2, 3, 2)
    series, _ = read_series(arrays(tmp_path, values=whole, labels=[7, 8]))
    assert [one.values.shape for one in series] == [(3, 2), (3, 2)]


@pytest.mark.parametrize(
    "given, fact",
    [
        ({"labels": ["u"]}, "it has no array 'values'; it holds labels"),
        ({"values": ROWS}, "it has no array 'labels'; it holds values"),
        ({"values": ROWS, "labels": []}, "labels has shape [0]"),
        ({"values": ROWS, "labels": ["u", "v"]}, "values is [N, I], and there are no lengths"),
        ({"values": ROWS[0], "labels": ["u"]}, "values has shape [2], wanted [1, T, I] or [N, I]"),
        ({"values": ROWS[None], "labels": ["u", "v"]}, "values has shape [1, 6, 2], wanted [2, T"),
        ({"values": [["p"]], "labels": ["u"], "lengths": [1]}, "values has dtype <U1"),
        ({"values": ROWS, "labels": ["u"], "lengths": [5]}, "add up to 5, and values has 6 rows"),
        ({"values": ROWS, "labels": ["u"], "lengths": [0]}, "lengths[0] is 0, wanted 1 to 6"),
        ({"values": ROWS[None], "labels": ["u"], "lengths": [7]}, "lengths[0] is 7, wanted 1 to 6"),
        ({"values": ROWS, "labels": ["u"], "lengths": [6.0]}, "dtype float64, wanted [1] whole"),
        ({"values": ROWS[None], "labels": ["u"], "part": ["x", "y"]}, "part has shape [2]"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, given, fact):
    assert fact in message(arrays(tmp_path, **given))


def test_values_that_are_not_finite_are_reported(tmp_path):
    values = ROWS.reshape(2, 3, 2).copy()
    values[1, 2, 0] = np.nan
    said = message(arrays(tmp_path, values=values, labels=["u", "v"]))
    assert "1 value is not finite\n  series 1, step 3, feature 0: nan" in said
    values[:] = np.inf
    said = message(arrays(tmp_path, values=values, labels=["u", "v"]))
    assert "12 values are not finite" in said and "and 7 more" in said


def test_pickled_objects_and_other_files_are_refused(tmp_path):
    path = arrays(tmp_path, values=np.array([None]), labels=["u"])
    assert "cannot read series from" in message(path)
    path.write_bytes(b"PK no archive")
    assert "cannot read series from" in message(path)
    with path.open("wb") as file:
        np.save(file, ROWS)
    assert "it is a single array" in message(path)
