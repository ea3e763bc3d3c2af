import pytest

from elman.errors import DataError, EquationSyntaxError
from elman.ir import parse
from elman.lab.models import read_models, split_start

OWN = "h_t = tanh(W h_{t-1} + U x_t)\ny_t = V h_t"


def test_a_cell_of_ones_own_comes_from_a_text_or_a_file(tmp_path):
    path = tmp_path / "mine.eq"
    path.write_text(OWN)
    text, file, other = read_models([OWN, f"{path}:xavier", "h_t = tanh(W h_{t-1} + x_t)"])
    assert (text.name, text.init) == ("equations", "orthogonal")
    assert (file.name, file.init) == ("mine", "xavier")
    assert text.equations == file.equations == parse(OWN).plain()
    assert other.name == "equations 2"


def test_a_cell_of_the_catalogue_has_a_start_of_its_own():
    lstm, other = read_models(["lstm", "lstm:lab"])
    assert lstm.init == {"*": "orthogonal", "b_f": 3.0}
    assert (other.init, other.name, other.cell) == ("lab", "lstm", "lstm")


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


def test_bad_cells_are_refused():
    with pytest.raises(DataError, match="lsmt"):
        read_models(["lsmt"])
    with pytest.raises(EquationSyntaxError):
        read_models(["h_t = ("])
