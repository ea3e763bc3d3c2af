"""`elman check-init`: cases side by side, random starts, one verdict."""

from __future__ import annotations

import json

import pytest

from elman.cli.main import main

EXERCISE_6 = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
CASES = ["--case", "a=20,b=1,c=1", "--case", "a=1,b=1,c=0", "--input", "x=0.5,-1"]


def test_exercise_6(capsys):
    assert main(["check-init", EXERCISE_6, *CASES]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    assert ["|dh_2/dh_1|", "8.9e-16", "0.76"] in rows
    assert "Choose (2) a=1,b=1,c=0: tanh keeps 77% of its steepest slope" in shown


def test_json_has_every_figure_and_the_verdict(capsys):
    assert main(["check-init", EXERCISE_6, *CASES, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    first, second = shown["cases"]
    assert first["case"] == "a=20,b=1,c=1"
    assert [row["saturated"] for row in first["saturation"]] == [1.0, 1.0]
    assert second["jacobians"][0]["products"][-1] == pytest.approx(0.5965536943883437)
    assert second["value"] == pytest.approx(0.4550101931208286)
    assert set(second["gradients"]) == {"a", "b", "c"}
    assert shown["verdict"].startswith("Choose (2)")


def test_random_starts_by_name(capsys):
    words = ["check-init", "vanilla", "--sizes", "x=2,h=6,y=1", "--draws", "5", "--steps", "4"]
    assert main([*words, "--init", "orthogonal", "--init", "normal(0.01)+b_h=1"]) == 0
    shown = capsys.readouterr().out
    assert "5 draws of 4 steps: median (5 % to 95 %)." in shown
    assert "Choose orthogonal." in shown
    assert main([*words, "--init", "lab", "--json"]) == 0
    (start,) = json.loads(capsys.readouterr().out)["starts"]
    assert (start["init"], start["draws"], start["steps"]) == ("lab", 5, 4)
    assert start["reach"][0]["states"] == ["h"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--init", "orthgonal"], "did you mean 'orthogonal'"),
        (["--init", "lab", "--set", "a=1"], "--set gives values, and --init draws them"),
        (["--init", "lab", "--draws", "0"], "Invalid value for '--draws'"),
        (["--steps", "0", "--init", "lab"], "--steps 0 is out of range"),
        (["--case", "a=1,b=1"], "values are missing for c, x"),
    ],
)
def test_bad_input_exits_with_2(words, message, capsys):
    assert main(["check-init", EXERCISE_6, *words]) == 2
    assert message in capsys.readouterr().err
