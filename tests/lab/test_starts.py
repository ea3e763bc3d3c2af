import pytest

from elman.lab.starts import read_start, show_start


@pytest.mark.parametrize(
    ("text", "init"),
    [
        ("lab", "lab"),
        ("normal(0.01)", "normal(0.01)"),
        ("orthogonal+b_f=3", {"*": "orthogonal", "b_f": 3.0}),
        ("xavier+W=identity+b=-0.5", {"*": "xavier", "W": "identity", "b": -0.5}),
    ],
)
def test_a_start_is_read_and_shown_again(text, init):
    assert read_start(text) == init
    assert show_start(init) == text


def test_spaces_do_not_matter():
    assert read_start(" orthogonal + b_f = 3 ") == {"*": "orthogonal", "b_f": 3.0}


@pytest.mark.parametrize("text", ["", "b_f=3", "orthogonal+", "orthogonal+b_f", "orthogonal+=3"])
def test_what_is_no_start_is_shown(text):
    with pytest.raises(ValueError, match="cannot read the start") as caught:
        read_start(text)
    assert repr(text) in str(caught.value)


def test_the_default_is_torchs():
    assert show_start(None) == "torch"
