"""From blocks of a lab to its runs: models times seeds, with all settings checked first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from elman.errors import DataError
from elman.ir import parse
from elman.lab.models import Model
from elman.lab.options import HIDDEN_SIZE, LabOptions
from elman.lab.sizes import choose_sizes
from elman.lab.spec import RunSpec
from elman.lab.starts import show_start
from elman.paper.start.schemes import draw_parameters
from elman.tasks import make
from elman.tasks import options as options_of
from elman.train.config import TrainConfig
from elman.train.presets import preset

# Settings that only tasks with a length of choice have a use for.
_OF_LENGTHS = frozenset({"grow_from", "rate_length"})


@dataclass(frozen=True)
class Block:
    """Runs that differ in model and seed only.

    Settings come from `elman.train.presets`, then from `training`, then from the user's `--set`,
    then from `variation`; the later one wins.

    Attributes:
        task: Name of the task.
        options: Its options.
        models: Recurrences with their starts.
        training: The lab's own settings.
        variation: Settings that make the variant what it is, whatever the user set.
        variant: Display name of the variant.
        beyond: Lengths at which the trained networks are tested as well.
        study: What is measured beside the training.
        hidden_size: Size of the states where the user names none.
    """

    task: str
    options: Mapping[str, Any]
    models: tuple[Model, ...]
    training: Mapping[str, Any] = field(default_factory=dict)
    variation: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""
    beyond: tuple[int, ...] = ()
    study: str = ""
    hidden_size: int = HIDDEN_SIZE


def plan_runs(blocks: Sequence[Block], options: LabOptions, seeds: int) -> tuple[RunSpec, ...]:
    """Returns one spec a run: block by block, model by model, seed by seed.

    Args:
        blocks: What to run.
        options: Sizes and settings of the user's.
        seeds: Number of seeds where the user named none.
    Raises:
        ShapeError: A model does not fit a task.
        DataError: No task has an option that was set.
        ValueError: A length or a setting is not allowed, or a start is unknown.
    """
    _check_task_options(blocks, options)
    specs: list[RunSpec] = []
    for block in blocks:
        for model in block.models:
            specs += _runs_of(block, model, options, options.seeds or seeds)
    _check_starts(specs)
    return tuple({spec.key(""): spec for spec in specs}.values())


def _runs_of(block: Block, model: Model, options: LabOptions, seeds: int) -> Iterable[RunSpec]:
    known = options_of(block.task)
    own = {name: value for name, value in options.settings.task.items() if name in known}
    task_options = {**own, **block.options}
    task = make(block.task, **task_options)
    recurrence = parse(model.equations)
    hidden = options.hidden_size or block.hidden_size
    sizes = choose_sizes(recurrence, task.input_size, task.output_size, hidden)
    given = {
        name: value
        for name, value in options.settings.training.items()
        if not (name == "epochs" and task.epoch_size is None)
        and not (name in _OF_LENGTHS and not task.has_length)
    }
    settings = {**preset(block.task, model.cell), **block.training, **given, **block.variation}
    training = TrainConfig(**settings).to_dict()
    del training["seed"]
    for seed in range(seeds):
        yield RunSpec(
            task=block.task,
            options=task_options,
            cell=model.name,
            start=show_start(model.init),
            equations=model.equations,
            sizes=sizes,
            init=model.init,
            training=training,
            seed=seed,
            data_version=task.data_version,
            variant=block.variant,
            beyond=block.beyond,
            study=block.study,
        )


def _check_task_options(blocks: Sequence[Block], options: LabOptions) -> None:
    tasks = dict.fromkeys(block.task for block in blocks)
    known = {name for task in tasks for name in options_of(task)}
    for name in options.settings.task:
        if name not in known:
            raise DataError(
                f"no task of this lab has the option {name!r}\n"
                f"  The tasks: {', '.join(tasks)}; their options: "
                f"{', '.join(sorted(known - {'length'})) or 'none'}."
            )
    made = [make(block.task, **block.options) for block in blocks]
    given = {key for key, value in options.settings.training.items() if value is not None}
    if "epochs" in given and all(task.epoch_size is None for task in made):
        raise DataError(
            f"epochs is set, and {', '.join(tasks)} never repeats a sequence\n"
            "  Set max_steps instead."
        )
    if given & _OF_LENGTHS and not any(task.has_length for task in made):
        raise DataError(
            f"{min(given & _OF_LENGTHS)} is set, and {', '.join(tasks)} has no length to choose\n"
            "  Leave it out."
        )


def _check_starts(specs: Sequence[RunSpec]) -> None:
    """Draws each start once, so that an unknown scheme is refused now and not in every run."""
    different = {(spec.equations, spec.start, spec.task): spec for spec in specs}
    for spec in different.values():
        generator = np.random.default_rng(0)
        draw_parameters(parse(spec.equations), spec.sizes, spec.init, generator)
