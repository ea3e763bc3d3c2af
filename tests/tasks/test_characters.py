"""Predicting the next character of a text."""

from __future__ import annotations

import math

import pytest
import torch

from elman.errors import DataError
from elman.tasks import make
from elman.tasks.base import IGNORED

TEXT = "the quick brown fox jumps over the lazy dog.\n" * 40 + "zéro"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    return str(file)


def spell(task, numbers) -> str:
    return "".join(task.symbols[number] for number in numbers.tolist())


def test_each_character_is_predicted_from_those_before_it(path):
    task = make("characters", data=path, length=20)
    batch = task.training_batch(0, 6, 0)
    assert batch.inputs.shape == (20, 6, len(set(TEXT)))
    assert batch.each_step and batch.targets.shape == (20, 6)
    for place in range(6):
        read = spell(task, batch.inputs[:, place].argmax(-1))
        said = spell(task, batch.targets[:, place])
        assert read[1:] == said[:-1] and read + said[-1] in TEXT[: len(TEXT) * 9 // 10]


@pytest.mark.parametrize("length", [2, 7, 20])
def test_held_out_characters_count_once_after_half_a_length(path, length):
    task = make("characters", data=path, length=length)
    first = len(TEXT) * 9 // 10
    second = first + (len(TEXT) - first) // 2
    for batch, part in ((task.validation(), TEXT[first:second]), (task.test(), TEXT[second:])):
        counted = batch.targets != IGNORED
        assert (counted.sum(0) == length // 2).all()
        assert not counted[: length - length // 2].any()
        said = "".join(
            spell(task, batch.targets[counted[:, place], place]) for place in range(len(batch))
        )
        start = length - length // 2 + 1
        assert said == part[start : start + len(said)]
        assert len(part) - start - len(said) < length


def test_bits_per_character(path):
    task = make("characters", data=path, length=20)
    batch = task.test()
    output = torch.zeros(*batch.targets.shape, task.output_size)
    assert task.metric(output, batch) == pytest.approx(math.log2(task.output_size), rel=1e-5)
    assert not task.higher_is_better


def test_chance_knows_the_frequencies_of_the_training_part(tmp_path):
    """Two characters equally often cost one bit each."""
    file = tmp_path / "ab.txt"
    file.write_text("ab" * 5000)
    assert make("characters", data=str(file)).chance == pytest.approx(1.0, rel=1e-6)


def test_notes_name_characters_never_seen_in_training(path):
    notes = make("characters", data=path, length=20).notes
    assert "characters train" in notes[0]
    assert notes[1] == "Never seen in training, and so never predicted: 'é'."


def test_the_version_is_that_of_the_text(path, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(TEXT + ".", encoding="utf-8")
    copy = tmp_path / "copy.txt"
    copy.write_text(TEXT, encoding="utf-8")
    first, second, third = (make("characters", data=str(f)) for f in (path, other, copy))
    assert first.data_version != second.data_version
    assert first.describe() == third.describe()


def test_a_short_text_is_refused(tmp_path):
    file = tmp_path / "short.txt"
    file.write_text("abc" * 100)
    with pytest.raises(DataError, match="300 characters, and sequences of 100 need 2,020"):
        make("characters", data=str(file)).training_batch(0, 4, 0)


def test_a_text_of_too_many_symbols_is_refused(tmp_path):
    file = tmp_path / "many.txt"
    file.write_text("".join(map(chr, range(0x4E00, 0x4E00 + 1001))) * 5, encoding="utf-8")
    with pytest.raises(DataError, match="1,001 different characters"):
        make("characters", data=str(file)).validation()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*none\.txt"):
        make("characters", data=str(tmp_path / "none.txt")).validation()
