"""The labs by name: which cells, starts, lengths and seeds, and with which training."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from elman.cells import read_equations
from elman.ir import parse
from elman.lab.sizes import choose_sizes
from elman.lab.spec import InitChoice, Lab, RunSpec
from elman.lab.starts import read_start, show_start
from elman.paper.start.schemes import draw_parameters
from elman.tasks import make
from elman.train.config import TrainConfig
from elman.train.presets import preset

TITLE = "Recall over time: accuracy against sequence length"
QUESTION = (
    "How long a sequence can a recurrent network remember, and how much of that is its equations, "
    "how much its start?"
)
TASKS = {
    "palindrome": "A palindrome of T digits is read one digit a step, all but the last; the last, "
    "which equals the first, is predicted. The first digit must be kept over T - 2 further steps.",
    "digits": "Real handwritten digits of 8 by 8 pixels are read row by row, in 8 steps, and told "
    "apart.",
}
HIDDEN_SIZE = 128
DEFAULT_CELLS = ("vanilla", "lstm")
DEFAULT_LENGTHS = (5, 10, 15, 20, 25, 30)
DEFAULT_SEEDS = 3
QUICK_LENGTHS = (5, 10)
# Digits as the lab reads them. From its own start one-hot digits end on a plateau, where only
# groups of digits are told apart, for about one seed in three.
_PALINDROMES = {"encoding": "scalar"}


# The starts that a cell gets where the user names none.
STARTS = {"vanilla": ("lab", "orthogonal"), "lstm": ("orthogonal+b_f=3",)}


@dataclasses.dataclass(frozen=True)
class Model:
    """A recurrence with one start.

    Attributes:
        name: How it is called in tables and figures.
        equations: Its canonical plain print.
        init: Its initialisation.
        cell: Its name in the catalogue, by which training settings are chosen.
    """

    name: str
    equations: str
    init: InitChoice
    cell: str | None = None


@dataclasses.dataclass(frozen=True)
class Grid:
    """What a lab runs: every model at every length with every seed, and on the digits.

    Attributes:
        models: Recurrences with their starts.
        lengths: Lengths of the palindromes.
        seeds: Number of seeds, from 0.
        hidden_size: Size of the states.
        palindromes: Training settings for palindromes that win over `elman.train.presets`.
        digits: The same for the handwritten digits, or None to leave them out.
    """

    models: tuple[Model, ...]
    lengths: tuple[int, ...]
    seeds: int
    hidden_size: int = HIDDEN_SIZE
    palindromes: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    digits: Mapping[str, Any] | None = dataclasses.field(default_factory=dict)


def read_models(arguments: Sequence[str]) -> tuple[Model, ...]:
    """Returns the models that `--cells` names.

    Args:
        arguments: Each a cell of the catalogue, a file, `-` or an equation text, optionally with a
            start behind a colon, as in `lstm:orthogonal+b_f=3`. Without one, a cell gets those of
            `STARTS`, or the orthogonal one.
    Raises:
        SourceError: Equations cannot be read.
        DataError: A file or name is unknown.
        ValueError: A start cannot be read.
    """
    models: list[Model] = []
    for argument in arguments:
        cell, start = split_start(argument)
        text, source = read_equations(cell)
        equations = parse(text, source).plain()
        name = _name(source, equations, models)
        for choice in (start,) if start else STARTS.get(source, ("orthogonal",)):
            models.append(Model(name, equations, read_start(choice), source))
    return tuple(models)


def _name(source: str, equations: str, models: Sequence[Model]) -> str:
    """A short name for equations, different from those of other equations."""
    short = {"<text>": "equations", "<stdin>": "equations"}.get(source, Path(source).stem)
    taken = {model.name: model.equations for model in models}
    names = (short if place == 1 else f"{short} {place}" for place in count(1))
    return next(name for name in names if taken.get(name, equations) == equations)


def split_start(argument: str) -> tuple[str, str]:
    r"""Splits the start from an argument of `--cells`; without one it is empty.

    >>> split_start("lstm:orthogonal+b_f=3")
    ('lstm', 'orthogonal+b_f=3')
    >>> split_start("C:\\cells\\lstm.eq"), split_start("h_t = tanh(h_{t-1})")
    (('C:\\cells\\lstm.eq', ''), ('h_t = tanh(h_{t-1})', ''))
    """
    found = re.fullmatch(r"([^=]{2,}):([A-Za-z][^:/\\\s]*)", argument)
    return (found[1], found[2]) if found else (argument, "")


def make_specs(grid: Grid) -> tuple[RunSpec, ...]:
    """Returns one spec a run: length by length, model by model, seed by seed; then the digits.

    Raises:
        ShapeError: A model does not fit a task.
        ValueError: A length or a training setting is not allowed, or a start is unknown.
    """
    specs: list[RunSpec] = []
    for length in grid.lengths:
        for model in grid.models:
            options = {"length": length, **_PALINDROMES}
            specs += _specs_of(grid, model, "palindrome", options, grid.palindromes)
    if grid.digits is not None:
        for model in grid.models:
            specs += _specs_of(grid, model, "digits", {}, grid.digits)
    _check_starts(specs)
    return tuple(specs)


def _check_starts(specs: Sequence[RunSpec]) -> None:
    """Draws each start once, so that an unknown scheme is refused now and not in every run."""
    different = {(spec.equations, spec.start, spec.task): spec for spec in specs}
    for spec in different.values():
        generator = np.random.default_rng(0)
        draw_parameters(parse(spec.equations), spec.sizes, spec.init, generator)


def _specs_of(
    grid: Grid, model: Model, name: str, options: dict[str, Any], settings: Mapping[str, Any]
) -> list[RunSpec]:
    task = make(name, **options)
    recurrence = parse(model.equations)
    sizes = choose_sizes(recurrence, task.input_size, task.output_size, grid.hidden_size)
    training = TrainConfig(**{**preset(name, model.cell), **settings}).to_dict()
    del training["seed"]
    return [
        RunSpec(
            task=name,
            options=options,
            cell=model.name,
            start=show_start(model.init),
            equations=model.equations,
            sizes=sizes,
            init=model.init,
            training=training,
            seed=seed,
            data_version=task.data_version,
        )
        for seed in range(grid.seeds)
    ]


def make_lab(grid: Grid, command: str) -> Lab:
    """Returns the lab of accuracy against length over a grid.

    Args:
        grid: What to run.
        command: The command that repeats it.
    """
    return Lab("length", TITLE, QUESTION, make_specs(grid), command, TASKS)
