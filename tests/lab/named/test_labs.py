"""What each lab compares."""

import pytest

from elman.errors import DataError
from elman.lab.named import better, clipping, length, thousand, truncation
from elman.lab.options import LabOptions


def test_the_lab_of_the_lab_document():
    specs = length.make_lab(LabOptions()).specs
    assert list(dict.fromkeys(spec.series for spec in specs)) == [
        "vanilla, start orthogonal",
        "gru, start orthogonal",
        "lstm, start orthogonal+b_f=3",
        "vanilla, start lab, one length",
    ]
    assert sorted({spec.length for spec in specs if spec.length}) == [5, 10, 20, 50, 100]
    assert {spec.seed for spec in specs} == {0, 1, 2}
    assert {spec.sizes["h"] for spec in specs} == {128}
    assert {spec.sizes["x"] for spec in specs if spec.task == "digits"} == {8}
    alone = {spec.training["grow_from"] for spec in specs if spec.variant == "one length"}
    assert alone == {None}


def test_digits_can_be_left_out():
    specs = length.make_lab(LabOptions(digits=False)).specs
    assert {spec.task for spec in specs} == {"palindrome"}


def test_a_thousand_steps_are_tested_far_beyond():
    specs = thousand.make_lab(LabOptions()).specs
    assert {spec.length for spec in specs} == {1000}
    assert {spec.beyond for spec in specs} == {(10, 100, 10_000, 100_000)}
    assert {(spec.cell, spec.variant) for spec in specs} == {
        (cell, variant) for cell in ("vanilla", "gru", "lstm") for variant in ("", "one-hot")
    }


def test_each_variant_differs_in_one_thing():
    specs = better.make_lab(LabOptions(cells=("vanilla",), seeds=1)).specs
    whole = next(spec for spec in specs if spec.variant == "the whole recipe")
    for spec in specs:
        if spec is whole:
            continue
        changed = [key for key in whole.training if spec.training[key] != whole.training[key]]
        kinds = [bool(changed), spec.init != whole.init, spec.options != whole.options]
        assert sum(kinds) == 1, spec.variant
    assert {spec.length for spec in specs} == {200}


def test_a_cell_with_gates_has_starts_of_its_own():
    specs = better.make_lab(LabOptions(cells=("lstm",), lengths=(50,), seeds=1)).specs
    starts = {spec.variant: spec.init for spec in specs}
    assert starts["chrono start"] == {"*": "orthogonal", "b_f": "chrono(50)", "b_i": "chrono(-50)"}
    assert starts["forget bias 1"] == {"*": "orthogonal", "b_f": 1.0}


def test_options_are_compared_at_one_length():
    with pytest.raises(DataError, match="has one length, and --lengths gives 2"):
        better.make_lab(LabOptions(lengths=(5, 10)))


def test_clipping_is_all_that_differs():
    specs = clipping.make_lab(LabOptions(seeds=1)).specs
    bounds = {"clip_norm", "clip_value"}
    others = [
        {name: value for name, value in spec.training.items() if name not in bounds}
        for spec in specs
    ]
    assert all(other == others[0] for other in others)
    assert len({(spec.training["clip_norm"], spec.training["clip_value"]) for spec in specs}) == 4


def test_windows_are_all_that_differs():
    specs = truncation.make_lab(LabOptions(lengths=(10,), seeds=1)).specs
    assert [spec.training["window"] for spec in specs] == [1, 2, 4, 8, None]
    assert {spec.study for spec in specs} == {"truncation"}
