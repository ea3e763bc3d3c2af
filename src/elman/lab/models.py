"""The recurrences of a lab, each with its start, as `--cells` names them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from elman.cells import read_equations
from elman.ir import parse
from elman.lab.spec import InitChoice
from elman.lab.starts import read_start

# The starts that a cell gets where nobody names one.
STARTS = {"vanilla": "orthogonal", "gru": "orthogonal", "lstm": "orthogonal+b_f=3"}
DEFAULT_START = "orthogonal"


@dataclass(frozen=True)
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


def read_models(arguments: Sequence[str]) -> tuple[Model, ...]:
    """Returns the models that `--cells` names.

    >>> [(model.name, model.init) for model in read_models(["vanilla:lab", "gru"])]
    [('vanilla', 'lab'), ('gru', 'orthogonal')]

    Args:
        arguments: Each a cell of the catalogue, a file, `-` or an equation text, optionally with a
            start behind a colon, as in `lstm:orthogonal+b_f=3`. Without one, a cell gets that of
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
        choice = start or STARTS.get(source, DEFAULT_START)
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
