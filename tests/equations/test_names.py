"""Keys of names and how they are written."""

from __future__ import annotations

import pytest

from elman.equations.names import NameStyle, step_key, write_name
from elman.equations.syntax import Index


@pytest.mark.parametrize(
    ("key", "index", "plain", "latex"),
    [
        ("W", None, "W", "W"),
        ("Wxh", None, "W_{xh}", "W_{xh}"),
        ("A1", None, "A_1", "A_1"),
        ("tau", Index("t", -1), "tau_{t-1}", r"\tau_{t-1}"),
        ("h_tilde", Index("t"), r"\tilde{h}_t", r"\tilde{h}_t"),
        ("h_prime", Index("t"), "h'_t", "h'_t"),
        ("h2", Index("t"), "h^{(2)}_t", "h^{(2)}_t"),
        ("h", Index(None, 0), "h_0", "h_0"),
        ("h", Index(None, -1), "h_{-1}", "h_{-1}"),
        ("alpha", None, "alpha", r"\alpha"),
    ],
)
def test_written(key, index, plain, latex):
    assert write_name(key, index) == plain
    assert write_name(key, index, NameStyle(latex=True)) == latex


def test_a_numbered_name_beside_a_sequence_is_a_layer():
    style = NameStyle(timed=frozenset(["h"]))
    assert write_name("h2", None, style) == "h^{(2)}"


def test_steps():
    assert [step_key("h", step) for step in (2, 0, -1)] == ["h_2", "h_0", "h_m1"]
