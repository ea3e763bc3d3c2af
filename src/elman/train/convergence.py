"""When training has converged: a rule on the evaluations made so far, and on nothing else.

Because the rule keeps no state of its own, a run that goes on after a pause stops where it would
have stopped without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elman.train.config import TrainConfig
from elman.train.curves import Curves

SOLVED = "solved"
PLATEAU = "plateau"
STEP_LIMIT = "step limit"
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Convergence:
    """That the loss has converged, and since when.

    Attributes:
        reason: "solved" or "plateau".
        step: The first of the evaluations that solved the task, or the evaluation at which the
            validation loss last improved.
        explanation: One sentence with the figures.
    """

    reason: str
    step: int
    explanation: str


def find_convergence(curves: Curves, config: TrainConfig) -> Convergence | None:
    """Returns whether the rule of `TrainConfig` says that the loss has converged.

    Args:
        curves: What was recorded so far; the last row is the evaluation just made.
        config: The rule's numbers.
    """
    return _find_solved(curves, config) or _find_plateau(curves, config)


def _find_solved(curves: Curves, config: TrainConfig) -> Convergence | None:
    wanted, count = config.solved_metric, config.solved_evaluations
    metrics = curves.validation_metric[-count:]
    if wanted is None or len(metrics) < count or min(metrics) < wanted:
        return None
    step = curves.evaluation_step[-count]
    text = f"the validation metric was at least {wanted:g} at {count} evaluations, from step {step}"
    return Convergence(SOLVED, step, text)


def _find_plateau(curves: Curves, config: TrainConfig) -> Convergence | None:
    if not curves.evaluation_step:
        return None
    index = last_improvement(curves.validation_loss, config.min_improvement)
    step, now = curves.evaluation_step[index], curves.evaluation_step[-1]
    if now - step < config.patience_steps:
        return None
    loss = curves.validation_loss[index]
    text = (
        f"the validation loss, {loss:.4g} at step {step}, has not fallen by another "
        f"{100 * config.min_improvement:g} % in {now - step} steps"
    )
    return Convergence(PLATEAU, step, text)


def last_improvement(losses: Sequence[float], share: float) -> int:
    """Returns the index of the last loss below the one counted before by more than a share.

    The first loss counts. Small falls add up: each is compared with the last that counted.

    >>> last_improvement([2.3, 2.29, 2.2, 2.19], 0.01)
    2
    """
    counted = 0
    for index, loss in enumerate(losses):
        if loss < losses[counted] * (1 - share):
            counted = index
    return counted
