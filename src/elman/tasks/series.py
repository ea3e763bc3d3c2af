"""Series of the user's own: tell the class of each, whatever its length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from elman.errors import DataError
from elman.tasks.base import AbstractTask, Batch
from elman.tasks.checks import check_choice, check_path, check_whole
from elman.tasks.data.labelled import PARTS, Series, Values
from elman.tasks.data.series import read_series
from elman.tasks.epochs import draw_epoch

_SHARES = {"validation": 0.1, "test": 0.2}


@dataclass(frozen=True, eq=False)
class OwnSeries(AbstractTask):
    """Tell the label of a series from its steps.

    Whole series are divided, never single steps: where the file has no column `part`, of each
    label a tenth validates and a fifth tests, at least one series each; a label with two series
    trains with one and is tested with the other, and one with a single series only trains. Where
    the file has training and test series only, a tenth of each label's training series validates.

    Attributes:
        data: A file that `elman.tasks.data.series` reads.
        standardise: Subtract each feature's mean and divide by its standard deviation, both over
            all steps of the training series and of nothing else.
        split: Seed of the division.
    """

    data: str
    standardise: bool = True
    split: int = 0

    name: ClassVar[str] = "series"

    def __post_init__(self) -> None:
        check_path(self.name, "data", self.data)
        check_choice(self.name, "standardise", self.standardise, (True, False))
        check_whole(self.name, "split", self.split, 0, 2**32 - 1)

    @property
    def data_version(self) -> str:
        """The checksum of the file."""
        return "1 " + self._read[1]

    @property
    def input_size(self) -> int:
        """Number of features."""
        return int(self._read[0][0].values.shape[1])

    @property
    def output_size(self) -> int:
        """One output for each label."""
        return len(self.labels)

    @property
    def chance(self) -> float:
        """Accuracy on the test series of the label that is most frequent in training."""
        trained = [one.label for one in self._parts["train"]]
        guess = max(self.labels, key=trained.count)
        tested = [one.label for one in self._parts["test"]]
        return tested.count(guess) / len(tested)

    @property
    def epoch_size(self) -> int:
        """Number of training series."""
        return len(self._parts["train"])

    @property
    def notes(self) -> tuple[str, ...]:
        """Says how the series are divided, and what is odd about them."""
        sizes = {part: len(series) for part, series in self._parts.items()}
        steps = [len(one.values) for one in self._read[0]]
        divided = (
            f"{sizes['train']:,} series train, {sizes['validation']:,} validate and "
            f"{sizes['test']:,} test; {min(steps):,} to {max(steps):,} steps, "
            f"{self.input_size} feature{'s' if self.input_size > 1 else ''}, "
            f"{len(self.labels)} labels."
        )
        notes = [divided]
        tested = {one.label for one in self._parts["test"]}
        untested = [label for label in self.labels if label not in tested]
        if untested:
            listed = ", ".join(map(repr, untested[:10])) + (", ..." if len(untested) > 10 else "")
            notes.append(f"Too few series to be tested: {listed}.")
        constant = int((self._scale[1] == 0).sum())
        if constant and self.standardise:
            notes.append(f"Features that never change in training: {constant}; they become 0.")
        return tuple(notes)

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Draws the series without replacement, in a new order each epoch."""
        chosen = draw_epoch(self.epoch_size, step, batch_size, seed).tolist()
        return self._batch([self._parts["train"][place] for place in chosen])

    def validation(self) -> Batch:
        """Returns the series by which a state is chosen."""
        return self._validation

    def test(self) -> Batch:
        """Returns the series whose accuracy is reported."""
        return self._test

    def describe(self) -> dict[str, Any]:
        """Tells the data by their checksum, so that the file may be moved."""
        options = {"standardise": self.standardise, "split": self.split}
        return {**super().describe(), "options": options}

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The different labels, sorted; a label's place is its class."""
        return tuple(sorted({one.label for one in self._read[0]}))

    @cached_property
    def _read(self) -> tuple[list[Series], str]:
        series, content = read_series(Path(self.data).expanduser())
        return series, hashlib.sha256(content).hexdigest()[:16]

    @cached_property
    def _parts(self) -> dict[str, list[Series]]:
        return divide(self._read[0], self.split, self.data)

    @cached_property
    def _scale(self) -> tuple[Values, Values]:
        """Mean and standard deviation of each feature over all training steps."""
        steps = np.concatenate([one.values for one in self._parts["train"]])
        # Where every value is the same, rounding would leave a trace of a mean and a deviation.
        same = np.ptp(steps, axis=0) == 0
        mean = np.where(same, steps[0], steps.mean(axis=0))
        return mean, np.where(same, 0.0, steps.std(axis=0))

    @cached_property
    def _validation(self) -> Batch:
        return self._batch(self._parts["validation"])

    @cached_property
    def _test(self) -> Batch:
        return self._batch(self._parts["test"])

    def _batch(self, series: Sequence[Series]) -> Batch:
        lengths = np.array([len(one.values) for one in series])
        inputs = np.zeros((lengths.max(), len(series), self.input_size), dtype=np.float32)
        for place, one in enumerate(series):
            inputs[: len(one.values), place] = self._scaled(one.values)
        classes = [self.labels.index(one.label) for one in series]
        unequal = bool((lengths != lengths.max()).any())
        return Batch(
            torch.from_numpy(inputs),
            torch.tensor(classes),
            torch.from_numpy(lengths) if unequal else None,
        )

    def _scaled(self, values: Values) -> Values:
        if not self.standardise:
            return values
        mean, deviation = self._scale
        return (values - mean) / np.where(deviation == 0, 1.0, deviation)


def divide(series: Sequence[Series], seed: int, source: str) -> dict[str, list[Series]]:
    """Divides series into the parts train, validation and test, whole and label by label.

    Args:
        series: Each with a part of its own, or none.
        seed: Of the division.
        source: Where they came from, for the error.
    Raises:
        DataError: There are fewer than two labels, or a part would be empty.
    """
    labels = sorted({one.label for one in series})
    if len(labels) < 2:
        raise DataError(
            f"all series of {source} have the label {labels[0]!r}\n"
            "  Give series of at least two labels."
        )
    parts: dict[str, list[Series]] = {
        part: [one for one in series if one.part == part] for part in PARTS
    }
    undecided = [one for one in series if not one.part]
    taken: tuple[str, ...] = ("test", "validation")
    if not undecided and not parts["validation"]:
        undecided, parts["train"], taken = parts["train"], [], ("validation",)
    random = np.random.default_rng([seed, len(series)])
    for label in labels:
        of_label = [one for one in undecided if one.label == label]
        shuffled = _shuffled(of_label, random)
        for part in taken:
            count = max(1, round(_SHARES[part] * len(of_label)))
            room = min(count, len(shuffled) - 1)  # one is left to train
            parts[part] += shuffled[:room]
            shuffled = shuffled[max(room, 0) :]
        parts["train"] += shuffled
    for part, members in parts.items():
        if not members:
            raise DataError(
                f"{source} has too few series: none is left for {part}\n"
                f"  {len(series)} series of {len(labels)} labels; give at least three of a label."
            )
    return parts


def _shuffled(series: list[Series], random: np.random.Generator) -> list[Series]:
    order: NDArray[np.int64] = random.permutation(len(series))
    return [series[place] for place in order]
