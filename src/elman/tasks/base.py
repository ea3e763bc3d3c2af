"""What a task is: a loss, a figure of merit, an endless training stream, two held-out sets."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Sequences with what is to be predicted from them.

    Attributes:
        inputs: What the network reads, [T, B, I].
        targets: The class of each sequence, [B], int64.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def to(self, device: torch.device, dtype: torch.dtype) -> Batch:
        """Returns the batch on a device, its inputs in a floating-point type."""
        return Batch(self.inputs.to(device, dtype), self.targets.to(device))

    def chunks(self, size: int) -> Iterator[Batch]:
        """Yields the batch in pieces of at most `size` sequences, in order."""
        for first in range(0, len(self), size):
            part = slice(first, first + size)
            yield Batch(self.inputs[:, part], self.targets[part])


class AbstractTask(abc.ABC):
    """A supervised task on sequences.

    The training stream has no hidden state: a batch is a pure function of seed and step. So a run
    that goes on at step 400 sees what it would have seen without the pause.
    """

    name: ClassVar[str]
    metric_name: ClassVar[str] = "accuracy"
    data_version: ClassVar[str]

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
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know, one sentence each."""
        return ()

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
        """Returns the mean cross-entropy of the last step's output, in nats.

        The output holds logits: no softmax comes before, because the cross-entropy has its own.

        Shapes: output [T, B, O]; result scalar.
        """
        loss: Tensor = torch.nn.functional.cross_entropy(output[-1], batch.targets)
        return loss

    def metric(self, output: Tensor, batch: Batch) -> float:
        """Returns the share of sequences whose largest last output is the target's.

        Shapes: output [T, B, O].
        """
        return int((output[-1].argmax(dim=-1) == batch.targets).sum()) / max(1, len(batch))
