"""`elman gradient`: closed forms, the equations of BPTT, explanations, bad questions."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from elman.cli.main import main

EXERCISE_2 = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"
VARIABLES = "y_1,y_2,h_0,h_1,tau_1,tau_2,W,V"
ASK = ["gradient", EXERCISE_2, "--of", "z", "--wrt", "W", "--steps", "2"]


def test_exercise_2_in_its_variables(capsys):
    assert main([*ASK, "--in", VARIABLES, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["plain"] == (
        "(1 - tanh(tau_1)**2)*(y_2*V + (1 - tanh(tau_2)**2)*y_1*V*W)*h_0 + "
        "(1 - tanh(tau_2)**2)*y_1*V*h_1"
    )
    assert shown["latex"].startswith(r"\frac{\partial z}{\partial W} = ")
    assert shown["steps"][-1] == "dz/dW = dtau_1*h_0 + dtau_2*h_1"
    assert isinstance(shown["check"], float) and shown["check"] < 1e-12
    assert set(shown["variables"]) == set(VARIABLES.split(","))


def test_text_has_result_steps_and_check(capsys):
    assert main(ASK) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("dz/dW = (1 - h_1**2)*")
    assert "  dtau_2 = (1 - h_2**2)*dh_2" in lines
    assert lines[-1].endswith("from the complex step at random values")


def test_torch_judges_where_it_is_asked_for(capsys, monkeypatch):
    assert main([*ASK, "--check", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["checked_by"].startswith("the automatic differentiation of torch 2")
    assert shown["check"] < 1e-12
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main([*ASK, "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checked_by"] == "the complex step"


def test_a_difference_of_something_tiny_says_of_what(capsys):
    assert main(["gradient", EXERCISE_2, "--of", "z", "--wrt", "V", "--steps", "100"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    found = re.fullmatch(
        r"Check: (\S+) from the complex step at random values, where the gradient is (\S+)", line
    )
    assert found is not None
    assert float(found[1]) < 1e-12 * float(found[2])


def test_zero_is_checked_as_well(capsys):
    text = "h_t = a h_{t-1} + x_t; y_t = b x_t; L = sum_t h_t"
    assert main(["gradient", text, "--of", "L", "--wrt", "b"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["L does not depend on b, so the gradient is 0.", "dL/db = 0"]
    assert lines[-1] == "Check: 0.0e+00 from the complex step at random values"


def test_the_only_total_and_parameter_need_no_naming(capsys):
    assert main(["gradient", "h_t = w h_{t-1} + x_t; L = sum_t h_t"]) == 0
    assert capsys.readouterr().out.startswith("dL/dw = (1 + w)*h_0 + h_1\n")


def test_a_long_answer_is_shortened(capsys):
    assert main(["gradient", "lstm", "--of", "y_60", "--wrt", "U_f", "--steps", "60"]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) < 40
    assert "more lines (all of them with --json)" in out


def test_bptt(capsys):
    assert main(["gradient", "vanilla", "--bptt"]) == 0
    out = capsys.readouterr().out
    assert "  dh_t = Wy dy_t + Wh dh_in_{t+1}\n" in out
    assert "  dWh = sum_t h_{t-1} dh_in_t^T\n" in out
    assert main(["gradient", EXERCISE_2, "--bptt", "--of", "z", "--wrt", "W", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert "dW = sum_t dtau_t * h_{t-1}" in [found["plain"] for found in shown["equations"]]


def test_explain(capsys, tmp_path):
    plot = tmp_path / "norms.svg"
    words = ["--in", VARIABLES, "--explain", "--set", "W=0.5,U=1,V=1", "--input", "x=1,-1"]
    assert main([*ASK, *words, "--plot", str(plot)]) == 0
    out = capsys.readouterr().out
    assert "  x_2 enters through tau_2, y_2\n" in out
    assert "receives W^T ((1 - h_t * h_t) * dh_t)" in out
    assert "at given values" in out
    assert plot.read_text().lstrip().startswith("<?xml")
    assert main([*ASK, "--explain", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["explain"]
    assert shown["values"] == "random"
    assert len(shown["flows"][0]["products"]) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gradient", EXERCISE_2, "--of", "q", "--wrt", "W"], "'q' is no name of these equations"),
        (["gradient", EXERCISE_2, "--of", "y", "--wrt", "W"], "y is no scalar"),
        (["gradient", EXERCISE_2, "--of", "z"], "is open"),
        (["gradient", "lstm"], "totals: none"),
        ([*ASK, "--in", "W,V"], "missing: x_1, x_2, U, h_0"),
        (["gradient", EXERCISE_2, "--wrt", "W", "--steps", "0"], "--steps 0 is out of range"),
        (["gradient", EXERCISE_2, "--bptt", "--check"], "no numbers to check"),
        ([*ASK, "--explain", "--plot", "norms.txt"], "ends in .svg, .png or .pdf"),
    ],
)
def test_bad_questions(words, message, capsys):
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_torch_is_not_imported():
    code = (
        "import sys; from elman.cli.main import main; "
        f"main({ASK!r}); main(['memory', {EXERCISE_2!r}, '--steps', '100']); "
        "assert not {'torch', 'matplotlib', 'sympy'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_many_steps_are_shortened(capsys):
    words = ["gradient", "h_t = tanh(a h_{t-1} + x_t); L = sum_t h_t", "--of", "L", "--wrt", "a"]
    assert main([*words, "--steps", "11000"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) < 40 and len(captured.out) < 10_000
    assert "more lines (all of them with --json)" in captured.out
    assert (
        captured.err.startswith("11,000 steps are unrolled one by one") and "--bptt" in captured.err
    )
