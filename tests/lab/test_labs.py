import pytest

from elman.errors import DataError, EquationSyntaxError, ShapeError
from elman.ir import parse
from elman.lab.labs import (
    DEFAULT_CELLS,
    DEFAULT_LENGTHS,
    DEFAULT_SEEDS,
    Grid,
    Model,
    make_lab,
    make_specs,
    read_models,
    split_start,
)

OWN = "h_t = tanh(W h_{t-1} + U x_t)\ny_t = V h_t"


def test_the_default_lab_is_the_issues():
    models = read_models(DEFAULT_CELLS)
    specs = make_specs(Grid(models, DEFAULT_LENGTHS, DEFAULT_SEEDS))
    assert len(specs) == 3 * 6 * 3 + 3 * 3
    assert list(dict.fromkeys(spec.series for spec in specs)) == [
        "vanilla, start lab",
        "vanilla, start orthogonal",
        "lstm, start orthogonal+b_f=3",
    ]
    assert sorted({spec.length for spec in specs if spec.length}) == [5, 10, 15, 20, 25, 30]
    assert {spec.seed for spec in specs} == {0, 1, 2}
    assert {spec.sizes["h"] for spec in specs} == {128}
    assert {spec.sizes["x"] for spec in specs if spec.task == "digits"} == {8}


def test_two_starts_of_a_cell_are_trained_alike():
    lab, orthogonal = make_specs(Grid(read_models(["vanilla"]), (30,), 1, digits=None))
    assert lab.training == orthogonal.training
    assert lab.equations == orthogonal.equations
    assert lab.init != orthogonal.init


def test_settings_win_over_presets():
    models = read_models(["lstm"])
    grid = Grid(models, (5,), 1, palindromes={"learning_rate": 0.5}, digits={"max_steps": 7})
    palindrome, digits = make_specs(grid)
    assert palindrome.training["learning_rate"] == 0.5
    assert digits.training["max_steps"] == 7
    assert "seed" not in digits.training


def test_a_cell_of_ones_own_comes_from_a_text_or_a_file(tmp_path):
    path = tmp_path / "mine.eq"
    path.write_text(OWN)
    text, file, other = read_models([OWN, f"{path}:xavier", "h_t = tanh(W h_{t-1} + x_t)"])
    assert (text.name, text.init) == ("equations", "orthogonal")
    assert (file.name, file.init) == ("mine", "xavier")
    assert text.equations == file.equations == parse(OWN).plain()
    assert other.name == "equations 2"


@pytest.mark.parametrize(
    ("argument", "cell", "start"),
    [
        ("lstm", "lstm", ""),
        ("lstm:lab", "lstm", "lab"),
        ("lstm:normal(0.01)+b_f=3", "lstm", "normal(0.01)+b_f=3"),
        ("cells/mine.eq:orthogonal", "cells/mine.eq", "orthogonal"),
        ("C:\\cells\\mine.eq", "C:\\cells\\mine.eq", ""),
        ("W: [h, x]\nh_t = W x_t", "W: [h, x]\nh_t = W x_t", ""),
    ],
)
def test_a_start_stands_behind_a_colon(argument, cell, start):
    assert split_start(argument) == (cell, start)


def test_bad_input_is_refused_before_anything_runs():
    with pytest.raises(DataError, match="lsmt"):
        read_models(["lsmt"])
    with pytest.raises(EquationSyntaxError):
        read_models(["h_t = ("])
    two_inputs = read_models(["h_t = tanh(W h_{t-1} + x_t + u_t)"])
    with pytest.raises(ShapeError, match="one input"):
        make_specs(Grid(two_inputs, (5,), 1))
    with pytest.raises(ValueError, match="length of palindrome is 1"):
        make_specs(Grid(read_models(["vanilla"]), (1,), 1))
    with pytest.raises(ValueError, match="ortogonal"):
        make_specs(Grid(read_models(["vanilla:ortogonal"]), (5,), 1))
    with pytest.raises(ValueError, match="not a parameter"):
        make_specs(Grid(read_models(["vanilla:orthogonal+b_f=3"]), (5,), 1))


def test_a_lab_knows_its_command():
    model = Model("mine", parse(OWN).plain(), "lab")
    lab = make_lab(Grid((model,), (5,), 2, digits=None), "elman lab --cells mine.eq")
    assert lab.command == "elman lab --cells mine.eq"
    assert [spec.title for spec in lab.specs] == [
        "palindrome, T = 5, mine, start lab, seed 0",
        "palindrome, T = 5, mine, start lab, seed 1",
    ]
