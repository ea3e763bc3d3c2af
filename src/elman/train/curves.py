"""What is recorded while a network trains."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass
class Curves:
    """Columns of figures: one row a step, and one row an evaluation.

    Attributes:
        loss: Training loss of each step, from step 1.
        gradient_norm: Global norm of the gradient of each step, before clipping.
        clipped_norm: The same after clipping; equal where nothing was clipped.
        learning_rate: Learning rate of each step.
        length: Length T that was learned at each step; that of its batch may be shorter.
        evaluation_step: After which step each evaluation was.
        evaluation_length: Length of the sequences of each evaluation.
        validation_loss: Mean loss on the validation set.
        validation_metric: Metric on the validation set.
    """

    loss: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    clipped_norm: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    evaluation_step: list[int] = field(default_factory=list)
    evaluation_length: list[int] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_metric: list[float] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Number of steps recorded."""
        return len(self.loss)

    def mean_loss(self, window: int) -> float | None:
        """Returns the mean training loss of the last steps, or None before the first.

        Args:
            window: Number of steps, fewer where fewer are recorded.
        """
        recent = self.loss[-window:]
        return sum(recent) / len(recent) if recent else None

    def columns(self) -> dict[str, list[float]]:
        """Returns the columns by name."""
        return {column.name: getattr(self, column.name) for column in fields(self)}
