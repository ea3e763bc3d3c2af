"""How equations were read: roles, shapes, places, notes."""

from __future__ import annotations

import json

import pytest

from elman.errors import NameResolutionError
from elman.ir import parse
from elman.paper.structure.reading import read_reading

TEXT = "h_t = tanh(W h_{t-1} + U x_t + b)\ny_t = V h_t\nL = \\sum_t y_t^2"
KEYS = {
    "constants", "derived", "direction", "equations", "frozen", "inputs", "intermediates",
    "linear", "names", "notes", "online", "order", "outputs", "parameter_count", "parameters",
    "shapes", "shared", "sizes", "starts", "states", "structure", "suits", "totals",
}  # fmt: skip


def test_the_dictionary_has_exactly_these_keys_and_is_json():
    found = read_reading(parse(TEXT), {"x": 28, "h": 128, "y": 10}).to_dict()
    assert set(found) == KEYS
    assert json.loads(json.dumps(found)) == found
    assert (found["direction"], found["order"]) == ("forward", 1)
    assert (found["linear"], found["online"]) == (False, True)
    assert (found["states"], found["inputs"], found["totals"]) == (["h"], ["x"], ["L"])
    assert found["parameters"] == ["W", "U", "b", "V"]
    assert found["shapes"]["U"] == [128, 28]
    assert found["parameter_count"] == 128 * 128 + 128 * 28 + 128 + 10 * 128
    assert found["equations"]["plain"].startswith("h_t = tanh(W h_{t-1} + U x_t + b)\n")
    assert found["equations"]["latex"].startswith("\\begin{aligned}")


def test_every_name_has_its_role_and_place():
    names = {name.key: name for name in read_reading(parse(TEXT)).names}
    assert {key: (name.role, name.place) for key, name in names.items()} == {
        "h": ("state", "1:1"),
        "W": ("parameter", "1:12"),
        "U": ("parameter", "1:24"),
        "x": ("input", "1:26"),
        "b": ("parameter", "1:32"),
        "y": ("intermediate", "2:1"),
        "V": ("parameter", "2:7"),
        "L": ("total", "3:1"),
    } | {"y": (names["y"].role, "2:1")}
    assert "output" in names["y"].role
    assert names["y"].text == "y_t = V h_t"
    assert names["W"].text == ""


def test_constants_derived_and_frozen_names():
    text = "h_t = A h_{t-1} + c x_t; A = -exp(a); c = 0.1; freeze a"
    roles = {name.key: name.role for name in read_reading(parse(text)).names}
    assert roles["A"] == "derived once"
    assert roles["c"] == "constant"
    assert roles["a"] == "parameter and not trained"


def test_the_place_of_a_state_is_its_equation_not_its_start():
    reading = read_reading(parse("h_0 = 1\nh_t = a h_{t-1}"))
    assert {name.key: name.place for name in reading.names} == {"h": "2:1", "a": "2:7"}


def test_what_was_assumed_of_shapes_is_a_note():
    reading = read_reading(parse("h_t = tanh(W * h_{t-1} + U x_t)"), {"x": 2, "h": 3})
    assert reading.notes == reading.recurrence.types({"x": 2, "h": 3}).assumed
    assert "W @ h_{t-1}" in reading.notes[0]


@pytest.mark.parametrize(
    ("sizes", "note"),
    [
        ({}, "Every name is a scalar, as no size was given; for vectors: --sizes x=28,h=128"),
        ({"x": 3, "h": 4}, "Open sizes: y; give them with --sizes."),
    ],
)
def test_what_stays_open_is_said(sizes, note):
    reading = read_reading(parse("h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t"), sizes)
    assert reading.notes == (note,)


def test_the_count_is_open_where_a_size_is():
    assert read_reading(parse(TEXT), {"x": 3, "h": 4}).parameter_count is None


def test_an_unknown_size_names_the_known_names():
    with pytest.raises(NameResolutionError, match="a size is given for 'q'"):
        read_reading(parse(TEXT), {"q": 3})
