"""Trained recurrences on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch

import elman
from elman.errors import DataError
from elman.nn.weights import load, to_safetensors

TEXT = "h_t = tanh(W h_{t-1} + U x_t + b)\ny_t = V h_t"
SIZES = {"x": 2, "h": 3, "y": 1}


def test_a_module_comes_back(tmp_path: Path) -> None:
    cell = elman.module(TEXT, SIZES, outputs="y", batch_first=True, dtype=torch.float64)
    path = tmp_path / "cell.safetensors"
    path.write_bytes(to_safetensors(cell))
    again = load(path)
    x = torch.randn(4, 5, 2, dtype=torch.float64)
    assert torch.equal(again(x)[0], cell(x)[0])
    assert again.recurrence.plain() == cell.recurrence.plain()


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    missing = tmp_path / "none.safetensors"
    with pytest.raises(DataError, match=r"none\.safetensors"):
        load(missing)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(to_safetensors(elman.module(TEXT, SIZES))[:-5])
    with pytest.raises(DataError, match="cannot read the weights"):
        load(damaged)
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(safetensors.torch.save({"a": torch.zeros(2)}))
    with pytest.raises(DataError, match="not the equations"):
        load(foreign)


def test_weights_of_other_equations_are_refused(tmp_path: Path) -> None:
    cell = elman.module(TEXT, SIZES)
    metadata = {
        "format": "elman weights 1",
        "equations": TEXT,
        "sizes": '{"x": 2, "h": 4, "y": 1}',
        "outputs": '["y"]',
        "batch_first": "false",
    }
    path = tmp_path / "mixed.safetensors"
    path.write_bytes(safetensors.torch.save(dict(cell.state_dict()), metadata=metadata))
    with pytest.raises(DataError, match="do not fit their equations"):
        load(path)
