"""The tasks by name. Their files, and with them torch, are imported when a task is made."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elman.tasks.base import AbstractTask

_CLASSES = {
    "adding": ("elman.tasks.adding", "Adding"),
    "characters": ("elman.tasks.characters", "Characters"),
    "copying": ("elman.tasks.copying", "Copying"),
    "digits": ("elman.tasks.digits", "Digits"),
    "mnist": ("elman.tasks.mnist", "Mnist"),
    "palindrome": ("elman.tasks.palindrome", "Palindrome"),
    "series": ("elman.tasks.series", "OwnSeries"),
}


def names() -> list[str]:
    """Returns the names of all tasks, sorted.

    >>> names()
    ['adding', 'characters', 'copying', 'digits', 'mnist', 'palindrome', 'series']
    """
    return sorted(_CLASSES)


def options(name: str) -> dict[str, Any]:
    """Returns the options of a task with their defaults; a required option has `...`.

    >>> options("palindrome")["length"]
    Ellipsis

    Raises:
        ValueError: There is no such task.
    """
    return {
        field.name: ... if field.default is dataclasses.MISSING else field.default
        for field in dataclasses.fields(_find(name))
        if field.init
    }


def make(name: str, **given: Any) -> AbstractTask:
    """Returns the task of that name.

    >>> make("palindrome", length=12).output_size
    10

    Args:
        name: One of `names()`.
        given: Options of the task; `options(name)` lists them.
    Raises:
        ValueError: The task or an option is unknown, one is missing, or a value is not allowed.
    """
    kind: type[AbstractTask] = _find(name)
    known = options(name)
    for option in given:
        if option not in known:
            listed = f"Its options: {', '.join(known)}." if known else "It has no options."
            raise ValueError(
                f"the task {name} has no option {option!r}{_nearest(option, known)}\n  {listed}"
            )
    missing = [
        option for option, default in known.items() if default is ... and option not in given
    ]
    if missing:
        raise ValueError(
            f"the task {name} needs the option {missing[0]!r}\n  Give it as {missing[0]}=VALUE."
        )
    return kind(**given)


def _find(name: str) -> Any:
    if name not in _CLASSES:
        raise ValueError(
            f"there is no task {name!r}{_nearest(name, names())}\n"
            f"  The tasks: {', '.join(names())}."
        )
    module, attribute = _CLASSES[name]
    return getattr(importlib.import_module(module), attribute)


def _nearest(name: str, known: Any) -> str:
    close = difflib.get_close_matches(str(name).lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
