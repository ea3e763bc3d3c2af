"""What `parse` returns: roles, direction, sizes, counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from elman.errors import NameResolutionError, ShapeError
from elman.ir import Recurrence, parse, print_graph
from strategies import recurrences

VANILLA = "h_t = tanh(W h_{t-1} + U x_t + b)\ny_t = V h_t + c"
BIDIRECTIONAL = r"""$$h_t = \tanh(A_1 x_t + B_1 h_{t-1} + c_1)$$
$$k_t = \tanh(A_2 x_t + B_2 k_{t+1} + c_2)$$
$$y_t = h_t + k_t$$"""
LSTM = """i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
c_t = f_t * c_{t-1} + i_t * g_t
h_t = o_t * tanh(c_t)"""


def roles(text: str) -> dict[str, str]:
    """The names of each role, as one string."""
    recurrence = parse(text)
    names = ("states", "inputs", "parameters", "intermediates", "outputs", "totals")
    return {name: " ".join(getattr(recurrence, name)) for name in names}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (VANILLA, {"states": "h", "inputs": "x", "parameters": "W U b V c", "outputs": "y"}),
        (BIDIRECTIONAL, {"states": "h k", "outputs": "y", "parameters": "A1 B1 c1 A2 B2 c2"}),
        (LSTM, {"states": "c h", "outputs": "h", "intermediates": "i f o g"}),
        # Jordan: the output is fed back, and so it is a state.
        (
            "h_t = tanh(W x_t + U y_{t-1})\ny_t = V h_t",
            {"states": "y", "outputs": "y", "intermediates": "h"},
        ),
        # A total reads the output, which stays one.
        (
            "h_t = a h_{t-1} + x_t\ny_t = h_t\nL = \\sum_t y_t^2",
            {"outputs": "y", "totals": "L", "intermediates": ""},
        ),
        # A definition that names a part of another is no output.
        (
            r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; \tau_i = Wh_{i-1} + Ux_i",
            {"outputs": "y", "intermediates": "tau"},
        ),
        # Constants and derived values are no parameters.
        ("A = -exp(a)\ndt = 0.1\nh_t = A h_{t-1} + dt x_t", {"parameters": "a"}),
        # The order of the statements does not matter.
        ("y_t = V h_t\nh_t = W h_{t-1} + x_t", {"states": "h", "outputs": "y"}),
    ],
)
def test_roles(text, expected):
    found = roles(text)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "direction", "order", "linear", "online"),
    [
        (VANILLA, "forward", 1, False, True),
        (BIDIRECTIONAL, "bidirectional", 1, False, False),
        ("h_t = a h_{t+1} + x_t", "backward", 1, True, False),
        ("h_t = a h_{t-1} + b h_{t-3} + tanh(x_t)", "forward", 3, True, True),
        ("h_t = x_t h_{t-1}", "forward", 1, True, True),
        ("h_t = h_{t-1} h_{t-2}", "forward", 2, False, True),
        ("y_t = a x_t", "forward", 0, False, True),
    ],
)
def test_structure(text, direction, order, linear, online):
    found = parse(text)
    assert (found.direction, found.order, found.linear, found.online) == (
        direction, order, linear, online
    )  # fmt: skip


def test_lags():
    recurrence = parse("h_t = a h_{t-1} + b h_{t-3}\ny_t = h_{t+1}")
    assert recurrence.lags("h") == (-1, 1, 3)


def test_an_alias_of_a_part_leaves_the_graph_as_it_is():
    plain = parse(r"h_t = \tanh(\tau_t); \tau_t = Wh_{t-1} + Ux_t")
    named = parse(r"h_t = \tanh(Wh_{t-1} + Ux_t); \tau_i = Wh_{i-1} + Ux_i")
    assert print_graph(plain.typed()) == print_graph(named.typed())
    assert len(named.typed().nodes) == len(parse(r"h_t = \tanh(Wh_{t-1} + Ux_t)").typed().nodes)


def shape_texts(recurrence: Recurrence, sizes: dict[str, int]) -> dict[str, str]:
    """Shapes as text, `2x3`."""
    shapes = recurrence.shapes(sizes)
    return {key: "x".join(str(dim) for dim in shape) for key, shape in shapes.items()}


@pytest.mark.parametrize(
    ("text", "sizes", "expected"),
    [
        (VANILLA, {"x": 3, "h": 4, "y": 2}, {"W": "4x4", "U": "4x3", "b": "4", "V": "2x4"}),
        ("h_t = x_t W_x + h_{t-1} W_h", {"x": 3, "h": 4}, {"Wx": "3x4", "Wh": "4x4"}),
        ("h_t = tanh(u * h_{t-1} + W x_t)", {"x": 3, "h": 4}, {"u": "4", "W": "4x3"}),
        ("h_t = alpha h_{t-1} + W x_t", {"x": 3, "h": 4}, {"alpha": "", "W": "4x3"}),
        ("h_t = W [h_{t-1}, x_t]", {"x": 3, "h": 4}, {"W": "4x7"}),
        ("h_t = W h_{t-1} + x_t", {}, {"W": "", "h": ""}),
        ("h_t = A h_{t-1} + B x_t\nA: [h, h]\nx: [3]\nh: [5]", {}, {"A": "5x5", "B": "5x3"}),
        ("h_t = V W h_{t-1} + x_t\nV: [h, r]", {"x": 4, "r": 2}, {"V": "4x2", "W": "2x4"}),
    ],
)
def test_shapes(text, sizes, expected):
    found = shape_texts(parse(text), sizes)
    assert {key: found[key] for key in expected} == expected


def test_parameter_count():
    assert parse(VANILLA).parameter_count({"x": 3, "h": 4, "y": 2}) == 16 + 12 + 4 + 8 + 2
    assert parse(VANILLA).parameter_count() == 5
    assert parse(VANILLA + "\nshare W, V").parameter_count() == 4


def test_declarations():
    recurrence = parse(VANILLA + "\ninit W: orthogonal\nfreeze U, V\nshare b, c")
    assert recurrence.starts == {"W": "orthogonal"}
    assert recurrence.frozen == {"U", "V"}
    assert recurrence.shared == (("b", "c"),)


def test_open_sizes_are_asked_for_by_name():
    with pytest.raises(ShapeError, match="the size of the input x is open"):
        parse(VANILLA).typed({"h": 4})
    with pytest.raises(NameResolutionError, match="a size is given for 'z'"):
        parse(VANILLA).typed({"z": 4})
    with pytest.raises(ValueError, match="it must be a positive integer"):
        parse(VANILLA).typed({"x": 0})
    with pytest.raises(TypeError, match="must be a string, not int"):
        parse(3)


def test_notes_say_what_was_assumed():
    recurrence = parse("h_t = tanh(W * h_{t-1} + U x_t)")
    assert recurrence.notes({"x": 3, "h": 4}) == (
        (
            "W is read as a vector [4], as W * h_{t-1} is an elementwise product; "
            "write W @ h_{t-1} for a matrix."
        ),
    )
    assert recurrence.notes() == ()
    assert parse("h_t = tanh(u * h_{t-1} + W x_t)").notes({"x": 3, "h": 4}) == ()


def test_notes_on_a_slip():
    notes = parse("h_t = tanh(W h_{t-1} + U x_t-1)").notes()
    assert notes == ("x_t-1 is read as x_t minus 1; write x_{t-1} for an earlier step.",)
    assert parse("h_t = h_{t-1} + x_t - 1").notes() == ()


@settings(max_examples=60)
@given(recurrences())
def test_plain_and_latex_give_the_same_graph(example):
    text, sizes = example
    recurrence = parse(text)
    graph = print_graph(recurrence.typed(sizes))
    for again in (parse(recurrence.plain()), parse(recurrence.latex())):
        assert print_graph(again.typed(sizes)) == graph
        assert again.roles == recurrence.roles


def test_repr_shows_the_equations():
    recurrence = parse("h_t = a h_{t-1} + x_t")
    assert repr(recurrence) == "Recurrence('h_t = a h_{t-1} + x_t')"
    assert recurrence.latex_lines() == ["h_t = a h_{t-1} + x_t"]
    assert recurrence._repr_latex_().startswith("$")
