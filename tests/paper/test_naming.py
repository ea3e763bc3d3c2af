"""A name is found in the spelling of the equations and in its canonical one."""

from __future__ import annotations

import pytest

from elman.errors import DataError
from elman.ir import parse
from elman.paper.naming import canonical_sizes, find_name, names_of

TEXT = r"\tilde h_t = W_{xh} x_t; h_t = \tilde h_t + b_f h_{t-1} + A_1 k_{t+1}; k_t = k_{t+1}"


@pytest.mark.parametrize(
    ("spelling", "found"),
    [
        ("W_xh", ("Wxh", None)),
        ("W_{xh}", ("Wxh", None)),
        ("Wxh", ("Wxh", None)),
        ("b_f", ("bf", None)),
        ("A_1", ("A1", None)),
        (r"\tilde{h}", ("h_tilde", None)),
        ("h_tilde", ("h_tilde", None)),
        ("h_tilde_2", ("h_tilde", 2)),
        ("x_t", ("x", None)),
        ("h_0", ("h", 0)),
        ("h_m1", ("h", -1)),
        ("h_{-1}", ("h", -1)),
        ("h_-1", ("h", -1)),
        ("k_16", ("k", 16)),
        (" h ", ("h", None)),
    ],
)
def test_spellings(spelling, found):
    assert find_name(spelling, parse(TEXT)) == found


@pytest.mark.parametrize("spelling", ["q", "", "h x", "W_xhh", "b_0", "=", "(", "q_1"])
def test_an_unknown_name_is_met_with_the_known_ones(spelling):
    with pytest.raises(DataError, match="is no name of these equations\n  names: x, h_tilde, h"):
        find_name(spelling, parse(TEXT))


def test_names_of_lists_every_name_once():
    names = names_of(parse("h_t = a h_{t-1} + x_t; a = -exp(b); L = \\sum_t h_t"))
    assert sorted(names) == ["L", "a", "b", "h", "x"]


def test_sizes_find_their_names_and_leave_symbols_alone():
    recurrence = parse("h^{(2)}_t = tanh(W h^{(2)}_{t-1} + U x_t)\nW: [n, n]")
    assert canonical_sizes(recurrence, {"h2": 3, "n": 3, "x_t": 2}) == {"h2": 3, "n": 3, "x": 2}
