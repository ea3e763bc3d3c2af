"""Drawings of whole recurrences: what they show, and that nothing lies on anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import corpus
import elman
from elman.cells import names, read_cell
from elman.paper.drawing.picture import describe, draw, draw_values
from strategies import recurrences
from viz.geometry import find_faults

TUTORIAL = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"
BIDIRECTIONAL = (
    "h_t = tanh(A_1 x_t + B_1 h_{t-1} + c_1); k_t = tanh(A_2 x_t + B_2 k_{t+1} + c_2); "
    "y_t = h_t + k_t"
)


def scene(text, steps=2, **options):
    return draw(elman.parse(text), steps, **options).scene


def labels(scene):
    """The label of every box, by the name at its corner where it has one."""
    found = {}
    for shape in scene.shapes:
        texts = {text.kind: text.label.text for text in shape.texts}
        found[texts.get("tag", texts.get("label"))] = texts.get("label")
    return found


def shapes(scene):
    return {
        text.label.text: shape
        for shape in scene.shapes
        for text in shape.texts
        if text.kind == "tag" or shape.shape == "circle"
    }


# -- the tutorial --------------------------------------------------------------------------------


def test_exercise_1_and_2():
    drawn = scene(TUTORIAL)
    found = labels(drawn)
    assert found["h_1"] == found["h_2"] == r"\tanh"
    assert found[r"\tau_1"] == "+" and found["y_2"] == r"V\,h" and found["z"] == r"\prod_t"
    circles = {text.label.text for s in drawn.shapes if s.shape == "circle" for text in s.texts}
    assert circles == {"x_1", "x_2", "h_0", "W", "U", "V"}
    operations = [s for s in drawn.shapes if s.shape == "box"]
    assert len(operations) == 2 * 5 + 1  # W h, U x, +, tanh, V h at each step, and the product


def test_time_runs_from_left_to_right_inputs_are_below_and_outputs_above():
    found = shapes(scene(TUTORIAL))
    assert found["h_0"].x < found["h_1"].x < found["h_2"].x
    assert found["y_1"].y < found["h_1"].y < found["x_1"].y < found["W"].y
    assert found["W"].y == found["U"].y == found["V"].y


def test_a_state_that_runs_backward_runs_from_right_to_left():
    drawn = scene(BIDIRECTIONAL)
    found = shapes(drawn)
    assert found["k_1"].x < found["k_2"].x < found["k_3"].x
    for stroke in drawn.strokes:
        if stroke.line == "main:op:9:2" and stroke.arrow:
            assert stroke.points[-1][0] < stroke.points[0][0]
    inside = [s for s in drawn.shapes if s.y == found["k_1"].y and s.shape == "box"]
    assert min(inside, key=lambda s: s.x) is found["k_1"]


def test_a_step_is_repeated_exactly():
    drawn = scene(TUTORIAL, steps=4)
    steps = {n: [] for n in range(1, 5)}
    for shape in drawn.shapes:
        number = shape.title.rpartition("step ")[2]
        if number.isdigit():
            steps[int(number)].append((shape.x, shape.y, shape.width))
    shifts = {
        (round(b[0] - a[0], 6), b[1] - a[1], b[2] - a[2])
        for n in (1, 2, 3)
        for a, b in zip(steps[n], steps[n + 1], strict=True)
    }
    assert len(shifts) == 1


def test_a_hundred_steps_show_the_first_the_last_and_the_count():
    drawn = scene(TUTORIAL, steps=100)
    found = labels(drawn)
    assert {"h_1", "h_2", "h_{100}"} <= set(found) and "h_{50}" not in found
    shown = sum(name.startswith("h_") for name in found) - 1
    assert any(f" {100 - shown} steps" in text.label.text for text in drawn.texts)


def test_the_number_of_hidden_steps_is_in_the_singular_too():
    drawn = scene(TUTORIAL, steps=7)
    notes = [text.label.text for text in drawn.texts]
    assert any("3 steps" in note for note in notes)


def test_parameters_are_drawn_once_or_at_every_step():
    once, repeated = scene(TUTORIAL), scene(TUTORIAL, copies=True)
    for drawn, count in ((once, 1), (repeated, 2)):
        circles = [s for s in drawn.shapes if any(t.label.text == "W" for t in s.texts)]
        assert len(circles) == count
    assert "copy" in {shape.kind for shape in repeated.shapes}
    assert any("same parameter" in text.label.text for text in repeated.texts)


def test_every_use_of_a_parameter_has_an_arrow():
    arrows = [s for s in scene(TUTORIAL, steps=3).strokes if s.arrow and s.kind == "parameter"]
    assert len(arrows) == 3 * 3


def test_higher_lags_and_what_is_given_before_the_start():
    found = shapes(scene("h_t = a h_{t-1} + b h_{t-3} + x_{t-2}", steps=4))
    assert {"h_0", "h_{-1}", "h_{-2}", "x_0", "x_{-1}"} <= set(found)
    assert found["h_{-2}"].x < found["h_{-1}"].x < found["h_0"].x < found["h_1"].x


def test_values_are_written_into_the_boxes():
    text = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
    given = {"a": 1, "b": 1, "c": 0, "x": [0.5, -1]}
    drawn = draw_values(elman.parse(text), given, places=2).scene
    values = {
        next((t.label.text for t in s.texts if t.kind == "tag"), ""): t.label.text
        for s in drawn.shapes
        for t in s.texts
        if t.kind == "value"
    }
    assert values["L"] == r"\mathrm{0.45}"
    assert values[r"h_2,\, y_2"] == r"\mathrm{-0.49}"
    assert all(any(t.kind == "value" for t in s.texts) for s in drawn.shapes)
    assert find_faults(drawn) == []


def test_what_is_stored_is_marked_by_name_by_node_and_by_parameter():
    recurrence = elman.parse(TUTORIAL)
    node = recurrence.scalar_graph.definitions["tau"].number
    stored = {("h", 1), (node, 2), ("V", None), ("h", 0), ("x", 2), ("z", None)}
    drawn = draw(recurrence, 2, stored=stored).scene
    marked = [shape for shape in drawn.shapes if shape.marked and shape.title != "sample"]
    names = {shape.texts[-1].label.text for shape in marked}
    assert names == {"h_1", r"\tau_2", "V", "h_0", "x_2", "z"}
    assert any("backward pass" in text.label.text for text in drawn.texts)


@pytest.mark.parametrize("steps", [0, -3, 1_000_000])
def test_steps_out_of_range(steps):
    with pytest.raises(ValueError, match=f"steps is {steps}.* 1 to 100,000"):
        draw(elman.parse(TUTORIAL), steps)


def test_the_description_says_it_in_words():
    text = describe(elman.parse(TUTORIAL).scalar_graph, 2)
    assert text == (
        "The recurrence over 2 steps, each with the same 5 operations. Inputs: x. "
        "States, each computed in one step and read in another: h. Computed at each step: y, tau. "
        "Computed over all steps: z. Parameters, the same at every step: W, U, V."
    )


def test_dot_has_every_step_and_every_edge():
    text = draw(elman.parse(TUTORIAL), 12).dot()
    assert text.count("subgraph cluster_") == 12
    assert text.count(" -> ") == 12 * (2 + 2 + 2 + 1 + 2) + 12  # the last: into the product


# -- any recurrence ------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [False, True], ids=["once", "copies"])
@pytest.mark.parametrize("entry", corpus.load(), ids=lambda entry: entry.name)
def test_nothing_lies_on_anything_else_in_the_corpus(entry, copies):
    recurrence = elman.parse(entry.text)
    for steps in (2,) if copies else (1, 40):
        drawing = draw(recurrence, steps, sizes=entry.sizes or None, copies=copies)
        assert find_faults(drawing.scene) == []


@pytest.mark.parametrize("name", names())
def test_every_cell_draws(name):
    drawing = draw(elman.parse(read_cell(name)), 3)
    assert find_faults(drawing.scene) == []
    assert drawing.svg() == draw(elman.parse(read_cell(name)), 3).svg()


@settings(max_examples=15)
@given(recurrences())
def test_nothing_lies_on_anything_else_in_random_recurrences(example):
    text, sizes = example
    for steps, copies in ((1, False), (3, False), (3, True), (30, False)):
        drawing = draw(elman.parse(text), steps, sizes=sizes or None, copies=copies)
        assert find_faults(drawing.scene) == []


@settings(max_examples=15)
@given(recurrences())
def test_a_picture_has_the_edges_of_the_unrolled_graph(example):
    """Every arrow between steps is an argument of the unrolled graph, and the other way round."""
    from elman.paper.unroll import unroll

    text, sizes = example
    graph = elman.parse(text).typed(sizes)
    steps = 3
    expected = 0
    for node in unroll(graph, steps):
        if node.op == "start" or node.op in ("parameter", "number", "steps", "input"):
            continue
        if node.op != "over_time":
            drawn = {arg.number for arg in node.args if arg.op not in ("number", "steps")}
            expected += len(drawn)
    drawing = draw(elman.parse(text), steps, sizes=sizes or None)
    arrows = [stroke for stroke in drawing.scene.strokes if stroke.arrow]
    reductions = len({n.number for n in graph.nodes if n.op == "over_time"})
    assert len(arrows) == expected + reductions
