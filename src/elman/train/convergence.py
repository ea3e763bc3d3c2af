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


def find_convergence(
    curves: Curves, config: TrainConfig, target: int | None = None, *, higher: bool = True
) -> Convergence | None:
    """Returns whether the rule of `TrainConfig` says that the loss has converged.

    With a curriculum, only the evaluations since the length last changed count.

    Args:
        curves: What was recorded so far; the last row is the evaluation just made.
        config: The rule's numbers.
        target: The length that is to be reached, None where there is no curriculum.
        higher: Whether a higher metric is a better one.
    """
    first = _first_at_this_length(curves.evaluation_length)
    reached = target is None or curves.evaluation_length[-1:] == [target]
    solved = _find_solved(curves, config, first, higher) if reached else None
    return solved or _find_plateau(curves, config, first)


def _first_at_this_length(lengths: Sequence[int]) -> int:
    """Returns the index of the first of the evaluations at the latest length."""
    first = len(lengths)
    while first and lengths[first - 1] == lengths[-1]:
        first -= 1
    return first


def _find_solved(
    curves: Curves, config: TrainConfig, first: int, higher: bool
) -> Convergence | None:
    wanted, count = config.solved_metric, config.solved_evaluations
    metrics = curves.validation_metric[first:][-count:]
    if wanted is None or len(metrics) < count:
        return None
    worst = min(metrics) if higher else max(metrics)
    if worst < wanted if higher else worst > wanted:
        return None
    step = curves.evaluation_step[-count]
    bound = "least" if higher else "most"
    text = (
        f"the validation metric was at {bound} {wanted:g} at {count} evaluations, from step {step}"
    )
    return Convergence(SOLVED, step, text)


def _find_plateau(curves: Curves, config: TrainConfig, first: int) -> Convergence | None:
    if not curves.evaluation_step:
        return None
    index = first + last_improvement(curves.validation_loss[first:], config.min_improvement)
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
