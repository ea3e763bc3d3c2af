"""Real handwritten digits, 8 x 8 pixels, read row by row: 8 steps of 8.

The 1,797 images that scikit-learn carries: the test part of the "Optical Recognition of
Handwritten Digits" data of Alpaydin and Kaynak (1998), UCI Machine Learning Repository,
doi:10.24432/C50P49. Nothing is downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from elman.tasks.base import AbstractTask, Batch
from elman.tasks.epochs import draw_epoch

_CLASSES = 10
_SIDE = 8
_BRIGHTEST = 16.0
# What becomes of every ten images of a class, in the order of the file.
_CYCLE = 10
_TRAINING, _VALIDATION, _TEST = (0, 1, 2, 3, 4, 5, 6), (7,), (8, 9)


@dataclass(frozen=True, eq=False)
class Digits(AbstractTask):
    """Tell which digit was written from its image, one row of pixels at a time.

    The split is fixed and stratified: in the order of the file, of every ten images of a class
    seven train, the eighth validates and the last two test. Brightness is scaled from 0..16 to
    -1..1.
    """

    name: ClassVar[str] = "digits"
    data_version: ClassVar[str] = "1"

    @property
    def input_size(self) -> int:
        """Pixels in a row."""
        return _SIDE

    @property
    def output_size(self) -> int:
        """One output for each digit."""
        return _CLASSES

    @property
    def chance(self) -> float:
        """One in ten."""
        return 1 / _CLASSES

    @property
    def epoch_size(self) -> int:
        """Number of training images."""
        return len(_split(_TRAINING))

    @property
    def notes(self) -> tuple[str, ...]:
        """Says how the images are split, and what the split does not test."""
        sizes = [len(_split(part)) for part in (_TRAINING, _VALIDATION, _TEST)]
        note = (
            f"{sizes[0]:,} images train, {sizes[1]} validate and {sizes[2]} test; no image is in "
            "two sets, but the same writers may be."
        )
        return (note,)

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws the images without replacement, in a new order each epoch."""
        images = _split(_TRAINING)
        index = draw_epoch(len(images), step, batch_size, seed)
        return Batch(images.inputs[:, index], images.targets[index])

    def validation(self) -> Batch:
        """Returns the images by which a state is chosen."""
        return _split(_VALIDATION)

    def test(self) -> Batch:
        """Returns the images whose accuracy is reported."""
        return _split(_TEST)


@cache
def _split(places: tuple[int, ...]) -> Batch:
    """Returns the images whose number within their class, modulo ten, is one of `places`."""
    images, classes = _load()
    rank = np.empty(len(classes), dtype=np.int64)
    for digit in range(_CLASSES):
        of_class = np.flatnonzero(classes == digit)
        rank[of_class] = np.arange(len(of_class)) % _CYCLE
    chosen = np.isin(rank, places)
    rows = np.ascontiguousarray(images[chosen].transpose(1, 0, 2))  # [T, B, I]
    inputs = torch.from_numpy(rows / (_BRIGHTEST / 2) - 1).float()
    return Batch(inputs, torch.from_numpy(classes[chosen]))


@cache
def _load() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from sklearn.datasets import load_digits  # here: importing scikit-learn takes a second

    bundle = load_digits()
    return bundle.images, bundle.target.astype(np.int64)
