"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import torch

from elman.errors import CheckpointError, TrainingError
from elman.tasks.base import AbstractTask
from elman.train.checkpoint import (
    checkpoint_exists,
    load_checkpoint,
    prepare_folder,
    save_checkpoint,
)
from elman.train.config import TrainConfig
from elman.train.convergence import (
    INTERRUPTED,
    SOLVED,
    STEP_LIMIT,
    Convergence,
    find_convergence,
)
from elman.train.curriculum import FALLEN, GROWN, start_curriculum
from elman.train.evaluation import check_sizes, evaluate, on_device_of, tell_groups
from elman.train.identity import identify
from elman.train.interrupts import Interrupt, deferred_interrupts
from elman.train.optimizers import (
    clip_gradients,
    describe_clipping,
    make_optimizer,
    set_learning_rate,
    trained_parameters,
)
from elman.train.progress import AbstractProgress, RunReport, SilentProgress, StepReport
from elman.train.result import TrainResult
from elman.train.schedule import learning_rate
from elman.train.state import RunState
from elman.train.truncation import backward_through_time


def train(
    module: torch.nn.Module,
    task: AbstractTask,
    config: TrainConfig,
    *,
    checkpoint_folder: Path | str | None = None,
    resume: bool = False,
    progress: AbstractProgress | None = None,
) -> TrainResult:
    """Trains a module on a task until the loss has converged, or to the step limit.

    The same module, task and settings give the same figures to the last bit on the same machine
    with one torch thread, `seconds` apart; with pauses and `resume` too. torch's global generator
    is left as it was.

    The first Ctrl-C ends the run after the step it is in, with a checkpoint where there is a
    folder, and a result whose reason is "interrupted".

    Args:
        module: `module(x)` returns (output, final state); x is [T, B, I], output [T, B, O].
            Trained in place; at the end it holds the state that was best on validation.
        task: Batches, loss and metric.
        config: The settings.
        checkpoint_folder: Where checkpoints go, or None for none.
        resume: Go on from the checkpoint in the folder.
        progress: Who is told of each step.
    Returns:
        The figures. Its test metric is that of the state that was best on validation.
    Raises:
        TrainingError: A loss or a gradient is not finite.
        CheckpointError: A checkpoint cannot be written or read, belongs to another run, or lies
            in the folder without `resume` being asked for.
        ValueError: The sizes of module and task differ, or the settings do not fit the task.
    """
    last_step = config.steps_for(task.epoch_size, task.name)
    check_sizes(module, task)
    identity = identify(module, task, config)
    folder = _open_folder(checkpoint_folder, resume)
    progress = SilentProgress() if progress is None else progress
    with _as_found(module, config.seed), closing(progress):
        state = RunState(module, make_optimizer(module, config))
        state.curriculum = start_curriculum(task, config)
        if folder is not None and resume:
            load_checkpoint(folder, state, identity)
        run = _Run(state, task, config, last_step, progress)
        with deferred_interrupts() as interrupt:
            reason = run.until_done(interrupt, folder, identity)
            result = run.result(reason)
            progress.end(result)
    return result


class _Run:
    """One run: the state, and what does not change."""

    def __init__(
        self,
        state: RunState,
        task: AbstractTask,
        config: TrainConfig,
        last_step: int,
        progress: AbstractProgress,
    ) -> None:
        self.state = state
        self.task = task
        self.config = config
        self.last_step = last_step
        self.progress = progress
        self.first_step = state.step + 1
        self.lesson = task
        self._set_lesson()

    def until_done(
        self, interrupt: Interrupt, folder: Path | None, identity: dict[str, Any]
    ) -> str | None:
        """Takes steps until the run is over, and writes checkpoints.

        Returns:
            "interrupted", or None where the run came to its end.
        """
        saved = self.first_step - 1 or None
        saved_at = time.monotonic()
        self._begin()
        while not self._is_over() and not interrupt.requested:
            started = time.perf_counter()
            self._step()
            self.state.seconds += time.perf_counter() - started
            self._report(interrupt)
            if folder is not None and self._is_due(saved_at):
                save_checkpoint(folder, self.state, identity)
                saved, saved_at = self.state.step, time.monotonic()
        if folder is not None and saved != self.state.step:
            save_checkpoint(folder, self.state, identity)
        return None if self._is_over() else INTERRUPTED

    def _is_due(self, saved_at: float) -> bool:
        late = time.monotonic() - saved_at >= self.config.checkpoint_seconds
        return late or self.state.step % self.config.checkpoint_every == 0

    def result(self, reason: str | None) -> TrainResult:
        """Puts the best state into the module, tests it, and returns the figures."""
        state, best, tested, told = self.state, self.state.best, None, ""
        ended, explanation, converged_at = self._ending(reason)
        if best is not None:
            state.module.load_state_dict(best.weights)
            tested = evaluate(state.module, self.task, self.task.test())
            if ended != SOLVED:
                told = tell_groups(state.module, self.task, self.task.test())
        return TrainResult(
            task=self.task.name,
            config=self.config,
            steps=state.step,
            reason=ended,
            explanation="; ".join(filter(None, (explanation, told))),
            converged_at=converged_at,
            curves=state.curves,
            loss=state.curves.mean_loss(self.config.evaluate_every),
            best_step=None if best is None else best.step,
            validation_metric=None if best is None else best.metric,
            validation_loss=None if best is None else best.loss,
            test_metric=None if tested is None else tested.metric,
            test_loss=None if tested is None else tested.loss,
            metric_name=self.task.metric_name,
            chance=self.task.chance,
            test_size=len(self.task.test()),
            length=self.task.target_length,
            higher_is_better=self.task.higher_is_better,
            mastered=None if state.curriculum is None else state.curriculum.mastered,
            seconds=state.seconds,
            parameters=sum(item.numel() for item in trained_parameters(state.module).values()),
            notes=self.task.notes,
        )

    def _is_over(self) -> bool:
        curves, step = self.state.curves, self.state.step
        if step >= self.last_step:
            return True
        evaluated_now = curves.evaluation_step[-1:] == [step]
        return evaluated_now and self._convergence() is not None

    def _convergence(self) -> Convergence | None:
        target = None if self.state.curriculum is None else self.state.curriculum.target
        higher = self.task.higher_is_better
        return find_convergence(self.state.curves, self.config, target, higher=higher)

    def _ending(self, reason: str | None) -> tuple[str, str, int | None]:
        if reason == INTERRUPTED:
            return INTERRUPTED, f"interrupted after step {self.state.step}", None
        converged = self._convergence()
        if converged is not None:
            return converged.reason, converged.explanation, converged.step
        return STEP_LIMIT, f"the limit of {self.last_step} steps was reached", None

    def _set_lesson(self) -> None:
        """Makes the task at the length that is learned now."""
        curriculum = self.state.curriculum
        if curriculum is not None and curriculum.length != self.lesson.target_length:
            at_target = curriculum.length == curriculum.target
            self.lesson = self.task if at_target else self.task.at_length(curriculum.length)

    def _step(self) -> None:
        """Batch, forward, backward, clipping, update; then validation where it is due."""
        module, config, curves = self.state.module, self.config, self.state.curves
        curriculum, task = self.state.curriculum, self.lesson
        step, learned = self.state.step + 1, task.target_length
        if curriculum is not None:
            drawn = curriculum.draw_length(config, step)
            task = task if drawn == curriculum.length else self.task.at_length(drawn)
        batch = task.training_batch(step - 1, config.batch_size, config.seed)
        batch = on_device_of(module, batch)
        module.train()
        self.state.optimizer.zero_grad()
        loss, output = backward_through_time(module, task, batch, config.window)
        self._check_finite("loss", float(loss), step)
        norm, clipped = clip_gradients(module, config.clip_norm, config.clip_value)
        self._check_finite("norm of the gradient", norm, step)
        rate = learning_rate(config, step, self.last_step, learned)
        rate *= 1.0 if curriculum is None else curriculum.rate
        set_learning_rate(self.state.optimizer, rate)
        self.state.optimizer.step()
        curves.loss.append(float(loss))
        curves.gradient_norm.append(norm)
        curves.clipped_norm.append(clipped)
        curves.learning_rate.append(rate)
        curves.length.append(len(batch.inputs) if learned is None else learned)
        if step % config.evaluate_every == 0 or step == self.last_step:
            self._validate(step)
        if curriculum is not None:
            assert task.target_length is not None, "internal: a curriculum without lengths"
            self._teach(task.target_length, task.metric(output, batch))

    def _teach(self, length: int, metric: float) -> None:
        """Lets the curriculum decide whether the length changes after a step."""
        state, config, curriculum = self.state, self.config, self.state.curriculum
        assert curriculum is not None, "internal: no curriculum"
        change = curriculum.note(length, metric, config, self.task.higher_is_better)
        if change == GROWN:
            curriculum.advance(config, state.keep_as_good())
        elif change == FALLEN:
            state.return_to(curriculum.go_back(config))
        if change is not None:
            self._set_lesson()

    def _validate(self, step: int) -> None:
        task, curves = self.lesson, self.state.curves
        held_out = task.validation()
        found = evaluate(self.state.module, task, held_out)
        self._check_finite("validation loss", found.loss, step)
        length = task.target_length or len(held_out.inputs)
        curves.evaluation_step.append(step)
        curves.evaluation_length.append(length)
        curves.validation_loss.append(found.loss)
        curves.validation_metric.append(found.metric)
        higher = task.higher_is_better
        self.state.keep_if_best(step, found.loss, found.metric, length, higher=higher)

    def _check_finite(self, what: str, value: float, step: int) -> None:
        if math.isfinite(value):
            return
        curves, config = self.state.curves, self.config
        lines = [f"the {what} is {value} at step {step}"]
        if curves.loss:
            lines.append(
                f"last finite loss: {curves.loss[-1]:.4g} at step {curves.steps}, where the norm "
                f"of the gradient was {curves.gradient_norm[-1]:.4g} before clipping"
            )
        bound = describe_clipping(config)
        lines.append(f"{config.optimizer} at a learning rate of {config.learning_rate:g}, {bound}")
        remedy = "Try a learning rate ten times smaller"
        if config.clip_norm is None and config.clip_value is None:
            remedy += ", clipping (clip_norm 1)"
        lines.append(f"{remedy}, another start such as orthogonal, or inputs of unit variance.")
        raise TrainingError("\n  ".join(lines))

    def _begin(self) -> None:
        task = self.task
        self.progress.begin(
            RunReport(
                task.name,
                task.metric_name,
                task.chance,
                self.first_step,
                self.last_step,
                task.notes,
            )
        )

    def _report(self, interrupt: Interrupt) -> None:
        """Tells the listener of the step; its KeyboardInterrupt counts as Ctrl-C."""
        curves, step = self.state.curves, self.state.step
        report = StepReport(
            step=step,
            last_step=self.last_step,
            loss=curves.loss[-1],
            gradient_norm=curves.gradient_norm[-1],
            clipped_norm=curves.clipped_norm[-1],
            learning_rate=curves.learning_rate[-1],
            evaluated=curves.evaluation_step[-1:] == [step],
            validation_loss=curves.validation_loss[-1] if curves.validation_loss else None,
            validation_metric=curves.validation_metric[-1] if curves.validation_metric else None,
            seconds_left=self.state.seconds / step * (self.last_step - step),
            length=None if self.state.curriculum is None else curves.length[-1],
        )
        try:
            self.progress.step(report)
        except KeyboardInterrupt:
            interrupt.requested = True


def _open_folder(folder: Path | str | None, resume: bool) -> Path | None:
    if folder is None:
        if resume:
            raise ValueError("resume is True without a checkpoint_folder\n  Name the folder.")
        return None
    folder = Path(folder)
    if checkpoint_exists(folder) and not resume:
        raise CheckpointError(
            f"the folder {folder} holds the checkpoint of an earlier run\n"
            "  Go on from it with resume, or give another folder."
        )
    if not resume:
        prepare_folder(folder)
    return folder


@contextmanager
def _as_found(module: torch.nn.Module, seed: int) -> Iterator[None]:
    """Seeds torch's generators for a run; they and the module's mode come back afterwards."""
    was_training = module.training
    device = next(module.parameters()).device
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        try:
            yield
        finally:
            module.train(was_training)
