"""The backward pass over the drawing: each box carries its derivative."""

from __future__ import annotations

import pytest

from elman.cli.main import main
from elman.errors import DataError, DifferentiationError
from elman.ir import parse
from elman.paper.drawing.backward import draw_backward

EXERCISE_2 = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"


def labels(text, **more):
    """What stands at the boxes, by the key and step that the drawing asks with."""
    drawing = draw_backward(parse(text), **more)
    return drawing, drawing.content.value


def test_boxes_carry_their_derivatives():
    drawing, label = labels(EXERCISE_2, of="z")
    graph = drawing.graph
    keys = {name: f"op:{node.number}" for name, node in graph.definitions.items()}
    assert label(keys["tau"], 2) == r"\delta \tau_2 = (1 - h_2^{2})\,\delta h_2"
    assert label(keys["h"], 1) == r"\delta h_1 = y_2\,V + \delta \tau_2\,W"
    assert label(keys["y"], 1) == r"\delta y_1 = y_2"
    assert label(keys["h"], 0) == r"\delta h_0 = \delta \tau_1\,W"
    assert label("input:x", 1) == r"\delta x_1 = \delta \tau_1\,U"
    parameters = {n.key: f"static:{n.number}" for n in graph.nodes if n.op == "parameter"}
    assert label(parameters["W"], None) == r"\delta W = \delta \tau_1\,h_0 + \delta \tau_2\,h_1"
    assert label(f"static:{graph.totals['z'].number}", None) == r"\delta z = 1"


def test_unnamed_boxes_carry_the_name_of_what_they_lead_to():
    drawing, label = labels(EXERCISE_2)
    product = next(n for n in drawing.graph.nodes if n.op == "multiply")
    assert label(f"op:{product.number}", 1) == r"\delta \tau_1"


def test_only_what_leads_to_the_targets_has_a_derivative():
    drawing, label = labels(EXERCISE_2, wrt=["V"])
    graph = drawing.graph
    assert label(f"op:{graph.definitions['h'].number}", 1) == ""
    assert label(f"op:{graph.definitions['y'].number}", 1) == r"\delta y_1 = y_2"


@pytest.mark.parametrize("steps", [1, 2, 40])
def test_it_is_a_picture_at_any_length(steps):
    svg = draw_backward(parse(EXERCISE_2), "z", steps).svg()
    assert svg.startswith("<svg")
    assert "derivatives of z" in svg


def test_questions_without_an_answer():
    with pytest.raises(DataError, match="what to differentiate is open"):
        draw_backward(parse("h_t = a h_{t-1} + x_t"))
    with pytest.raises(DifferentiationError, match="y is no scalar"):
        draw_backward(parse(EXERCISE_2), "y")


def test_the_command_marks_and_differentiates(tmp_path, capsys):
    path = tmp_path / "graph.svg"
    words = ["draw", EXERCISE_2, "--stored", "inputs", "--wrt", "W", "-o", str(path)]
    assert main(["draw", EXERCISE_2, "-o", str(path)]) == 0
    plain = path.read_text()
    assert main(words) == 0
    marked = path.read_text()
    assert marked != plain
    assert main([*words, "--backward"]) == 0
    assert path.read_text() != marked
    assert main(["draw", EXERCISE_2, "--stored", "all", "-o", str(path)]) == 2
    assert "it must be one of" in capsys.readouterr().err
