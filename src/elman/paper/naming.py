"""Finds the name that a person means: `b_f`, `bf`, `\\tilde{h}`, `h_0`, `h_{-1}`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from elman.equations import parse_statements
from elman.equations.syntax import Equation
from elman.errors import DataError, RecurrenceError, Source
from elman.ir import Recurrence

_AT_STEP = re.compile(r"^(.+?)_(?:\{(-?\d+)\}|m(\d+)|(-?\d+))$")


def names_of(recurrence: Recurrence) -> tuple[str, ...]:
    """Returns every name of a recurrence: inputs, defined names, parameters, totals."""
    graph = recurrence.graph
    groups = (graph.inputs, graph.definitions, graph.parameters, graph.derived, graph.totals)
    return tuple(key for group in groups for key in group)


def find_name(spelling: str, recurrence: Recurrence) -> tuple[str, int | None]:
    """Returns the key that a spelling means, and the step where it names one.

    >>> from elman.ir import parse
    >>> lstm = parse("f_t = sigmoid(W_f x_t + b_f); h_t = f_t h_{t-1}")
    >>> find_name("W_f", lstm), find_name("h_0", lstm), find_name("h_m1", lstm)
    (('Wf', None), ('h', 0), ('h', -1))

    Args:
        spelling: As the equations have it, or the canonical key.
        recurrence: Whose names these are.

    Raises:
        DataError: There is no such name; the message lists the known ones and the nearest.
    """
    known = names_of(recurrence)
    found = _find(spelling.strip(), recurrence)
    if found is not None:
        return found
    near = difflib.get_close_matches(spelling, known, n=1)
    raise DataError(
        f"{spelling!r} is no name of these equations\n"
        f"  names: {', '.join(known)}\n"
        + (f"  Did you mean {near[0]!r}?" if near else "  Use one of them.")
    )


def _find(spelling: str, recurrence: Recurrence) -> tuple[str, int | None] | None:
    known = names_of(recurrence)
    if spelling in known:
        return spelling, None
    timed = {*recurrence.graph.inputs, *recurrence.graph.definitions}
    parts = _AT_STEP.match(spelling)
    if parts is not None:
        stem, braces, minus, plain = parts.groups()
        key = stem if stem in timed else _read_name(stem)
        if key in timed:
            return key, -int(minus) if minus else int(braces or plain)
    key = _read_name(spelling)
    return (key, None) if key in known else None


def _read_name(spelling: str) -> str:
    """Reads a name by the grammar of the equations; the empty string where it is none."""
    try:
        (statement,) = parse_statements(Source(f"{spelling} = 0"))
    except (RecurrenceError, ValueError):
        return ""
    return statement.left.key if isinstance(statement, Equation) else ""


def canonical_sizes(recurrence: Recurrence, sizes: Mapping[str, int]) -> dict[str, int]:
    """Returns sizes under canonical names; declared symbols such as `n` stay as they are."""
    found = {}
    for spelling, size in sizes.items():
        known = _find(spelling, recurrence)
        found[known[0] if known is not None and known[1] is None else spelling] = size
    return found
