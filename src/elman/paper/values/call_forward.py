"""Calls a person's own forward function with what its arguments ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from elman.errors import DataError
from elman.ir import Recurrence
from elman.paper.naming import find_name
from elman.paper.values.given import Given


def as_plain(value: Any) -> Any:
    """Returns a tensor as a NumPy array, anything else as it is."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def call_forward(
    recurrence: Recurrence,
    forward: Callable[..., Any],
    given: Given,
    values: Mapping[str, Any],
) -> Any:
    """Calls the function with what it asks for, and returns what it returns.

    Args:
        recurrence: Whose names the arguments have.
        forward: The function, or a module with a method `forward`.
        given: The values as the interpreter takes them.
        values: The same as they were given; tensors are handed on as tensors.

    Raises:
        DataError: It asks for a name that is not given.
    """
    handed: dict[str, Any] = dict(given.values)
    for spelling, value in values.items():
        place, step = find_name(spelling, recurrence)
        if hasattr(value, "detach") and step is None and place in handed:
            handed[place] = value
    wanted = inspect.signature(getattr(forward, "forward", forward)).parameters
    by_name: dict[str, Any] = {}
    unknown: list[str] = []
    for name, parameter in wanted.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        key = _argument_key(recurrence, name, handed)
        if key is not None:
            by_name[name] = handed[key]
        elif name in ("T", "steps"):
            by_name[name] = given.steps
        elif parameter.default is parameter.empty:
            unknown.append(name)
    if unknown and not by_name and len(wanted) == 1:
        return forward(handed)
    if unknown:
        raise DataError(
            f"the function asks for {', '.join(unknown)}, which is not given\n"
            f"  given: {', '.join(handed)}\n"
            "  Name its arguments as the equations do."
        )
    if any(p.kind is p.VAR_KEYWORD for p in wanted.values()):
        by_name = {**handed, **by_name}
    positional = [n for n, p in wanted.items() if p.kind is p.POSITIONAL_ONLY and n in by_name]
    first = [by_name.pop(name) for name in positional]
    return forward(*first, **by_name)


def _argument_key(recurrence: Recurrence, name: str, handed: Mapping[str, Any]) -> str | None:
    """Returns the value that an argument's name means; `h0` may stand for `h_0`."""
    if name in handed:
        return name
    stem = name.rstrip("0123456789")
    split = f"{stem}_{name[len(stem) :]}"
    if split in handed:
        return split
    try:
        key, step = find_name(name, recurrence)
    except DataError:
        return None
    starts = [start for start in handed if start.rpartition("_")[0] == key]
    if step is None and key in recurrence.states and len(starts) == 1:
        return starts[0]
    return key if step is None and key in handed else None


def name_returned(recurrence: Recurrence, returned: Any) -> dict[tuple[str, int | None], Any]:
    """Returns what a function returned by name, and step where it names one.

    Args:
        recurrence: Whose names they are.
        returned: A dictionary, a tuple of all outputs, or the one output.

    Raises:
        DataError: A name is unknown, or it is open which output was returned.
    """
    if isinstance(returned, Mapping):
        return {find_name(str(name), recurrence): value for name, value in returned.items()}
    outputs = recurrence.outputs
    if isinstance(returned, tuple) and len(returned) == len(outputs) > 1:
        return {(key, None): value for key, value in zip(outputs, returned, strict=True)}
    if len(outputs) == 1:
        first = returned[0] if isinstance(returned, tuple) and returned else returned
        return {(outputs[0], None): first}
    raise DataError(
        f"it is open which of the outputs {', '.join(outputs)} the function returns\n"
        "  Return a dictionary by name, or a tuple of all outputs in this order."
    )
