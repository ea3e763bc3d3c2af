"""`elman memory`: counts, formulas, names, bytes."""

from __future__ import annotations

import json

import pytest

from elman.cli.main import main

EXERCISE_2 = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"


def test_json_of_exercise_2(capsys):
    words = ["memory", EXERCISE_2, "--of", "z", "--wrt", "W", "--steps", "100", "--json"]
    assert main(words) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["wrt"] == ["W"]
    assert list(shown["conventions"]) == ["inputs", "outputs", "checkpoints"]
    inputs, outputs = shown["conventions"]["inputs"], shown["conventions"]["outputs"]
    assert (inputs["count"], inputs["formula"]) == (299, "3*T - 1")
    assert (outputs["count"], outputs["formula"]) == (200, "2*T")
    assert (inputs["more_than_at_2_steps"], outputs["more_than_at_2_steps"]) == (294, 196)
    assert {"tau_1", "h_99", "y_100"} <= set(inputs["variables"])
    assert "bytes" not in inputs
    for found in shown["conventions"].values():
        assert len(found["variables"]) == found["count"]


def test_text(capsys):
    assert main(["memory", EXERCISE_2, "--steps", "100"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["inputs", "299", "5", "294", "3*T", "-", "1"] in lines
    assert ["outputs", "200", "4", "196", "2*T"] in lines
    assert ["tau_t", "t", "=", "1-100"] in lines


def test_bytes_with_sizes(capsys):
    assert main(["memory", "gru", "--steps", "10", "--sizes", "x=2,h=8,y=3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["conventions"]["outputs"]
    assert found["bytes"] == 4 * 8 * found["count"]


def test_a_module_is_measured_beside_the_prediction(capsys):
    words = ["memory", "lstm", "--steps", "20", "--sizes", "x=2,h=8,y=3", "--measure"]
    assert main([*words, "--batch", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["module"]
    assert found["batch"] == 4
    assert 0 < found["predicted_outputs"] < found["predicted_inputs"]
    assert 0 < found["bytes"] <= found["blocks"]
    assert main([*words, "--batch", "4"]) == 0
    assert f"keeps {found['bytes']:,} bytes between forward" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--of", "q"], "'q' is no name"),
        (["--wrt", "Q"], "'Q' is no name"),
        (["--steps", "0"], "--steps 0 is out of range"),
        (["--every", "0"], "--every 0 is out of range"),
    ],
)
def test_bad_questions(words, message, capsys):
    assert main(["memory", EXERCISE_2, *words]) == 2
    assert message in capsys.readouterr().err
