"""The shapes of declarations are read as numbers and names of sizes."""

from __future__ import annotations

import pytest

from elman.equations.scanner import tokenize
from elman.equations.shapes import read_dims
from elman.errors import EquationSyntaxError, Source


def dims(text: str) -> tuple[str | int, ...]:
    """The shape that a text declares."""
    line = tokenize(Source(f"W: {text}"))
    return read_dims(line[2:-1], line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scalar", ()),
        ("[]", ()),
        ("28", (28,)),
        ("[h]", ("h",)),
        ("[h, x]", ("h", "x")),
        ("[128, 28]", (128, 28)),
        (r"\mathbb{R}", ()),
        (r"\mathbb{R}^{h \times x}", ("h", "x")),
        (r"\mathbb R^{h}", ("h",)),
        ("R^3", (3,)),
        ("ℝ^{d_h × d_x}", ("dh", "dx")),
        (r"\mathbb{R}^{d_{h} \times d_{\text{in}}}", ("dh", "din")),
        ("(0, 1)^h", ("h",)),
        ("[-1, 1]^{h}", ("h",)),
        (r"{(-1, 1)}^{h}", ("h",)),
    ],
)
def test_shapes(text, expected):
    assert dims(text) == expected


@pytest.mark.parametrize(
    "text",
    ["[h, x, y]", "[0]", "[1.5]", "[-3]", r"\mathbb{C}^{h}", "[9999999999]", "[h +]", "(h)^2 x"],
)
def test_what_is_refused(text):
    with pytest.raises(EquationSyntaxError, match="this shape is not one elman reads"):
        dims(text)
