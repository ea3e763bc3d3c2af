"""The tutorial's notebook runs, its answers are right, and what is shown is what was run."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path

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


def script():
    return cells((FOLDER / "tutorial.py").read_text(encoding="utf-8"))


def notebook():
    return json.loads((FOLDER / "tutorial.ipynb").read_text(encoding="utf-8"))["cells"]


def run(source, space):
    """What a cell prints, and the picture that its last line is, as a notebook shows them."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed, picture = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "tutorial.py", "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "tutorial.py", "eval"), space)
            picture = value._repr_svg_() if hasattr(value, "_repr_svg_") else None
    return printed.getvalue(), picture


def shown(cell):
    """What a cell of the notebook shows: its printed text, and its picture."""
    text = "".join(
        "".join(out["text"]) for out in cell["outputs"] if out["output_type"] == "stream"
    )
    pictures = [out["data"].get("image/svg+xml") for out in cell["outputs"] if "data" in out]
    return text, "".join(pictures[0]) if pictures and pictures[0] else None


def test_the_notebook_shows_what_its_cells_do_and_its_answers_are_right():
    space = {"__name__": "tutorial"}
    everything = ""
    pairs = zip(script(), notebook(), strict=True)
    for source, cell in ((text, cell) for (kind, text), cell in pairs if kind == "code"):
        printed, picture = run(source, space)
        everything += printed
        text, drawn = shown(cell)
        # What training reaches, and the last digit of a check, are those of the machine.
        if "Check:" not in printed and '"train"' not in source:
            assert printed == text, source
        assert (picture is None) == (drawn is None), source
        if picture is not None:
            assert picture.strip() == drawn.strip(), source
    assert "dz/dW = (1 - tanh(tau_1)**2)*(y_2*V + (1 - tanh(tau_2)**2)*y_1*V*W)*h_0" in everything
    assert "inputs: 294 more, 3*T - 1 in all" in everything
    assert "outputs: 196 more, 2*T in all" in everything
    assert "x_2 enters through tau_2, y_2" in everything
    assert "bidirectional: h runs forward" in everything
    assert "Choose (2) a=1,b=1,c=0" in everything
    assert "over the last 4 only: 0.0000" in everything
    assert "test accuracy" in everything


def test_every_exercise_has_its_answer():
    titles = [text.split("\n")[0] for kind, text in script() if kind == "markdown"]
    for number in range(1, 8):
        assert any(title.startswith(f"## Exercise {number}:") for title in titles)
    assert any(title.startswith("## Coding exercises") for title in titles)


def test_the_notebook_shown_is_the_script_executed():
    sources = [(cell["cell_type"], "".join(cell["source"]).strip("\n")) for cell in notebook()]
    assert sources == script()
    for cell in notebook():
        if cell["cell_type"] == "code":
            assert cell["execution_count"] is not None
            assert not any(output["output_type"] == "error" for output in cell["outputs"])
    assert sys.executable not in json.dumps(notebook()), "a path of the machine is shown"
