"""The words that verbs share: how equations, sizes, values and steps are written on a command line.

--sizes x=28,h=128          sizes of vectors by name
--set a=20,b=1              values of parameters; W=[[1,2],[3,4]] for a matrix
--input x=0.5,-1            one value a step; x=[1,0],[0,1] for vectors
--initial h=0               states before the first step; h_0 and k_16 name the step
--at 1,7,15                 steps; 3-5 for several
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeAlias

import typer

from elman.cells import read_equations
from elman.errors import DataError
from elman.ir import Recurrence, parse

STEP_LIMIT = 100_000
# Unrolled steps that take more than some seconds.
_MANY_STEPS = 10_000

Equations: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="EQUATIONS",
        help="Equations as text, a file, - for standard input, or a cell such as lstm.",
        show_default=False,
    ),
]
Sizes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--sizes", metavar="NAME=SIZE,...", help="Sizes of vectors by name: x=28,h=128."),
]
Set: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE,...", help="Values of parameters: a=20,b=1."),
]
Input: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--input", metavar="NAME=V1,V2,...", help="Values of an input, one a step: x=0.5,-1."
    ),
]
Initial: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--initial", metavar="STATE=VALUE,...", help="Initial states: h=0 (the default)."),
]
Case: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--case", metavar="NAME=VALUE,...", help="Values of one case; several stand side by side."
    ),
]
Values: TypeAlias = Annotated[
    str | None,
    typer.Option("--values", metavar="FILE", help="Arrays by name, in a .npz or .json file."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Write JSON.")]


def read_recurrence(argument: str) -> Recurrence:
    """Returns the recurrence that the word EQUATIONS stands for.

    Raises:
        DataError: There is no such file or cell.
        SourceError: The equations do not make sense.
    """
    text, name = read_equations(argument)
    return parse(text, name)


def read_sizes(words: Iterable[str] | None) -> dict[str, int]:
    """Reads `--sizes`.

    >>> read_sizes(["x=28,h=128", "y=10"])
    {'x': 28, 'h': 128, 'y': 10}

    Raises:
        DataError: A size is not a positive whole number, or a name has none.
    """
    sizes: dict[str, int] = {}
    for word in words or ():
        for part in _split(word, "--sizes"):
            name, _, value = (piece.strip() for piece in part.partition("="))
            if not name or not value.isdecimal() or int(value) < 1:
                raise DataError(
                    f"cannot read {part!r} in --sizes {word}\n"
                    "  Write positive whole numbers by name: --sizes x=28,h=128"
                )
            sizes[name] = int(value)
    return sizes


def read_assignments(words: Iterable[str] | None, option: str) -> dict[str, list[Any]]:
    """Reads `--set`, `--input`, `--initial` and `--case`: every name with its list of values.

    A part without `=` goes on with the list of the name before it. A value is a number, or
    numbers in brackets.

    >>> read_assignments(["a=20,b=1", "x=0.5,-1"], "--set")
    {'a': [20.0], 'b': [1.0], 'x': [0.5, -1.0]}
    >>> read_assignments(["W=[[1,2],[3,4]]"], "--set")
    {'W': [[[1.0, 2.0], [3.0, 4.0]]]}

    Raises:
        DataError: A part cannot be read; the message shows it and how it is written.
    """
    found: dict[str, list[Any]] = {}
    for word in words or ():
        name = ""
        for part in _split(word, option):
            before, equals, value = (piece.strip() for piece in part.partition("="))
            if equals:
                name, text = before, value
                if not name or name in found:
                    raise _unreadable(part, option, word, "this name has a value already")
                found[name] = []
            else:
                text = before
            if not name:
                raise _unreadable(part, option, word, "a value before the first name")
            found[name].append(_value(text, part, option, word))
    return found


def read_steps(word: str | None, option: str = "--at") -> list[int] | None:
    """Reads a list of steps counted from 1; None where there is none.

    >>> read_steps("1,7,10-12")
    [1, 7, 10, 11, 12]

    Raises:
        DataError: A part is not a step.
    """
    if word is None:
        return None
    steps: list[int] = []
    for part in word.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        wrong = not first.isdecimal() or (dash and not last.isdecimal())
        if wrong or (dash and int(first) > int(last)):
            raise DataError(
                f"cannot read {part!r} in {option} {word}\n"
                f"  Write steps counted from 1: {option} 1,7,15 or {option} 3-5"
            )
        end = int(last) if dash else int(first)
        check_step_count(end, option)
        steps.extend(range(int(first), end + 1))
    for step in steps:
        check_step_count(step, option)
    return sorted(set(steps))


def check_step_count(
    steps: int | None, option: str = "--steps", limit: int = STEP_LIMIT
) -> int | None:
    """Returns a number of steps after checking that it can be worked with.

    Raises:
        DataError: It is 0, negative or above the limit.
    """
    if steps is not None and not 1 <= steps <= limit:
        raise DataError(
            f"{option} {steps} is out of range\n  Give a whole number from 1 to {limit:,}."
        )
    return steps


def tell_of_many_steps(steps: int, instead: str) -> None:
    """Says on the error stream that many steps take long to unroll, and what answers at once."""
    if steps > _MANY_STEPS and sys.stderr is not None:
        told = f"{steps:,} steps are unrolled one by one, which may take minutes; {instead}"
        print(told, file=sys.stderr, flush=True)


def _split(word: str, option: str) -> Sequence[str]:
    """Splits at the commas that stand outside of brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(word):
        depth += (character in "[(") - (character in "])")
        if character in ",;" and depth == 0:
            parts.append(word[start:place])
            start = place + 1
    parts.append(word[start:])
    if depth or not all(part.strip() for part in parts):
        reason = "brackets that do not close" if depth else "nothing between two commas"
        raise _unreadable(word, option, word, reason)
    return [part.strip() for part in parts]


def _value(text: str, part: str, option: str, word: str) -> Any:
    try:
        value = json.loads(text) if text.startswith("[") else float(text)
        return _as_floats(value)
    except (ValueError, TypeError, RecursionError):
        raise _unreadable(part, option, word, "not a number") from None


def _as_floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_floats(entry) for entry in value]
    number = float(value)
    if isinstance(value, bool | str) or not math.isfinite(number):
        raise ValueError(value)
    return number


def _unreadable(part: str, option: str, word: str, reason: str) -> DataError:
    place = f" in {option} {word}" if part != word else f" after {option}"
    example = {"--input": "x=0.5,-1", "--initial": "h=0"}.get(option, "a=20,b=1")
    return DataError(
        f"cannot read {part!r}{place}\n  {reason}\n"
        f"  Write {option} {example}, and brackets for vectors: [1,2] or [[1,2],[3,4]]."
    )
