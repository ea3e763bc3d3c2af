"""Checks of the options of tasks, with errors that show the value and the allowed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def check_whole(task: str, name: str, value: Any, low: int, high: int) -> None:
    """Raises unless an option is a whole number in a range.

    >>> check_whole("adding", "length", 1, 2, 100)
    Traceback (most recent call last):
    ...
    ValueError: length of adding is 1
      Allowed: whole numbers from 2 to 100.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(
            f"{name} of {task} is {value!r}\n  Allowed: whole numbers from {low} to {high:,}."
        )


def check_choice(task: str, name: str, value: Any, allowed: Sequence[Any]) -> None:
    """Raises unless an option is one of a few values of the same type."""
    if not any(type(value) is type(item) and value == item for item in allowed):
        listed = ", ".join(map(repr, allowed))
        raise ValueError(f"{name} of {task} is {value!r}\n  Allowed: {listed}.")


def check_path(task: str, name: str, value: Any) -> None:
    """Raises unless an option is a text, as the name of a file or folder is."""
    if not isinstance(value, str):
        raise ValueError(f"{name} of {task} is {value!r}\n  Allowed: the name of a file or folder.")
