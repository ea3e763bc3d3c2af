"""MNIST: tell which digit was written, its image read row by row or pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks.base import AbstractTask, Batch
from elman.tasks.checks import check_choice, check_path, check_whole
from elman.tasks.data.mnist import MnistData, load_mnist, training_size
from elman.tasks.epochs import draw_epoch

ORDERS = ("rows", "pixels", "permuted")
_CLASSES = 10
_SIDE = 28
_PIXELS = _SIDE * _SIDE
_HELD_OUT = 5000
# Mean and standard deviation of all pixels of the 60,000 training images, on a scale from 0 to 1.
_MEAN, _DEVIATION = 0.1307, 0.3081


@dataclass(frozen=True, eq=False)
class Mnist(AbstractTask):
    """Tell ten handwritten digits apart from sequences of pixels.

    The last 5,000 of the 60,000 training images validate, the other 55,000 train; the 10,000 test
    images test. Brightness has mean 0 and standard deviation 1 over the training images.

    Attributes:
        order: How an image is read: "rows" (28 steps of 28), "pixels" (784 steps of 1, row after
            row) or "permuted" (the same in one fixed random order).
        data: Folder with the four original files; empty to take them from elman's cache, or to
            download them where they are not there.
        permutation: Seed of the fixed order of "permuted".
        validation_size: How many of the 5,000 validation images are used, the first ones.
    """

    order: str = "rows"
    data: str = ""
    permutation: int = 0
    validation_size: int = _HELD_OUT

    name: ClassVar[str] = "mnist"
    data_version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        check_choice(self.name, "order", self.order, ORDERS)
        check_path(self.name, "data", self.data)
        check_whole(self.name, "permutation", self.permutation, 0, 2**32 - 1)
        check_whole(self.name, "validation_size", self.validation_size, 1, _HELD_OUT)

    @property
    def input_size(self) -> int:
        """Pixels read at a step."""
        return _SIDE if self.order == "rows" else 1

    @property
    def output_size(self) -> int:
        """One output for each digit."""
        return _CLASSES

    @property
    def chance(self) -> float:
        """One in ten; always answering 1, the most frequent digit, is right in 11 %."""
        return 1 / _CLASSES

    @property
    def epoch_size(self) -> int:
        """Number of training images."""
        return training_size() - _HELD_OUT

    @property
    def notes(self) -> tuple[str, ...]:
        """Says which images are in which set."""
        note = (
            f"{self.epoch_size:,} images train, {self.validation_size:,} validate and "
            f"{len(self._files.test_digits):,} test, as MNIST divides them."
        )
        return (note,)

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws the images without replacement, in a new order each epoch."""
        chosen = draw_epoch(self.epoch_size, step, batch_size, seed).numpy()
        files = self._files
        return self._batch(files.training_images[chosen], files.training_digits[chosen])

    def validation(self) -> Batch:
        """Returns the images by which a state is chosen."""
        return self._validation

    def test(self) -> Batch:
        """Returns the images whose accuracy is reported."""
        return self._batch(self._files.test_images, self._files.test_digits)

    def describe(self) -> dict[str, Any]:
        """Leaves the folder out: the images are the same wherever they lie."""
        described = super().describe()
        return {**described, "options": {**described["options"], "data": ""}}

    @property
    def _files(self) -> MnistData:
        return load_mnist(self.data)

    @cached_property
    def _validation(self) -> Batch:
        part = slice(self.epoch_size, self.epoch_size + self.validation_size)
        files = self._files
        return self._batch(files.training_images[part], files.training_digits[part])

    @cached_property
    def _order(self) -> Tensor:
        """The pixel read at each step."""
        random = np.random.default_rng([self.permutation, _PIXELS])
        return torch.from_numpy(random.permutation(_PIXELS))

    def _batch(self, images: NDArray[np.uint8], digits: NDArray[np.uint8]) -> Batch:
        bright = torch.from_numpy(images.astype(np.float32)) / 255
        scaled = ((bright - _MEAN) / _DEVIATION).reshape(len(images), -1, self.input_size)
        inputs = scaled.transpose(0, 1)  # [T, B, I]
        if self.order == "permuted":
            inputs = inputs[self._order]
        return Batch(inputs.contiguous(), torch.from_numpy(digits.astype(np.int64)))
