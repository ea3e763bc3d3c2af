"""Letters in another dress become plain ones, and every place in the text stays."""

from __future__ import annotations

import pytest

from elman.equations.alphabets import plain_characters


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("𝐡𝑊𝒃𝗫𝟏ℎℓ", "hWbX1hl"),
        ("𝜎(x)", "σ(x)"),
        ("x^{<t-1>}", "x^{(t-1)}"),
        ("x^<t>", "x^(t)"),
        ("W^{[2]}", "W^{(2)}"),
        # What means something of its own stays as it is.
        ("ℝ 𝒲 𝕎", "ℝ 𝒲 𝕎"),
        ("h[t] < x > y", "h[t] < x > y"),
        ("W [x_t, h_t]^{2}", "W [x_t, h_t]^{2}"),
    ],
)
def test_what_a_text_becomes(text, plain):
    assert plain_characters(text) == plain
    assert len(plain) == len(text)


def test_named_angles_keep_the_length():
    text = r"a^{\langle t-1\rangle}"
    assert plain_characters(text).replace(" ", "") == "a^{(t-1)}"
    assert len(plain_characters(text)) == len(text)
