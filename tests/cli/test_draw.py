"""`elman draw`: formats, values, what is refused, and what is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from elman.cli.main import main

TUTORIAL = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"
LOSS = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("svg", b"<svg"), ("png", b"\x89PNG"), ("dot", b"digraph"), ("SVG", b"<svg")],
)
def test_the_ending_chooses_the_format(tmp_path, capsys, ending, begins):
    path = tmp_path / f"graph.{ending}"
    assert main(["draw", TUTORIAL, "--steps", "2", "-o", str(path)]) == 0
    assert path.read_bytes().startswith(begins)
    assert capsys.readouterr().out == f"{path}: 2 steps\n"
    assert list(tmp_path.iterdir()) == [path]  # nothing is left over


def test_the_same_bytes_each_time(tmp_path):
    paths = [tmp_path / name for name in ("one.svg", "two.svg")]
    for path in paths:
        assert main(["draw", "lstm", "-o", str(path)]) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_standard_output_is_svg(capsys):
    assert main(["draw", TUTORIAL, "--steps", "3", "-o", "-"]) == 0
    root = ElementTree.fromstring(capsys.readouterr().out)
    assert "over 3 steps" in root[0].text


def test_values_are_those_of_evaluate(tmp_path, capsys):
    words = ["--set", "a=1,b=1,c=0", "--input", "x=0.5,-1", "--round", "2"]
    assert main(["draw", LOSS, *words, "-o", "-"]) == 0
    svg = capsys.readouterr().out
    assert r"data-label=&quot;" not in svg
    assert r'data-label="\mathrm{0.46}"' in svg and r'data-label="\mathrm{0.45}"' in svg
    path = tmp_path / "values.json"
    path.write_text(json.dumps({"a": 1, "b": 1, "c": 0, "x": [0.5, -1]}))
    assert main(["draw", LOSS, "--values", str(path), "--round", "2", "-o", "-"]) == 0
    assert capsys.readouterr().out == svg


def test_sizes_and_copies(capsys):
    words = ["--sizes", "x=2,h=3,y=2", "--copies", "-o", "-"]
    assert main(["draw", "elman", *words]) == 0
    assert "the same parameter at every step" in capsys.readouterr().out


@pytest.mark.parametrize("steps", ["0", "-2", "1000000"])
def test_steps_out_of_range(tmp_path, capsys, steps):
    assert main(["draw", TUTORIAL, "--steps", steps, "-o", str(tmp_path / "a.svg")]) == 2
    assert f"--steps {steps} is out of range" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["graph.pdf", "graph"])
def test_an_unknown_ending_names_the_known_ones(tmp_path, capsys, name):
    assert main(["draw", TUTORIAL, "-o", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert name in error and ".svg, .png, .dot" in error and "graph.svg" in error


def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys):
    path = tmp_path / "missing" / "graph.svg"
    assert main(["draw", TUTORIAL, "-o", str(path)]) == 2
    assert str(path) in capsys.readouterr().err
    folder = tmp_path / "folder.svg"
    folder.mkdir()
    assert main(["draw", TUTORIAL, "-o", str(folder)]) == 2
    assert "folder" in capsys.readouterr().err


def test_an_interrupted_write_keeps_the_file_from_before(tmp_path, monkeypatch):
    from pathlib import Path

    from elman.cli.draw import write_file

    path = tmp_path / "graph.svg"
    path.write_bytes(b"before")

    def fail(self, content):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match=r"graph\.svg") as caught:
        write_file(path, b"after")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_missing_values_are_all_named(capsys):
    assert main(["draw", LOSS, "--set", "a=1", "--input", "x=1,2", "-o", "-"]) == 2
    error = capsys.readouterr().err
    assert "b" in error and "c" in error


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from elman.cli.main import main; "
        f"main(['draw', {TUTORIAL!r}, '-o', '-']); "
        "heavy = {'torch', 'matplotlib', 'ziamath', 'sympy', 'scipy', 'rich', 'resvg_py'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_backward_pass_is_no_dot_file(tmp_path, capsys):
    words = ["draw", "h_t = w h_{t-1} + x_t; L = sum_t h_t", "--backward"]
    assert main([*words, "-o", str(tmp_path / "graph.dot")]) == 2
    assert "a .dot file has the forward pass alone" in capsys.readouterr().err
