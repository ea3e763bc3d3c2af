"""The handwritten digits: real images, row by row, in a fixed split."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from elman.tasks import make


@pytest.fixture(scope="module")
def task():
    return make("digits")


def images(batch) -> list[bytes]:
    return [image.numpy().tobytes() for image in batch.inputs.transpose(0, 1).contiguous()]


def one_epoch(task):
    return task.training_batch(0, task.epoch_size, 0)


def test_a_sequence_is_an_image_row_by_row(task):
    test = task.test()
    assert test.inputs.shape == (8, len(test), 8)
    assert (task.input_size, task.output_size, task.chance) == (8, 10, 0.1)
    source = load_digits()
    scaled = torch.from_numpy(source.images / 8 - 1).float()
    found = (scaled == test.inputs[:, 0]).all(dim=(1, 2)).nonzero()[0, 0]
    assert source.target[found] == test.targets[0]


def test_the_split_holds_every_image_once(task):
    sets = [one_epoch(task), task.validation(), task.test()]
    assert [len(batch) for batch in sets] == [1266, 178, 353]
    every = [image for batch in sets for image in images(batch)]
    assert len(set(every)) == len(every) == 1797


def test_the_split_is_stratified(task):
    for batch, share in ((one_epoch(task), 0.7), (task.validation(), 0.1), (task.test(), 0.2)):
        whole = np.bincount(load_digits().target)
        assert np.abs(np.bincount(batch.targets) - share * whole).max() < 3


def test_an_epoch_shows_each_image_once_in_an_order_of_its_own(task):
    """Batches of 100 do not divide 1,266 images: one of them spans two epochs."""
    stream = [task.training_batch(step, 100, seed=4) for step in range(26)]
    shown = [image for batch in stream for image in images(batch)]
    first, second = shown[: task.epoch_size], shown[task.epoch_size : 2 * task.epoch_size]
    assert len(set(first)) == task.epoch_size
    assert set(first) == set(second)
    assert first != second


def test_seeds_and_steps_decide_the_batch(task):
    same = task.training_batch(30, 64, 1)
    assert images(same) == images(make("digits").training_batch(30, 64, 1))
    assert images(same) != images(task.training_batch(30, 64, 2))
    assert torch.equal(same.targets, task.training_batch(30, 64, 1).targets)


def test_notes_tell_sizes_and_what_is_not_tested(task):
    assert "1,266 images train, 178 validate and 353 test" in task.notes[0]
    assert "writers" in task.notes[0]


def test_every_batch_is_the_callers_own(task):
    task.training_batch(0, 10, 0).inputs.zero_()
    assert float(task.training_batch(0, 10, 0).inputs.abs().sum()) > 0
