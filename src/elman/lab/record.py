"""What is kept of a run: its spec, how it ended, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from elman.lab.spec import RunSpec

FINISHED = "finished"
FAILED = "failed"  # would fail again: recorded, not repeated
CRASHED = "crashed"  # may work next time: recorded, and repeated by the next lab


@dataclass(frozen=True)
class RunMetrics:
    """The figures of a finished run.

    Attributes:
        accuracy: Test accuracy of the state that was best on validation.
        validation_accuracy: Validation accuracy of that state.
        chance: Accuracy of guessing.
        loss: Mean training loss at the end (cross-entropy, nats).
        best_step: Step of the state that was best on validation.
        steps: Steps taken.
        ending: Why training ended: "solved", "plateau" or "step limit".
        converged_at: Step at which the loss had converged, or None at the step limit.
        seconds: Wall-clock seconds of the training.
        parameters: Number of trained parameters.
        test_size: Number of test sequences.
        curves: Columns by name. One value a step: `loss`, `gradient_norm`, `clipped_norm`,
            `learning_rate` and `length`, the length that was learned then. One value an
            evaluation: `validation_step`, `validation_length`, `validation_loss` and
            `validation_accuracy`.
        notes: What the task says of itself, such as sets that overlap.
        metric_name: What `accuracy` is, such as "accuracy" or "mean squared error".
        higher_is_better: Whether a higher one is a better one.
        explanation: Why training ended, with figures; at a plateau of k/10 which groups of classes
            are told apart.
        mastered: The longest length that a curriculum mastered, None without one.
        beyond: Accuracy at lengths for which the network was not trained, by length.
        study: What the study of the spec measured, plain values by name; empty without one.
    """

    accuracy: float
    validation_accuracy: float
    chance: float
    loss: float
    best_step: int
    steps: int
    ending: str
    converged_at: int | None
    seconds: float
    parameters: int
    test_size: int
    curves: Mapping[str, list[float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    metric_name: str = "accuracy"
    higher_is_better: bool = True
    explanation: str = ""
    mastered: int | None = None
    beyond: Mapping[str, float] = field(default_factory=dict)
    study: Mapping[str, Any] = field(default_factory=dict)

    @property
    def groups_told(self) -> bool:
        """Whether the explanation is that of `elman.train.groups`: a plateau of k/C."""
        return "groups of classes apart" in self.explanation

    @property
    def milliseconds_a_step(self) -> float:
        """Mean wall-clock milliseconds of one training step, validation included."""
        return 1000 * self.seconds / max(1, self.steps)


@dataclass(frozen=True)
class RunRecord:
    """One row of the store.

    Attributes:
        key: Content hash of configuration, data and code.
        spec: What was run.
        status: "finished", "failed" (would fail again) or "crashed" (is repeated next time).
        reason: Why it failed, empty for a finished run.
        metrics: The figures, or None where there are none.
        code_version: Package version and hash of the sources.
        machine: Versions and processor, by name.
        ended_at: UTC time in ISO 8601.
    """

    key: str
    spec: RunSpec
    status: str
    reason: str
    metrics: RunMetrics | None
    code_version: str
    machine: Mapping[str, str]
    ended_at: str
