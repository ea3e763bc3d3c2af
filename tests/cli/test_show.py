"""`elman show`: text for a person, JSON for a program."""

from __future__ import annotations

import json

from elman.cli.main import main


def test_text_shows_roles_structure_and_the_number_of_parameters(capsys):
    assert main(["show", "lstm", "--sizes", "x=28,h=128", "--sizes", "y=10"]) == 0
    shown = capsys.readouterr().out
    assert "i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)" in shown
    assert "direction forward, order 1, not linear, online, 81,674 trained numbers" in shown
    assert "gated: f_t weighs c_{t-1}; i_t weighs g_t" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_json_is_one_object(capsys):
    assert main(["show", "h_t = a h_{t-1} + x_t", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["linear"] is True
    assert shown["structure"][-1]["term"] == "linear and diagonal"


def test_a_file_names_the_place_of_an_error(tmp_path, capsys):
    path = tmp_path / "cell.eq"
    path.write_text("h_t = tanh(W h_{t-1}\n")
    assert main(["show", str(path)]) == 2
    assert f"{path}:1:" in capsys.readouterr().err


def test_a_wrong_name_and_a_wrong_size_are_bad_input(capsys):
    assert main(["show", "lstn"]) == 2
    assert "Did you mean 'lstm'?" in capsys.readouterr().err
    for sizes in ("x", "x=0", "x=-1", "x=1.5", "=3", "x=3,,h=2"):
        assert main(["show", "lstm", "--sizes", sizes]) == 2
        assert "cannot read" in capsys.readouterr().err
