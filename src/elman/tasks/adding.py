"""The adding problem: add the two marked numbers of a long sequence.

Hochreiter & Schmidhuber, 1997, Neural Computation 9(8), doi:10.1162/neco.1997.9.8.1735, in the
form of Le, Jaitly & Hinton, 2015, arXiv:1504.00941: numbers from 0 to 1, sequences of one length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch

from elman.tasks.base import AbstractTask, Batch
from elman.tasks.checks import check_whole

_LONGEST = 1_000_000
# Which stream of random numbers; it comes first in a seed, whose zeros at the end do not count.
_TRAINING, _VALIDATION, _TEST = 1, 2, 3


@dataclass(frozen=True, eq=False)
class Adding(AbstractTask):
    """Read T pairs of a number and a mark, and say the sum of the two numbers that are marked.

    The numbers are uniform between 0 and 1. One mark is in the first half of the sequence, the
    other in the second. The figure is the mean squared error; always saying 1, the mean of the
    sum, has an error of 1/6.

    Attributes:
        length: T.
        validation_size: Number of validation sequences.
        test_size: Number of test sequences.
    """

    length: int
    validation_size: int = 500
    test_size: int = 2000

    name: ClassVar[str] = "adding"
    metric_name: ClassVar[str] = "squared error"
    higher_is_better: ClassVar[bool] = False
    data_version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        check_whole(self.name, "length", self.length, 2, _LONGEST)
        check_whole(self.name, "validation_size", self.validation_size, 1, 1_000_000)
        check_whole(self.name, "test_size", self.test_size, 1, 1_000_000)

    @property
    def input_size(self) -> int:
        """The number and its mark."""
        return 2

    @property
    def output_size(self) -> int:
        """The sum."""
        return 1

    @property
    def chance(self) -> float:
        """The variance of the sum of two uniform numbers."""
        return 1 / 6

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws new sequences."""
        return self._draw(np.random.default_rng([_TRAINING, seed, step]), batch_size)

    def validation(self) -> Batch:
        """Returns the sequences by which a state is chosen."""
        return self._validation

    def test(self) -> Batch:
        """Returns the sequences whose error is reported."""
        return self._test

    @cached_property
    def _validation(self) -> Batch:
        return self._draw(np.random.default_rng([_VALIDATION, self.length]), self.validation_size)

    @cached_property
    def _test(self) -> Batch:
        return self._draw(np.random.default_rng([_TEST, self.length]), self.test_size)

    def _draw(self, random: np.random.Generator, count: int) -> Batch:
        half = self.length // 2
        numbers = random.random((self.length, count), dtype=np.float32)
        columns = np.arange(count)
        first = random.integers(0, half, count)
        second = random.integers(half, self.length, count)
        marks = np.zeros_like(numbers)
        marks[first, columns] = 1
        marks[second, columns] = 1
        sums = numbers[first, columns] + numbers[second, columns]
        inputs = torch.from_numpy(np.stack([numbers, marks], axis=-1))  # [T, B, 2]
        return Batch(inputs, torch.from_numpy(sums[:, None]))
