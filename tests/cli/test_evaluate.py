"""`elman evaluate`: the table, the cases, the JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman.cli.main import main

EXERCISE_6 = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
CASES = ["--case", "a=20,b=1,c=1", "--case", "a=1,b=1,c=0", "--input", "x=0.5,-1"]
BIDIRECTIONAL = (
    "h_t = tanh(A_1 x_t + B_1 h_{t-1} + c_1); k_t = tanh(A_2 x_t + B_2 k_{t+1} + c_2)\n"
    "y_t = h_t + k_t"
)


def test_exercise_6_side_by_side(capsys):
    words = ["evaluate", EXERCISE_6, *CASES, "--initial", "h=0", "--round", "2"]
    assert main(words) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["case", "(2):", "a=1,b=1,c=0"] in rows
    assert any(row[:2] == ["h_1", "="] and row[-2:] == ["1.00", "0.46"] for row in rows)
    assert any(row[:2] == ["h_2", "="] and row[-2:] == ["-1.00", "-0.49"] for row in rows)
    assert any(row[:3] == ["total", "L", "="] and row[-2:] == ["2.00", "0.45"] for row in rows)


def test_json_has_a_dictionary_of_values_for_each_case(capsys):
    assert main(["evaluate", EXERCISE_6, *CASES, "--round", "2", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [case["case"] for case in shown["cases"]] == ["a=20,b=1,c=1", "a=1,b=1,c=0"]
    first, second = (case["values"] for case in shown["cases"])
    assert (first["h_1"], first["h_2"], first["L"]) == (1.0, -1.0, 2.0)
    assert (second["h_1"], second["y_2"], second["L"]) == (0.46, -0.49, 0.45)
    assert second["h_0"] == 0.0
    assert {"step": 1, "formula": "a x_1", "value": 10.0} in shown["cases"][0]["operations"]


@pytest.mark.parametrize("ending", ["npz", "json"])
def test_arrays_come_from_a_file_and_steps_are_selected(tmp_path, capsys, ending):
    rng = np.random.default_rng(0)
    arrays = {"A1": (3, 2), "B1": (3, 3), "c1": (3,), "A2": (3, 2), "B2": (3, 3), "c2": (3,)}
    arrays |= {"x": (15, 2), "h_0": (3,), "k_16": (3,)}
    values = {key: rng.normal(size=shape) for key, shape in arrays.items()}
    path = tmp_path / f"values.{ending}"
    if ending == "npz":
        np.savez(path, **values)
    else:
        path.write_text(json.dumps({key: value.tolist() for key, value in values.items()}))
    words = ["evaluate", BIDIRECTIONAL, "--values", str(path), "--at", "1,7,15", "--json"]
    assert main(words) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    found = case["values"]
    assert {name for name in found if name[0] == "y"} == {"y_1", "y_7", "y_15"}
    assert found["k_16"] == values["k_16"].tolist()
    last = np.tanh(values["A2"] @ values["x"][14] + values["B2"] @ values["k_16"] + values["c2"])
    np.testing.assert_allclose(found["k_15"], last, rtol=0, atol=1e-12)


def test_a_case_wins_over_what_all_share(capsys):
    words = ["evaluate", "h_t = a h_{t-1} + x_t", "--set", "a=1", "--initial", "h_0=1"]
    words += ["--input", "x=1,1", "--case", "a=2,h=3", "--case", "x=5,5", "--json"]
    assert main(words) == 0
    first, second = (case["values"] for case in json.loads(capsys.readouterr().out)["cases"])
    assert (first["a"], first["h_0"], first["h_1"]) == (2.0, 3.0, 7.0)
    assert (second["a"], second["h_0"], second["h_1"]) == (1.0, 1.0, 6.0)


def test_cases_of_different_length_have_tables_of_their_own(capsys):
    assert main(["evaluate", "h_t = h_{t-1} + x_t", "--case", "x=1", "--case", "x=1,2"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("case (1): ") == 2
    assert shown.count("h_2 = ") == 1


def test_a_long_table_leaves_out_its_middle_and_says_so(capsys):
    words = ["evaluate", "h_t = a h_{t-1} + b", "--set", "a=1,b=1", "--steps", "500"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "..." in lines
    assert lines[-1].endswith("rows are left out; --at 1,2 shows steps, --json everything.")
    assert len(lines) < 420


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--steps", "0"], "--steps 0 is out of range"),
        (["--steps", "-1"], "--steps -1 is out of range"),
        (["--steps", "1000000"], "--steps 1000000 is out of range"),
        (["--steps", "3"], "values are missing for a, x"),
        (["--set", "a=1,q=1", "--input", "x=1"], "'q' is no name"),
        (["--set", "a=1", "--input", "x=1,2", "--at", "3"], "--at 3 is after the last step"),
        (["--set", "a=1", "--input", "x=1,2", "--steps", "3"], "the numbers of steps differ"),
        (["--set", "a=one"], "cannot read 'a=one'"),
        (["--values", "nothing.npz"], "nothing.npz: No such file or directory"),
        (["--round", "-1"], "Invalid value for '--round'"),
        (["--set", "a=[1,2]", "--input", "x=[[1,2,3]]"], "ShapeError"),
    ],
)
def test_bad_input_exits_with_2(words, message, capsys):
    assert main(["evaluate", "h_t = a * h_{t-1} + x_t", *words]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
