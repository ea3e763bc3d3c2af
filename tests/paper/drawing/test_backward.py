"""The backward pass over the drawing: a derivative in each box, lines that run back."""

from __future__ import annotations

import pytest

from elman.cli.main import main
from elman.errors import DataError, DifferentiationError
from elman.ir import parse
from elman.paper.drawing.backward import draw_backward
from paper.derivatives import texts, with_total
from viz.geometry import find_faults

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


def heads(text, **more):
    """The arrowheads of the backward pass: the box that each points at, and where it comes from."""
    scene = draw_backward(parse(text), **more).scene
    found = []
    for stroke in scene.strokes:
        if stroke.kind.startswith("back") and stroke.arrow and "legend" not in stroke.line:
            x, y = stroke.points[-1]
            shape = min(
                scene.shapes,
                key=lambda s: max(abs(x - s.x) - s.width / 2, abs(y - s.y) - s.height / 2),
            )
            found.append((shape.title, stroke.points[0][0], x))
    return found


def test_lines_run_back_from_right_to_left_to_every_box_that_has_a_derivative():
    found = heads(EXERCISE_2, of="z")
    titles = {title for title, _, _ in found}
    assert {"h_1 = tanh, step 1", "y_1 = V h, step 1", "input x_2", "parameter W"} <= titles
    assert "h_0, given before the first step" in titles
    assert "z = ∏_t" not in titles  # where it begins
    loop = [(start, end) for title, start, end in found if title.startswith(("h", "tau"))]
    assert all(end <= start for start, end in loop)
    assert sum(end < start for start, end in loop) == 2 * 2  # into tau_1, tau_2, h_1 and h_0
    assert len(titles) == 2 * 6 + 4  # six boxes at each step, a start, three parameters


def test_the_adjoint_of_a_loop_that_looks_ahead_runs_from_left_to_right():
    text = "k_t = tanh(b k_{t+1} + x_t); L = sum_t k_t^2"
    ends = [(start, end) for title, start, end in heads(text, steps=3) if title.startswith("k_")]
    assert sum(end > start for start, end in ends) >= 3


def test_lines_run_back_only_where_a_derivative_does():
    titles = {title for title, _, _ in heads(EXERCISE_2, wrt=["V"])}
    assert titles == {"y_1 = V h, step 1", "y_2 = V h, step 2", "parameter V"}
    text = "s_t = sign(x_t); h_t = w h_{t-1} s_t + x_t; L = sum_t h_t"
    titles = {title for title, _, _ in heads(text)}
    assert "input x_1" in titles
    drawing = draw_backward(parse(text))
    graph = drawing.graph
    runs = drawing.content.runs_back
    sign = f"op:{graph.definitions['s'].number}"
    assert runs(sign, 1, f"op:{graph.definitions['s'].number}", 1) is False
    assert runs("input:x", 1, sign, 1) is False
    assert runs("input:x", 1, f"op:{graph.definitions['h'].number}", 1) is True


@pytest.mark.parametrize("name", texts())
def test_nothing_lies_on_anything_else(name):
    text, sizes = texts()[name]
    recurrence, total = with_total(text, sizes)
    for copies in (False, True):
        scene = draw_backward(recurrence, total, 2, sizes=sizes, copies=copies).scene
        assert not find_faults(scene)


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
