"""The labs by name: which cells, starts, lengths and seeds, and with which training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from elman.cells import read_equations
from elman.ir import parse
from elman.lab.sizes import choose_sizes
from elman.lab.spec import InitChoice, Lab, RunSpec
from elman.lab.starts import read_start, show_start
from elman.tasks import make
from elman.train.config import TrainConfig

HIDDEN_SIZE = 128
TITLE = "Recall over time: accuracy against sequence length"
QUESTION = (
    "How long a sequence can a recurrent network remember, and how much of that is its equations, "
    "how much its start?"
)
# The start that a cell gets where none is named.
STARTS = {
    "vanilla": ("lab", "orthogonal"),
    "lstm": ("orthogonal+b_f=3",),
}
DEFAULT_CELLS = ("vanilla", "lstm")
DEFAULT_LENGTHS = (5, 10, 15, 20, 25, 30)
QUICK_LENGTHS = (5, 10)


@dataclasses.dataclass(frozen=True)
class Model:
    """A recurrence with one start.

    Attributes:
        name: How it is called in tables and figures.
        equations: Its canonical plain print.
        init: Its initialisation.
    """

    name: str
    equations: str
    init: InitChoice


@dataclasses.dataclass(frozen=True)
class Grid:
    """What a lab runs: every model at every length with every seed, and on the digits.

    Attributes:
        models: Recurrences with their starts.
        lengths: Lengths of the palindromes.
        seeds: Number of seeds, from 0.
        digits: Whether the models also learn the handwritten digits.
        hidden_size: Size of the states.
        palindromes: Training settings for palindromes, others at their defaults.
        images: Training settings for the digits.
    """

    models: tuple[Model, ...]
    lengths: tuple[int, ...]
    seeds: int
    digits: bool = True
    hidden_size: int = HIDDEN_SIZE
    palindromes: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    images: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def read_models(arguments: Sequence[str]) -> tuple[Model, ...]:
    """Returns the models that `--cells` names.

    Args:
        arguments: Each a cell of the catalogue, a file, `-` or an equation text, optionally with a
            start behind a colon, as in `lstm:orthogonal+b_f=3`. Without a start, a cell gets those
            of `STARTS`, or the orthogonal one.
    Raises:
        SourceError: Equations cannot be read.
        DataError: A file or name is unknown.
        ValueError: A start cannot be read.
    """
    models = []
    for argument in arguments:
        cell, starts = split_start(argument)
        text, name = read_equations(cell)
        equations = parse(text, name).plain()
        for start in starts or STARTS.get(name, ("orthogonal",)):
            models.append(Model(name, equations, read_start(start)))
    return tuple(models)


def split_start(argument: str) -> tuple[str, tuple[str, ...]]:
    r"""Splits the start from an argument of `--cells`.

    >>> split_start("lstm:orthogonal+b_f=3")
    ('lstm', ('orthogonal+b_f=3',))
    >>> split_start("C:\\cells\\lstm.eq"), split_start("h_t = tanh(h_{t-1})")
    (('C:\\cells\\lstm.eq', ()), ('h_t = tanh(h_{t-1})', ()))
    """
    cell, colon, start = argument.rpartition(":")
    is_start = start[:1].isalpha() and not set(start) & set("/\\.\n; ")
    if not colon or len(cell) < 2 or not is_start:
        return argument, ()
    return cell, (start,)


def make_specs(grid: Grid) -> tuple[RunSpec, ...]:
    """Returns one spec a run: model by model, length by length, seed by seed; then the digits.

    Raises:
        ShapeError: A model does not fit a task.
        ValueError: A length or a training setting is not allowed.
    """
    tasks: list[tuple[str, dict[str, Any], Mapping[str, Any]]] = [
        ("palindrome", {"length": length}, grid.palindromes) for length in grid.lengths
    ]
    if grid.digits:
        tasks.append(("digits", {}, grid.images))
    return tuple(
        spec
        for name, options, settings in tasks
        for model in grid.models
        for spec in _specs_of(grid, model, name, options, settings)
    )


def _specs_of(
    grid: Grid, model: Model, name: str, options: dict[str, Any], settings: Mapping[str, Any]
) -> list[RunSpec]:
    task = make(name, **options)
    training = TrainConfig(**settings).to_dict()
    del training["seed"]
    sizes = choose_sizes(
        parse(model.equations), task.input_size, task.output_size, grid.hidden_size
    )
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
    return Lab("length", TITLE, QUESTION, make_specs(grid), command)
