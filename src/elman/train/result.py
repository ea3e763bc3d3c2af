"""What one training run gives."""

from __future__ import annotations

from dataclasses import dataclass

from elman.train.config import TrainConfig
from elman.train.convergence import INTERRUPTED
from elman.train.curves import Curves


@dataclass(frozen=True)
class TrainResult:
    """The figures of a run.

    Attributes:
        task: Name of the task.
        config: The settings.
        steps: Steps taken.
        reason: Why it ended: "solved", "plateau", "step limit" or "interrupted".
        explanation: The same as a sentence with figures.
        converged_at: Step from which the loss had converged, or None where it had not.
        curves: Figures of each step and each evaluation.
        loss: Mean training loss of the last steps (of as many as lie between two evaluations).
        best_step: Step of the state that was best on validation; None where none was evaluated,
            and then the next four are None too.
        validation_metric: Metric of that state on the validation set.
        validation_loss: Its loss there.
        test_metric: Its metric on the test set, the figure to report.
        test_loss: Its loss there.
        metric_name: What the metric is, such as "accuracy".
        chance: The metric of guessing.
        test_size: Number of test sequences.
        seconds: Wall-clock seconds of training with its evaluations, over all pauses.
        parameters: Number of trained parameters.
        notes: What the task says of its data.
        length: The length T that was chosen, or None where the task's is given.
        higher_is_better: Whether a larger metric is a better one.
        mastered: The longest length that a curriculum mastered, or None without one.
    """

    task: str
    config: TrainConfig
    steps: int
    reason: str
    explanation: str
    converged_at: int | None
    curves: Curves
    loss: float | None
    best_step: int | None
    validation_metric: float | None
    validation_loss: float | None
    test_metric: float | None
    test_loss: float | None
    metric_name: str
    chance: float
    test_size: int
    seconds: float
    parameters: int
    notes: tuple[str, ...]
    length: int | None = None
    higher_is_better: bool = True
    mastered: int | None = None

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the run."""
        return self.reason == INTERRUPTED

    def describe(self) -> str:
        """Returns the outcome in two lines for people."""
        if self.test_metric is None:
            outcome = "no state was evaluated"
        else:
            outcome = (
                f"test {self.metric_name} {self.test_metric:.4f} (chance {self.chance:.4g}), "
                f"of the state after step {self.best_step}"
            )
        return (
            f"{self.task}: {outcome}\n"
            f"  {self.steps} steps, {self.seconds:.1f} s, {self.parameters:,} parameters; "
            f"ended ({self.reason}): {self.explanation}."
        )
