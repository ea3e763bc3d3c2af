"""Palindromes: their form, their encodings, and sets that share nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.tasks import make
from elman.tasks.base import Batch

LENGTHS = [2, 3, 4, 5, 6, 7, 8, 9, 30, 41, 100]


def sequences(batch: Batch) -> np.ndarray:
    """The digits of each sequence, the predicted one last, from one-hot inputs: [B, T]."""
    read = batch.inputs.argmax(-1).T
    return torch.cat([read, batch.targets[:, None]], dim=1).numpy()


def texts(batch: Batch) -> list[str]:
    return ["".join(map(str, row)) for row in sequences(batch).tolist()]


def one_hot(length: int, **options: object):
    return make("palindrome", length=length, encoding="one-hot", **options)


@settings(max_examples=40)
@given(length=st.integers(2, 90), step=st.integers(0, 10**6), seed=st.integers(0, 2**32))
def test_every_sequence_is_a_palindrome_of_the_length(length, step, seed):
    task = one_hot(length, validation_size=20, test_size=20)
    for batch in (task.training_batch(step, 16, seed), task.validation(), task.test()):
        digits = sequences(batch)
        assert digits.shape[1] == length
        assert np.array_equal(digits, digits[:, ::-1])
        assert batch.inputs.shape == (length - 1, len(batch), 10)


@pytest.mark.parametrize("length", LENGTHS[1:])
def test_no_sequence_is_in_two_sets(length):
    task = one_hot(length)
    training = {text for step in range(40) for text in texts(task.training_batch(step, 128, 0))}
    validation, test = texts(task.validation()), texts(task.test())
    assert not training & set(validation)
    assert not training & set(test)
    assert not set(validation) & set(test)
    assert len(set(validation)) == len(validation)
    assert len(set(test)) == len(test)


@pytest.mark.parametrize("length", [3, 4, 5, 6])
def test_at_short_lengths_the_sets_hold_all_palindromes(length):
    task = one_hot(length)
    everything = 10 ** ((length + 1) // 2)
    training = {text for step in range(200) for text in texts(task.training_batch(step, 128, 0))}
    assert len(training) == 8 * everything // 10
    assert len(task.validation()) == len(task.test()) == everything // 10
    assert len(training | set(texts(task.validation())) | set(texts(task.test()))) == everything


def test_two_digits_leave_nothing_to_hold_out_and_the_task_says_so():
    task = one_hot(2)
    assert sorted(texts(task.validation())) == [f"{digit}{digit}" for digit in range(10)]
    assert texts(task.test()) == texts(task.validation())
    assert set(texts(task.training_batch(0, 500, 0))) == set(texts(task.test()))
    assert "only 10 different palindromes exist" in task.notes[0]
    assert "share them" in task.notes[0]


def test_notes_say_how_few_there_are():
    assert "T = 4: only 100 different palindromes exist; 80 are for training" in one_hot(4).notes[0]
    assert "at most 100 each" in one_hot(5).notes[0]
    assert one_hot(9).notes == ()
    assert one_hot(7, validation_size=10, test_size=1000).notes == ()


@pytest.mark.parametrize("length", [4, 5, 8, 30, 99])
def test_answers_and_digits_of_the_half_are_uniform(length):
    """Sums of squared deviations, in the units of a chi-squared value with nine degrees."""
    task = one_hot(length)
    digits = np.concatenate([sequences(task.training_batch(step, 500, 1)) for step in range(20)])
    for place in range((length + 1) // 2):
        counts = np.bincount(digits[:, place], minlength=10)
        assert ((counts - 1000) ** 2 / 1000).sum() < 40


def test_held_out_sets_have_each_answer_about_as_often():
    counts = np.bincount(one_hot(30).test().targets, minlength=10)
    assert counts.min() > 60
    assert counts.max() < 140
    assert set(np.bincount(one_hot(5).test().targets)) == {10}


def test_long_sequences_do_not_overflow():
    """Whole numbers below 10**half do not fit 64 bits above T = 36."""
    task = one_hot(1001)
    batch = task.training_batch(0, 8, 0)
    digits = sequences(batch)
    assert np.array_equal(digits, digits[:, ::-1])
    assert len(set(texts(batch))) == 8
    assert len(set(digits[0].tolist())) == 10


def test_seeds_and_steps_decide_the_batch():
    task = one_hot(12)
    same = task.training_batch(5, 32, 7)
    assert texts(same) == texts(one_hot(12).training_batch(5, 32, 7))
    assert texts(same) != texts(task.training_batch(6, 32, 7))
    assert texts(same) != texts(task.training_batch(5, 32, 8))
    assert texts(task.test()) == texts(one_hot(12).test())


def test_scalars_are_standardised_by_default():
    task = make("palindrome", length=30)
    assert task.input_size == 1
    inputs = torch.cat([task.training_batch(step, 256, 0).inputs for step in range(10)], dim=1)
    assert inputs.shape == (29, 2560, 1)
    assert abs(float(inputs.mean())) < 0.02
    assert abs(float(inputs.std()) - 1) < 0.02


def test_encodings_hold_the_same_digits():
    plain = make("palindrome", length=9, encoding="scalar", standardise=False)
    raw = plain.training_batch(3, 10, 0)
    standard = make("palindrome", length=9).training_batch(3, 10, 0)
    hot = one_hot(9).training_batch(3, 10, 0)
    assert torch.equal(raw.inputs[..., 0], hot.inputs.argmax(-1).float())
    assert torch.allclose(standard.inputs * 8.25**0.5 + 4.5, raw.inputs, atol=1e-5)
    assert torch.equal(raw.targets, hot.targets)
    assert torch.equal(raw.inputs[0, :, 0].long(), raw.targets)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 1}, "length of palindrome is 1\n  Allowed: whole numbers from 2"),
        ({"length": 2.5}, "length of palindrome is 2.5"),
        ({"length": True}, "length of palindrome is True"),
        ({"length": "30"}, "length of palindrome is '30'"),
        ({"length": 9, "encoding": "binary"}, "encoding of palindrome is 'binary'\n  Allowed: 'sc"),
        ({"length": 9, "standardise": 1}, "standardise of palindrome is 1\n  Allowed: True, False"),
        ({"length": 9, "test_size": 0}, "test_size of palindrome is 0"),
    ],
)
def test_values_that_are_not_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        make("palindrome", **options)
