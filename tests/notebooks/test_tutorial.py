"""The tutorial's notebook runs, its answers are right, and what is shown is what was run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"


def cells(text):
    """(kind, source) of every cell of a script in the percent format."""
    found = []
    for part in text.split("\n# %%")[1:]:
        head, _, body = part.partition("\n")
        kind = "markdown" if "[markdown]" in head else "code"
        lines = body.strip("\n").split("\n")
        if kind == "markdown":
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
        found.append((kind, "\n".join(lines).strip("\n")))
    return found


@pytest.mark.slow
def test_the_script_runs_and_its_answers_are_right(capsys):
    source = (FOLDER / "tutorial.py").read_text(encoding="utf-8")
    exec(compile(source, "tutorial.py", "exec"), {"__name__": "tutorial"})
    out = capsys.readouterr().out
    assert "dz/dW = (1 - tanh(tau_1)**2)*(y_2*V + (1 - tanh(tau_2)**2)*y_1*V*W)*h_0" in out
    assert "inputs: 294 more, 3*T - 1 in all" in out
    assert "outputs: 196 more, 2*T in all" in out
    assert "x_2 enters through tau_2, y_2" in out
    assert "bidirectional: h runs forward" in out
    assert "Choose (2) a=1,b=1,c=0" in out
    assert "over the last 4 only: 0.0000" in out
    assert "test accuracy" in out


def test_the_notebook_shown_is_the_script_executed():
    script = cells((FOLDER / "tutorial.py").read_text(encoding="utf-8"))
    notebook = json.loads((FOLDER / "tutorial.ipynb").read_text(encoding="utf-8"))
    shown = [(cell["cell_type"], "".join(cell["source"]).strip("\n")) for cell in notebook["cells"]]
    assert shown == script
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["execution_count"] is not None
            assert not any(output["output_type"] == "error" for output in cell["outputs"])
    assert sys.executable not in json.dumps(notebook), "a path of the machine is shown"
