"""Values as a person gives them, brought into the form that the interpreter takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.equations.names import step_key
from elman.equations.syntax import Name, ShapeDeclaration
from elman.errors import DataError, EvaluationError, ShapeError, Source, Span
from elman.ir import Recurrence, StepGraph
from elman.ir.graph import reachable
from elman.ir.lower import lower
from elman.ir.types import infer_types
from elman.paper.naming import find_name, names_of

Array: TypeAlias = NDArray[np.float64]

STEP_LIMIT = 100_000


@dataclass(frozen=True)
class Given:
    """A recurrence with values for everything that it needs.

    Attributes:
        graph: The typed graph, its sizes those of the values.
        values: As `evaluate` takes them: by canonical name, starts as `h_0` and `k_16`.
        steps: T.
    """

    graph: StepGraph
    values: dict[str, Array]
    steps: int


def bind_values(
    recurrence: Recurrence, spelled: Mapping[str, Any], steps: int | None = None
) -> Given:
    """Finds out which name each value is for, and the sizes that follow.

    >>> from elman.ir import parse
    >>> given = bind_values(parse("h_t = a h_{t-1} + x_t"), {"a": 2, "x": [1, 3], "h": 5})
    >>> given.steps, {key: value.tolist() for key, value in given.values.items()}
    (2, {'a': 2.0, 'x': [1.0, 3.0], 'h_0': 5.0})

    Args:
        recurrence: Any.
        spelled: Values by any spelling of their names: parameters; inputs as [T] or [T, size];
            initial states as `h` (for every start that is read), `h_0` or `k_16`.
        steps: T. Needed only where there is no input.

    Raises:
        DataError: A name is unknown, or is computed rather than given.
        EvaluationError: Values are missing (all are listed), or inputs differ in length.
        ShapeError: The shapes of the values do not fit together.
    """
    named: dict[tuple[str, int | None], Array] = {}
    for spelling, value in spelled.items():
        place = find_name(spelling, recurrence)
        if place in named:
            raise DataError(f"there are two values for {spelling}\n  Give one of them.")
        named[place] = _as_array(spelling, value)
    _join_steps(recurrence, named)
    _fill_shared(recurrence, named)
    _check_roles(recurrence, named)
    _check_present(recurrence, named)
    length = _count_steps(recurrence, named, steps)
    graph = _typed(recurrence, named)
    return Given(graph, _with_starts(graph, named, starts_read(graph, length)), length)


def _with_starts(
    graph: StepGraph,
    named: Mapping[tuple[str, int | None], Array],
    read: Mapping[str, list[int]],
) -> dict[str, Array]:
    """Returns the values by name; a state without a step gives every start that is read."""
    values: dict[str, Array] = {}
    for (key, step), value in sorted(named.items(), key=lambda item: item[0][1] is not None):
        if step is None and key not in graph.definitions:
            values[key] = value
            continue
        if step is not None and step not in read.get(key, []):
            raise _no_start(key, step, read)
        if key in graph.definitions and not value.shape:  # one number starts a whole vector
            value = np.full([dim.size or 0 for dim in graph.definitions[key].shape], value)
        for at in read.get(key, []) if step is None else [step]:
            values[step_key(key, at)] = value
    return values


def starts_read(graph: StepGraph, steps: int) -> dict[str, list[int]]:
    """Returns, per name, the steps outside of 1 to T at which it is read, in ascending order.

    Args:
        graph: Any step graph.
        steps: T.
    """
    found: dict[str, set[int]] = {}
    for node in reachable(graph.roots()):
        if node.op == "read" and node.lag > 0:
            outside = range(1 - node.lag, min(1, steps + 1 - node.lag))
            found.setdefault(node.key, set()).update(outside)
        elif node.op == "read" and node.lag < 0:
            outside = range(max(steps + 1, 1 - node.lag), steps + 1 - node.lag)
            found.setdefault(node.key, set()).update(outside)
    return {key: sorted(read) for key, read in found.items() if read}


def _as_array(spelling: str, value: Any) -> Array:
    try:
        found = np.asarray(value)
    except (ValueError, OverflowError):
        found = np.asarray("lists of different lengths")
    if found.dtype.kind not in "iuf" and found.size:
        raise DataError(
            f"the value of {spelling} is no array of numbers\n"
            "  Give a number, or lists of the same length."
        )
    if not found.size:
        raise DataError(
            f"the value of {spelling} is empty, its shape is {list(found.shape)}\n"
            "  Give at least one number."
        )
    array = found.astype(np.float64)
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise DataError(
            f"the value of {spelling} is not finite\n"
            f"  entry {list(place)} is {array[place]}\n"
            "  Give finite numbers."
        )
    return array


def _join_steps(recurrence: Recurrence, named: dict[tuple[str, int | None], Array]) -> None:
    """Makes one sequence of inputs that are given step by step, as `x_1` and `x_2`."""
    for key in recurrence.inputs:
        given = {step: value for (name, step), value in named.items() if name == key}
        steps = sorted(step for step in given if step is not None and step >= 1)
        if not steps:
            continue
        absent = sorted(set(range(1, len(steps) + 1)) - set(steps))
        if None in given or absent or len({given[step].shape for step in steps}) > 1:
            raise DataError(
                f"the input {key} is not given as one sequence\n"
                f"  given: {', '.join(step_key(key, step) for step in steps)}"
                f"{f', and {key} as a whole' if None in given else ''}\n"
                f"  Give {key} as a whole, or every step from {key}_1 on, all of one shape."
            )
        named[key, None] = np.stack([named.pop((key, step)) for step in steps])


def _fill_shared(recurrence: Recurrence, named: dict[tuple[str, int | None], Array]) -> None:
    """Gives parameters that are one value the one value that was given."""
    for group in recurrence.shared:
        given = [key for key in group if (key, None) in named]
        for key in group if given else ():
            named.setdefault((key, None), named[given[0], None])


def _check_roles(recurrence: Recurrence, named: Mapping[tuple[str, int | None], Array]) -> None:
    for key, step in named:
        is_start = key in recurrence.states or step is not None
        computed = (*recurrence.graph.definitions, *recurrence.graph.derived, *recurrence.totals)
        if key in computed and not is_start:
            raise DataError(
                f"{key} is computed by the equations, so it cannot be given\n"
                f"  to give: {', '.join((*recurrence.parameters, *recurrence.inputs))}\n"
                "  Leave it out, or take its equation out."
            )


def _check_present(recurrence: Recurrence, named: Mapping[tuple[str, int | None], Array]) -> None:
    """Lists all missing values at once."""
    parameters = [key for key in recurrence.parameters if (key, None) not in named]
    inputs = [key for key in recurrence.inputs if (key, None) not in named]
    if not parameters and not inputs:
        return
    given = ", ".join(key if step is None else step_key(key, step) for key, step in named)
    options = []
    if parameters:
        options.append("--set " + ",".join(f"{key}=..." for key in parameters))
    if inputs:
        options.append(" ".join(f"--input {key}=...,..." for key in inputs))
    raise EvaluationError(
        f"values are missing for {', '.join([*parameters, *inputs])}\n"
        f"  given: {given or 'none'}\n"
        f"  Give each of them: {' '.join(options)}"
    )


def _count_steps(
    recurrence: Recurrence, named: Mapping[tuple[str, int | None], Array], steps: int | None
) -> int:
    lengths = {}
    for key in recurrence.inputs:
        value = named[key, None]
        if not 1 <= value.ndim <= 2:
            raise EvaluationError(
                f"the input {key} has the wrong shape\n"
                f"  found: {list(value.shape)}   wanted: [T] or [T, size]\n"
                "  Give one number, or one vector, for each step."
            )
        lengths[key] = len(value)
    counts = {*lengths.values(), *([steps] if steps is not None else [])}
    if len(counts) > 1:
        shown = ", ".join(f"{key} has {length}" for key, length in lengths.items())
        asked = f"; asked for {steps}" if steps is not None else ""
        raise EvaluationError(
            f"the numbers of steps differ: {shown}{asked}\n"
            "  Give every input as many values as there are steps."
        )
    if not counts:
        raise EvaluationError("the number of steps is open, as there is no input\n  Give --steps.")
    (count,) = counts
    if not 1 <= count <= STEP_LIMIT:
        raise EvaluationError(
            f"{count} steps cannot be evaluated\n  Give from 1 to {STEP_LIMIT:,} steps."
        )
    return count


def _typed(recurrence: Recurrence, named: Mapping[tuple[str, int | None], Array]) -> StepGraph:
    """Returns the graph typed by the shapes of the values, as if each had been declared."""
    declared = {declaration.name.key: declaration for declaration in recurrence.declarations}
    declarations = list(declared.values())
    sizes: dict[str, int] = {}
    for (key, _), value in named.items():
        shape = value.shape[1:] if key in recurrence.inputs else value.shape
        if key in recurrence.graph.definitions and not shape:
            continue  # one number starts a state of any shape
        if key in declared:
            _take_symbols(declared[key], shape, sizes, names_of(recurrence))
        elif key not in {d.name.key for d in declarations[len(declared) :]}:
            text = f"{key}: [{', '.join(map(str, shape))}]" if shape else f"{key}: scalar"
            span = Span(Source(text, "<values>"), 0, len(text))
            declarations.append(ShapeDeclaration(Name(key, None, span), shape, span))
    try:
        types = infer_types(recurrence.graph, recurrence.roles, declarations, sizes)
    except ShapeError as error:  # the text alone may be right
        given = [d.span.text for d in declarations[len(declared) :]]
        if given:
            error.facts = (*error.facts, f"from the values: {'; '.join(given)}")
            error.remedy = "Give values whose shapes fit together, a matrix as [[1,2],[3,4]]."
        raise
    recurrence.refuse_open(types)
    return lower(recurrence.graph, types)


def _take_symbols(
    declaration: ShapeDeclaration,
    shape: tuple[int, ...],
    sizes: dict[str, int],
    names: tuple[str, ...],
) -> None:
    """Takes the sizes of declared symbols from the shape of a value."""
    wanted = declaration.dims
    fits = len(wanted) == len(shape) and all(
        not isinstance(dim, int) or dim == size for dim, size in zip(wanted, shape, strict=False)
    )
    if fits:
        for dim, size in zip(wanted, shape, strict=True):
            if isinstance(dim, str) and sizes.setdefault(dim, size) != size:
                fits = False
    if not fits:
        key = declaration.name.key
        raise EvaluationError(
            f"the value of {key} does not have the shape that the text declares\n"
            f"  found: {list(shape)}   declared: [{', '.join(str(dim) for dim in wanted)}]\n"
            f"  Give {key} in the declared shape."
        )


def _no_start(key: str, step: int, read: Mapping[str, list[int]]) -> DataError:
    shown = ", ".join(step_key(name, at) for name, steps in read.items() for at in steps)
    return DataError(
        f"{step_key(key, step)} is no initial value\n"
        f"  initial values: {shown or 'none'}\n"
        "  Use one of these, or leave it out."
    )
