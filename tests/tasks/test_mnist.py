"""MNIST as sequences, on small files in its form."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.tasks import make
from elman.tasks.data import mnist
from tasks.data import images


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        packed = images.install(patch)
        yield str(images.write(tmp_path_factory.mktemp("mnist"), packed))
    mnist.load_mnist.cache_clear()


@pytest.fixture(scope="module")
def files(folder):
    return mnist.load_mnist(folder)


def scaled(pixels) -> torch.Tensor:
    return (torch.from_numpy(pixels.astype(np.float32)) / 255 - 0.1307) / 0.3081


@pytest.mark.parametrize("order, steps, size", [("rows", 28, 28), ("pixels", 784, 1)])
def test_an_image_is_read_in_order(folder, files, order, steps, size):
    task = make("mnist", data=folder, order=order)
    test = task.test()
    assert test.inputs.shape == (steps, images.TEST, size)
    assert (task.input_size, task.output_size, task.chance) == (size, 10, 0.1)
    for place in (0, 7):
        read = test.inputs[:, place].reshape(28, 28)
        torch.testing.assert_close(read, scaled(files.test_images[place]))
        assert test.targets[place] == files.test_digits[place]


def test_the_permutation_is_fixed_and_the_same_for_every_image(folder):
    plain = make("mnist", data=folder, order="pixels").test().inputs[..., 0]
    first = make("mnist", data=folder, order="permuted")
    mixed = first.test().inputs[..., 0]
    assert not torch.equal(plain, mixed)
    order = [int((plain == row).all(dim=1).nonzero()[0, 0]) for row in mixed]
    assert sorted(order) == list(range(784))
    assert torch.equal(mixed, make("mnist", data=folder, order="permuted").test().inputs[..., 0])
    trained = first.training_batch(0, 5, 1).inputs[..., 0]
    unmixed = make("mnist", data=folder, order="pixels").training_batch(0, 5, 1).inputs[..., 0]
    assert torch.equal(trained, unmixed[order])
    other = make("mnist", data=folder, order="permuted", permutation=1).test().inputs[..., 0]
    assert not torch.equal(mixed, other)


def test_the_sets_are_apart(folder):
    task = make("mnist", data=folder)
    assert task.epoch_size == images.TRAINING - 5000 == 40
    sets = [task.training_batch(0, 40, 0), task.validation(), task.test()]
    assert [len(part) for part in sets] == [40, 5000, images.TEST]
    every = [one.numpy().tobytes() for part in sets for one in part.inputs.transpose(0, 1)]
    assert len(set(every)) == len(every)
    assert "40 images train, 5,000 validate and 30 test" in task.notes[0]


def test_fewer_images_can_validate(folder):
    few, all_of_them = make("mnist", data=folder, validation_size=10), make("mnist", data=folder)
    assert torch.equal(few.validation().inputs, all_of_them.validation().inputs[:, :10])


@pytest.mark.parametrize(
    "given, said",
    [
        ({"order": "columns"}, "order of mnist is 'columns'\n  Allowed: 'rows', 'pixels'"),
        ({"data": 5}, "data of mnist is 5\n  Allowed: the name of a file or folder"),
        ({"validation_size": 5001}, "validation_size of mnist is 5001\n  Allowed: whole numbers"),
        ({"permutation": -1}, "permutation of mnist is -1"),
    ],
)
def test_wrong_options_are_refused(given, said):
    with pytest.raises(ValueError) as caught:
        make("mnist", **given)
    assert said in str(caught.value)
