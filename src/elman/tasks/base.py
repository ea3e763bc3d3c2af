"""What a task is: a loss, a figure of merit, an endless training stream, two held-out sets."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar, cast

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Sequences with what is to be predicted from them.

    Attributes:
        inputs: What the network reads, [T, B, I].
        targets: What it must say. Classes are int64, `IGNORED` where nothing is asked; numbers are
            floating point. One answer a sequence: [B] or [B, O]. An answer at every step, with
            `each_step`: [T, B] or [T, B, O].
        lengths: Number of steps of each sequence, [B], where they differ; the rest is padding.
            None: all have T.
        each_step: Whether there is an answer at every step, or one after the last.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None = None
    each_step: bool = False

    def __len__(self) -> int:
        return int(self.inputs.shape[1])

    def to(self, device: torch.device, dtype: torch.dtype) -> Batch:
        """Returns the batch on a device, floating-point numbers in a type."""
        numbers = self.targets.is_floating_point()
        targets = self.targets.to(device, dtype) if numbers else self.targets.to(device)
        lengths = None if self.lengths is None else self.lengths.to(device)
        return Batch(self.inputs.to(device, dtype), targets, lengths, self.each_step)

    def chunks(self, size: int) -> Iterator[Batch]:
        """Yields the batch in pieces of at most `size` sequences, in order."""
        for first in range(0, len(self), size):
            part = slice(first, first + size)
            targets = self.targets[:, part] if self.each_step else self.targets[part]
            lengths = None if self.lengths is None else self.lengths[part]
            yield Batch(self.inputs[:, part], targets, lengths, self.each_step)

    def answers(self, output: Tensor) -> Tensor:
        """Returns the outputs that are asked for: [B, O], or [T, B, O] with `each_step`.

        Args:
            output: Of the network, [T, B, O].
        """
        if self.each_step:
            return output
        if self.lengths is None:
            return output[-1]
        return output[self.lengths - 1, torch.arange(len(self), device=output.device)]


IGNORED = -100  # the class of a step at which nothing is asked, as torch's cross-entropy has it


class AbstractTask(abc.ABC):
    """A supervised task on sequences.

    The training stream has no hidden state: a batch is a pure function of seed and step. So a run
    that goes on at step 400 sees what it would have seen without the pause.

    Attributes:
        name: How the task is called.
        metric_name: What its figure of merit is.
        higher_is_better: Whether a larger figure of merit is a better one.
    """

    name: ClassVar[str]
    metric_name: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True

    @property
    @abc.abstractmethod
    def data_version(self) -> str:
        """Changes whenever the same options give other sequences."""

    @property
    @abc.abstractmethod
    def input_size(self) -> int:
        """Number of features at each step, I."""

    @property
    @abc.abstractmethod
    def output_size(self) -> int:
        """Number of outputs, O."""

    @property
    @abc.abstractmethod
    def chance(self) -> float:
        """The metric that guessing reaches."""

    @property
    def epoch_size(self) -> int | None:
        """Number of training sequences, or None where the stream never repeats."""
        return None

    @property
    def has_length(self) -> bool:
        """Whether its length can be chosen, so that training may begin with shorter sequences."""
        return any(item.name == "length" for item in _options_of(self))

    @property
    def target_length(self) -> int | None:
        """The length that was chosen, T, or None where it is given."""
        return int(cast(Any, self).length) if self.has_length else None

    def at_length(self, length: int, test_size: int | None = None) -> AbstractTask:
        """Returns the same task with sequences of another length.

        Args:
            length: T.
            test_size: Number of test sequences; as many as this task has if None.
        Raises:
            ValueError: The length of this task is given, or this one is not allowed.
        """
        if not self.has_length:
            raise ValueError(
                f"the task {self.name} has no length to choose\n"
                "  Leave out what needs one: grow_from, rate_length."
            )
        changes = {"length": length}
        if test_size is not None and any(item.name == "test_size" for item in _options_of(self)):
            changes["test_size"] = test_size
        other: AbstractTask = dataclasses.replace(cast(Any, self), **changes)
        return other

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know, one sentence each."""
        return ()

    def prepare(self) -> None:
        """Reads or downloads what the task needs, so that a fault is told before anything runs.

        Raises:
            DataError: A file is missing, cannot be read or downloaded, or holds something else.
        """
        self.validation()

    @abc.abstractmethod
    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Returns the batch of a step; the same arguments give the same batch.

        Args:
            step: Number of the step, from 0.
            batch_size: Number of sequences, B.
            seed: Seed of the stream.
        """

    @abc.abstractmethod
    def validation(self) -> Batch:
        """Returns the sequences by which a state is chosen; the same at every call."""

    @abc.abstractmethod
    def test(self) -> Batch:
        """Returns the sequences whose accuracy is reported; the same at every call."""

    def describe(self) -> dict[str, Any]:
        """Returns name, options and version of the data as plain values, as they are stored."""
        options: dict[str, Any] = {}
        if dataclasses.is_dataclass(self):
            options = dataclasses.asdict(self)
        return {"name": self.name, "options": options, "data_version": self.data_version}

    def stream(self, batch_size: int, seed: int, first_step: int = 0) -> Iterator[Batch]:
        """Yields training batches without end, from a step on."""
        for step in count(first_step):
            yield self.training_batch(step, batch_size, seed)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Returns the mean cross-entropy of the answers in nats, or their mean squared error.

        The output holds logits: no softmax comes before, because the cross-entropy has its own.
        Targets that are numbers have a squared error instead.

        Shapes: output [T, B, O]; result scalar.
        """
        answers, targets = batch.answers(output), batch.targets
        if targets.is_floating_point():
            return torch.nn.functional.mse_loss(answers, targets)
        return torch.nn.functional.cross_entropy(
            answers.flatten(0, -2), targets.flatten(), ignore_index=IGNORED
        )

    def metric(self, output: Tensor, batch: Batch) -> float:
        """Returns the share of answers whose largest output is the target's.

        Where targets are numbers: their mean squared error.

        Shapes: output [T, B, O].
        """
        answers, targets = batch.answers(output), batch.targets
        if targets.is_floating_point():
            return float(torch.nn.functional.mse_loss(answers, targets))
        asked = targets != IGNORED
        right = (answers.argmax(dim=-1) == targets) & asked
        return int(right.sum()) / max(1, int(asked.sum()))


def _options_of(task: AbstractTask) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(task) if dataclasses.is_dataclass(task) else ()
