"""`elman code`: to standard output and to a file."""

from __future__ import annotations

import pytest

from elman.cli.main import main

TEXT = "h_t = tanh(a x_t + b h_{t-1})"


def test_source_for_both_frameworks(capsys):
    assert main(["code", TEXT]) == 0
    assert "class Recurrence(torch.nn.Module):" in capsys.readouterr().out
    assert main(["code", TEXT, "--framework", "numpy"]) == 0
    assert "def forward(x, a, b, initial=None):" in capsys.readouterr().out


def test_sizes_make_matrices(capsys):
    assert main(["code", "vanilla", "--sizes", "x=28,h=128,y=10"]) == 0
    assert "torch.empty(28, 128)" in capsys.readouterr().out


def test_a_file_is_written_whole(tmp_path, capsys):
    path = tmp_path / "cell.py"
    assert main(["code", TEXT, "--framework", "numpy", "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"wrote {path}\n"
    assert path.read_text().endswith("    }\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--framework", "jax"], "there is no framework 'jax' to write code for"),
        (["--sizes", "x=2"], "is a"),
        (["-o", "nowhere/cell.py"], "nowhere"),
    ],
)
def test_bad_input_exits_with_2(words, message, capsys):
    assert main(["code", "h_t = tanh(alpha x_t + b h_{t-1}); x: scalar", *words]) == 2
    assert message in capsys.readouterr().err
