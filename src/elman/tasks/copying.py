"""The copying problem: say ten symbols again after a long pause.

Hochreiter & Schmidhuber, 1997, doi:10.1162/neco.1997.9.8.1735, in the form of Arjovsky, Shah &
Bengio, 2016, arXiv:1511.06464.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from elman.tasks.base import AbstractTask, Batch
from elman.tasks.checks import check_whole

_SYMBOLS = 8
_BLANK, _SIGNAL = 8, 9  # classes 0 to 7 are the symbols
_READ, _SAID = 10, 9  # what can be read; the signal is never said
_LONGEST = 1_000_000
# Which stream of random numbers; it comes first in a seed, whose zeros at the end do not count.
_TRAINING, _VALIDATION, _TEST = 1, 2, 3


@dataclass(frozen=True, eq=False)
class Copying(AbstractTask):
    """Read symbols, then blanks, then a signal; say blanks until the signal, then the symbols.

    Read are `symbols` random symbols, `length - 1` blanks, the signal, and `symbols` blanks, in
    length + 2 symbols steps. The figure is the cross-entropy in nats, over all steps.
    A network without memory can say blanks until the signal and guess afterwards: that costs
    symbols ln 8 / (length + 2 symbols), the memoryless baseline.

    Attributes:
        length: T of the paper: steps from the last symbol to the signal.
        symbols: How many symbols are to be kept.
        validation_size: Number of validation sequences.
        test_size: Number of test sequences.
    """

    length: int
    symbols: int = 10
    validation_size: int = 250
    test_size: int = 1000

    name: ClassVar[str] = "copying"
    metric_name: ClassVar[str] = "cross-entropy"
    higher_is_better: ClassVar[bool] = False
    data_version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        check_whole(self.name, "length", self.length, 1, _LONGEST)
        check_whole(self.name, "symbols", self.symbols, 1, 1000)
        check_whole(self.name, "validation_size", self.validation_size, 1, 1_000_000)
        check_whole(self.name, "test_size", self.test_size, 1, 1_000_000)

    @property
    def input_size(self) -> int:
        """Symbols, blank and signal, one-hot."""
        return _READ

    @property
    def output_size(self) -> int:
        """Symbols and blank."""
        return _SAID

    @property
    def steps(self) -> int:
        """Number of steps of a sequence."""
        return self.length + 2 * self.symbols

    @property
    def chance(self) -> float:
        """The memoryless baseline."""
        return self.symbols * math.log(_SYMBOLS) / self.steps

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws new sequences."""
        return self._draw(np.random.default_rng([_TRAINING, seed, step]), batch_size)

    def validation(self) -> Batch:
        """Returns the sequences by which a state is chosen."""
        return self._validation

    def test(self) -> Batch:
        """Returns the sequences whose cross-entropy is reported."""
        return self._test

    def metric(self, output: Tensor, batch: Batch) -> float:
        """Returns the cross-entropy, which is the loss."""
        return float(self.loss(output, batch))

    @cached_property
    def _validation(self) -> Batch:
        return self._draw(np.random.default_rng([_VALIDATION, self.length]), self.validation_size)

    @cached_property
    def _test(self) -> Batch:
        return self._draw(np.random.default_rng([_TEST, self.length]), self.test_size)

    def _draw(self, random: np.random.Generator, count: int) -> Batch:
        symbols = random.integers(0, _SYMBOLS, (self.symbols, count))
        read = np.full((self.steps, count), _BLANK)
        read[: self.symbols] = symbols
        read[self.symbols + self.length - 1] = _SIGNAL
        said = np.full((self.steps, count), _BLANK)
        said[-self.symbols :] = symbols
        inputs = torch.nn.functional.one_hot(torch.from_numpy(read), _READ).float()
        return Batch(inputs, torch.from_numpy(said), each_step=True)
