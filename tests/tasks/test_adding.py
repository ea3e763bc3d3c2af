"""The adding problem."""

from __future__ import annotations

import pytest
import torch

from elman.tasks import make


@pytest.mark.parametrize("length", [2, 5, 40])
def test_the_answer_is_the_sum_of_the_marked_numbers(length):
    task = make("adding", length=length)
    batch = task.training_batch(3, 200, 1)
    numbers, marks = batch.inputs.unbind(-1)
    assert batch.inputs.shape == (length, 200, 2) and batch.targets.shape == (200, 1)
    torch.testing.assert_close((numbers * marks).sum(0), batch.targets[:, 0])
    assert 0 <= numbers.min() and numbers.max() <= 1
    assert set(marks.unique().tolist()) <= {0.0, 1.0}
    half = length // 2
    assert (marks[:half].sum(0) == 1).all() and (marks[half:].sum(0) == 1).all()


def test_always_saying_one_reaches_the_error_of_chance():
    task = make("adding", length=20, test_size=100_000)
    batch = task.test()
    guess = torch.ones(20, len(batch), 1)
    assert task.metric(guess, batch) == pytest.approx(task.chance, rel=0.02)
    assert float(task.loss(guess, batch)) == pytest.approx(task.metric(guess, batch))
    assert not task.higher_is_better


def test_sets_and_steps_differ_and_repeat():
    task = make("adding", length=10)
    batches = [
        task.validation(),
        task.test(),
        task.training_batch(0, 500, 0),
        task.training_batch(1, 500, 0),
        task.training_batch(0, 500, 1),
        task.training_batch(1, 500, 10),
    ]
    heads = [tuple(batch.inputs[:, 0].flatten().tolist()) for batch in batches]
    assert len(set(heads)) == len(heads)
    again = make("adding", length=10).training_batch(1, 500, 0)
    assert torch.equal(again.inputs, batches[3].inputs)


@pytest.mark.parametrize("given", [{"length": 1}, {"length": 5.0}, {"length": 5, "test_size": 0}])
def test_wrong_options_are_refused(given):
    with pytest.raises(ValueError, match="of adding is"):
        make("adding", **given)
