"""The labs by name; each is imported when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from elman.errors import DataError
from elman.lab.options import LabOptions
from elman.lab.spec import Lab


@dataclass(frozen=True)
class NamedLab:
    """One row of the registry.

    Attributes:
        name: What `elman lab` is given.
        summary: One line of help.
        module: Where its function `make_lab(options) -> Lab` is.
    """

    name: str
    summary: str
    module: str

    def make(self, options: LabOptions) -> Lab:
        """Returns the lab.

        Raises:
            RecurrenceError, ValueError: An option does not fit.
        """
        found = importlib.import_module(self.module)
        return cast(Callable[[LabOptions], Lab], found.make_lab)(options)


DEFAULT = "length"
LABS = (
    NamedLab(
        "length",
        "accuracy against sequence length, 5 to 100, and handwritten digits",
        "elman.lab.named.length",
    ),
    NamedLab(
        "thousand",
        "a thousand steps, then tested untrained at 10,000 and 100,000",
        "elman.lab.named.thousand",
    ),
    NamedLab(
        "better",
        "what each option of the training brings: on, and off",
        "elman.lab.named.better",
    ),
    NamedLab(
        "clipping",
        "a network whose loss stops decreasing, the same with clipping",
        "elman.lab.named.clipping",
    ),
    NamedLab(
        "truncation",
        "what a short window of gradients saves, and what it costs",
        "elman.lab.named.truncation",
    ),
    NamedLab(
        "published",
        "tasks of the literature beside published figures",
        "elman.lab.named.published",
    ),
)


def find_lab(name: str) -> NamedLab:
    """Returns the lab of that name.

    >>> find_lab("thousand").summary
    'a thousand steps, then tested untrained at 10,000 and 100,000'

    Raises:
        DataError: There is none; the message names the nearest.
    """
    for lab in LABS:
        if lab.name == name:
            return lab
    names = [lab.name for lab in LABS]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise DataError(f"there is no lab {name!r}{hint}\n  The labs: {', '.join(names)}.")
