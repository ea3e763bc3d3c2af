"""Palindromes of digits: read all but the last digit, predict the last, which equals the first.

The task of the recurrent-network lab. Only the first of the T - 1 digits read decides the answer,
so the length says over how many steps a network remembers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks.base import AbstractTask, Batch
from elman.tasks.checks import check_choice, check_whole

Digits = NDArray[np.int64]

ENCODINGS = ("scalar", "one-hot")
_CLASSES = 10
_VALIDATION, _TEST = 8, 9  # the buckets 0 to 7 train
_TRAINING_BUCKETS = 8
_LONGEST = 1_000_000


@dataclass(frozen=True, eq=False)
class Palindrome(AbstractTask):
    """Predict the last digit of a palindrome.

    The first half, ceil(T/2) digits, is uniform; the second is its mirror image. The sets are
    apart by construction: a hash of the first half puts every palindrome into one of ten buckets
    of equal size, of which eight train, one validates and one tests. Each beginning of a half
    meets each bucket with exactly one last digit, so batches are drawn without rejection.

    Attributes:
        length: T, the number of digits, the predicted one included.
        encoding: How a digit is read: "scalar" (I = 1), as in the lab, or "one-hot" (I = 10). From
            the lab's start, scalars are also learned more reliably: one-hot digits end on a
            plateau, where only groups of digits are told apart, for about one seed in three.
        standardise: For scalars: subtract 4.5 and divide by sqrt(8.25), the mean and the standard
            deviation of a uniform digit. Raw digits from 0 to 9 drive tanh into saturation and
            shift every pre-activation the same way.
        validation_size: Number of validation sequences, fewer where fewer exist.
        test_size: Number of test sequences, fewer where fewer exist.
    """

    length: int
    encoding: str = "scalar"
    standardise: bool = True
    validation_size: int = 250
    test_size: int = 1000

    name: ClassVar[str] = "palindrome"
    data_version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        check_whole(self.name, "length", self.length, 2, _LONGEST)
        check_whole(self.name, "validation_size", self.validation_size, 1, 1_000_000)
        check_whole(self.name, "test_size", self.test_size, 1, 1_000_000)
        check_choice(self.name, "encoding", self.encoding, ENCODINGS)
        check_choice(self.name, "standardise", self.standardise, (True, False))

    @property
    def input_size(self) -> int:
        """10 for one-hot digits, 1 for scalars."""
        return _CLASSES if self.encoding == "one-hot" else 1

    @property
    def output_size(self) -> int:
        """One output for each digit."""
        return _CLASSES

    @property
    def chance(self) -> float:
        """One in ten."""
        return 1 / _CLASSES

    @property
    def notes(self) -> tuple[str, ...]:
        """Says where the sets overlap, or hold fewer sequences than asked for."""
        available = self._held_out_count
        exist = f"T = {self.length}: only {10 * available:,} different palindromes exist"
        if self._half == 1:
            return (f"{exist}, one for each answer; training, validation and test share them.",)
        if available >= max(self.validation_size, self.test_size):
            return ()
        note = (
            f"{exist}; {8 * available:,} are for training, at most {available:,} each for "
            "validation and test, and no sequence is in two sets."
        )
        return (note,)

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws a batch from the palindromes that train."""
        random = np.random.default_rng([seed, step])
        starts = random.integers(0, _CLASSES, (batch_size, self._half - 1))
        last = random.integers(0, _TRAINING_BUCKETS if self._half > 1 else _CLASSES, batch_size)
        return self._batch(self._complete(starts, last))

    def validation(self) -> Batch:
        """Returns the validation set; all ten palindromes at T = 2."""
        return self._validation

    def test(self) -> Batch:
        """Returns the test set; all ten palindromes at T = 2."""
        return self._test

    @cached_property
    def _validation(self) -> Batch:
        return self._batch(self._held_out(_VALIDATION, self.validation_size))

    @cached_property
    def _test(self) -> Batch:
        return self._batch(self._held_out(_TEST, self.test_size))

    @property
    def _half(self) -> int:
        return (self.length + 1) // 2

    @property
    def _held_out_count(self) -> int:
        """How many palindromes are in one bucket; a Python int, which cannot overflow."""
        return int(_CLASSES ** (self._half - 1))

    def _held_out(self, bucket: int, size: int) -> Digits:
        """Returns first halves of a bucket, each once: all of them, or `size` drawn by chance."""
        free = self._half - 1
        if free == 0:
            return np.arange(_CLASSES)[:, None]
        if self._held_out_count <= size:
            starts = np.indices((_CLASSES,) * free).reshape(free, -1).T
        else:
            starts = _draw_different(np.random.default_rng([self.length, bucket]), size, free)
        return self._complete(starts, np.full(len(starts), bucket))

    def _complete(self, starts: Digits, buckets: Digits) -> Digits:
        """Appends to each start the one digit that puts the half into the bucket asked for.

        Shapes: starts [B, half - 1]; buckets [B]; result [B, half].
        """
        last = (buckets - _hash(starts)) % _CLASSES if self._half > 1 else buckets
        return np.concatenate([starts, last[:, None]], axis=1)

    def _batch(self, halves: Digits) -> Batch:
        mirrored = halves[:, : self.length // 2][:, ::-1]
        digits = np.concatenate([halves, mirrored], axis=1)  # [B, T]
        read = torch.from_numpy(np.ascontiguousarray(digits[:, :-1].T))  # [T-1, B]
        return Batch(self._encode(read), torch.from_numpy(digits[:, -1].copy()))

    def _encode(self, digits: Tensor) -> Tensor:
        if self.encoding == "one-hot":
            encoded: Tensor = torch.nn.functional.one_hot(digits, _CLASSES).float()
            return encoded
        scalars = digits.float()[..., None]
        return (scalars - 4.5) / math.sqrt(8.25) if self.standardise else scalars


def _hash(rows: Digits) -> Digits:
    """Returns a number from 0 to 9 for each row of digits; the same rows give the same numbers.

    All but the first digit go through one product with odd 64-bit weights and the finaliser of
    SplitMix64 (Steele, Lea and Flood, 2014, doi:10.1145/2714064.2660195); wrapping around at 2^64
    is meant. The first digit is added after that, so that each number comes equally often
    whatever the others are, and with it each answer and each digit of a training sequence.
    """
    positions = np.arange(1, rows.shape[1], dtype=np.uint64)
    weights = _scramble(positions * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
    mixed = _scramble((rows[:, 1:].astype(np.uint64) + np.uint64(1)) @ weights)
    scattered = (mixed >> np.uint64(32)) % np.uint64(_CLASSES)
    return (scattered.astype(np.int64) + 3 * rows[:, 0]) % _CLASSES


def _scramble(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _draw_different(random: np.random.Generator, size: int, width: int) -> Digits:
    """Draws rows of digits, no two alike, in the order of their first appearance."""
    rows = np.empty((0, width), dtype=np.int64)
    while len(rows) < size:
        rows = np.concatenate([rows, random.integers(0, _CLASSES, (size, width))])
        _, first = np.unique(rows, axis=0, return_index=True)
        rows = rows[np.sort(first)]
    return rows[:size]
