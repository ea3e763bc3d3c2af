"""Characters: say what comes next in a text of the user's."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.errors import DataError
from elman.tasks.base import IGNORED, AbstractTask, Batch
from elman.tasks.checks import check_path, check_whole
from elman.tasks.data.files import read_text

_MOST_SYMBOLS = 1000  # each is an input and an output
_TRAINING_TENTHS = 9
_LONGEST = 100_000


@dataclass(frozen=True, eq=False)
class Characters(AbstractTask):
    """Predict each character of a text from those before it.

    The first nine tenths train, of the rest the first half validates and the second tests. A
    training sequence is `length` characters from a random place, and all of them are predicted.
    Held-out text is cut into sequences that overlap by half, of which only the second half counts:
    so every character that counts is predicted from at least half a length of text, and once.

    The figure is bits per character. The guess to compare with knows only how often each character
    occurs in the training part.

    Attributes:
        data: A text file in UTF-8.
        length: T, characters in a sequence.
    """

    data: str
    length: int = 100

    name: ClassVar[str] = "characters"
    metric_name: ClassVar[str] = "bits per character"
    higher_is_better: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_path(self.name, "data", self.data)
        check_whole(self.name, "length", self.length, 2, _LONGEST)

    @property
    def data_version(self) -> str:
        """The checksum of the text."""
        return "1 " + hashlib.sha256(self._text.encode()).hexdigest()[:16]

    @property
    def input_size(self) -> int:
        """One for each different character."""
        return len(self.symbols)

    @property
    def output_size(self) -> int:
        """One for each different character."""
        return len(self.symbols)

    @property
    def chance(self) -> float:
        """Bits per character of the held-out text for a guess by frequency alone."""
        counts = np.bincount(self._parts[0], minlength=len(self.symbols)) + 1.0
        costs = -np.log2(counts / counts.sum())
        return float(costs[self._parts[2]].mean())

    @property
    def notes(self) -> tuple[str, ...]:
        """Says how the text is divided, and which characters the training part lacks."""
        sizes = [f"{len(part):,}" for part in self._parts]
        note = (
            f"{sizes[0]} characters train, {sizes[1]} validate and {sizes[2]} test; "
            f"{len(self.symbols)} different ones."
        )
        trained = set(np.unique(self._parts[0]).tolist())
        unseen = [symbol for place, symbol in enumerate(self.symbols) if place not in trained]
        if not unseen:
            return (note,)
        listed = ", ".join(map(repr, unseen[:10])) + (", ..." if len(unseen) > 10 else "")
        return (note, f"Never seen in training, and so never predicted: {listed}.")

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws sequences from random places of the training part."""
        text = self._parts[0]
        random = np.random.default_rng([seed, step])
        first = random.integers(0, len(text) - self.length, batch_size)
        windows = text[first + np.arange(self.length + 1)[:, None]]  # [T + 1, B]
        return self._batch(windows)

    def validation(self) -> Batch:
        """Returns the text by which a state is chosen."""
        return self._validation

    def test(self) -> Batch:
        """Returns the text whose bits per character are reported."""
        return self._test

    def metric(self, output: Tensor, batch: Batch) -> float:
        """Returns the bits per character: the cross-entropy over ln 2."""
        return float(self.loss(output, batch)) / math.log(2)

    def describe(self) -> dict[str, Any]:
        """Tells the text by its checksum, so that the file may be moved."""
        return {**super().describe(), "options": {"length": self.length}}

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The different characters of the text, in the order of their code points."""
        found = tuple(sorted(set(self._text)))
        if len(found) > _MOST_SYMBOLS:
            raise DataError(
                f"{self.data} has {len(found):,} different characters, and at most "
                f"{_MOST_SYMBOLS:,} are possible\n"
                "  Give a text in an alphabet, or write it in one first."
            )
        return found

    @cached_property
    def _text(self) -> str:
        return read_text(Path(self.data).expanduser())

    @cached_property
    def _parts(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Training, validation and test text as numbers of symbols."""
        count = len(self._text)
        needed = 20 * (self.length + 1)
        if count < needed:
            raise DataError(
                f"{self.data} has {count:,} characters, and sequences of {self.length} need "
                f"{needed:,}: a twentieth of the text must hold one of them\n"
                "  Give a longer text, or a smaller length."
            )
        places = {symbol: place for place, symbol in enumerate(self.symbols)}
        numbers = np.fromiter((places[symbol] for symbol in self._text), np.int64, count)
        first = count * _TRAINING_TENTHS // 10
        second = first + (count - first) // 2
        return numbers[:first], numbers[first:second], numbers[second:]

    @cached_property
    def _validation(self) -> Batch:
        return self._held_out(self._parts[1])

    @cached_property
    def _test(self) -> Batch:
        return self._held_out(self._parts[2])

    def _held_out(self, text: NDArray[np.int64]) -> Batch:
        counted = self.length // 2
        first = np.arange(0, len(text) - self.length, counted)
        batch = self._batch(text[first + np.arange(self.length + 1)[:, None]])
        batch.targets[: self.length - counted] = IGNORED
        return batch

    def _batch(self, windows: NDArray[np.int64]) -> Batch:
        read = torch.from_numpy(np.ascontiguousarray(windows[:-1]))
        inputs = torch.nn.functional.one_hot(read, len(self.symbols)).float()
        return Batch(inputs, torch.from_numpy(windows[1:].copy()), each_step=True)
