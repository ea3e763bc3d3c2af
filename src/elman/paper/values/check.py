"""Runs a person's own forward function beside the interpreter and names where they part.

The function may be written with NumPy or torch. It is called with the values that its arguments
name, and returns the output, several in a tuple, or a dictionary by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError
from elman.ir import Evaluation, Node, Recurrence, evaluate
from elman.paper.start.schemes import draw_parameters
from elman.paper.values.call_forward import as_plain, call_forward, name_returned
from elman.paper.values.formula import FormulaWriter
from elman.paper.values.given import Given, bind_values
from elman.paper.values.table import show_value

Array: TypeAlias = NDArray[np.float64]

_TOLERANCES = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2}


@dataclass(frozen=True)
class Check:
    """What the comparison found; true where all agrees.

    Attributes:
        compared: The names that were compared, in order of evaluation.
        step: The first step at which something differs; None where nothing does, or where what
            differs has no step.
        name: The first quantity that differs there; empty where nothing does.
        entry: Which entry of it, counted from 0; empty for a scalar.
        found: The value that the function gave there.
        expected: The value of the interpreter.
        message: All of it in sentences, with what the value equals instead, where that is known.
    """

    compared: tuple[str, ...]
    step: int | None
    name: str
    entry: tuple[int, ...]
    found: float | None
    expected: float | None
    message: str

    def __bool__(self) -> bool:
        return not self.name

    def __str__(self) -> str:
        return self.message


def check_forward(
    recurrence: Recurrence,
    forward: Callable[..., Any],
    values: Mapping[str, Any] | None = None,
    *,
    sizes: Mapping[str, int] | None = None,
    steps: int | None = None,
    tolerance: float | None = None,
    seed: int = 0,
) -> Check:
    """Compares a function with the recurrence that it should compute.

    >>> from elman.ir import parse
    >>> recurrence = parse("h_t = tanh(a x_t + b h_{t-1})")
    >>> def mine(x, a, b):
    ...     h, found = 0.0, []
    ...     for x_t in x:
    ...         h = np.tanh(a * x_t) + b * h
    ...         found.append(h)
    ...     return found
    >>> print(check_forward(recurrence, mine, {"a": 1, "b": 1, "x": [0.5, -1]}))
    h differs first at step 2: -0.299477, and -0.491384 is right
      h_2 = tanh(a x_2 + b h_1)

    Args:
        recurrence: What should be computed.
        forward: The function. Its arguments are found by name (`W`, `W_xh`, `x`, `h_0` or `h0`);
            one that takes a single argument of another name gets a dictionary of all values.
            It returns the output as [T, ...], a tuple of all outputs, or a dictionary of
            sequences, of single steps (`y_7`) and of totals.
        values: As `bind_values` takes them. Tensors are handed on as tensors, all else as NumPy
            arrays. Without them, values are drawn.
        sizes: Sizes of the vectors, for values that are drawn.
        steps: T. Needed only where there is no input; 5 for values that are drawn.
        tolerance: How far values may differ, relative to one plus their size; by default 1e-9,
            and 1e-4 for single precision.
        seed: For values that are drawn.

    Raises:
        DataError: The function asks for, or returns, a name that does not occur.
        EvaluationError: Values are missing or do not fit.
        ShapeError: Shapes do not fit.
    """
    if values is None:
        steps = steps or 5
        values = _draw(recurrence, sizes, steps, seed)
    given = bind_values(recurrence, {k: as_plain(v) for k, v in values.items()}, steps)
    returned = call_forward(recurrence, forward, given, values)
    evaluation = evaluate(given.graph, given.values, given.steps)
    found = name_returned(recurrence, returned)
    limit = tolerance if tolerance is not None else _tolerance(returned)
    return _Comparison(recurrence, given, evaluation, limit).compare(found)


def _draw(
    recurrence: Recurrence, sizes: Mapping[str, int] | None, steps: int, seed: int
) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = dict(draw_parameters(recurrence, sizes, "normal(0.5)", rng))
    shapes = recurrence.shapes(sizes)
    for key in recurrence.inputs:
        values[key] = rng.normal(size=(steps, *(dim.size or 0 for dim in shapes[key])))
    return values


def _tolerance(returned: Any) -> float:
    """Returns the tolerance for the coarsest numbers that were returned."""
    leaves = list(returned.values()) if isinstance(returned, Mapping) else [returned]
    leaves = [
        entry for leaf in leaves for entry in (leaf if isinstance(leaf, list | tuple) else [leaf])
    ]
    kinds = [str(getattr(leaf, "dtype", "float64")).removeprefix("torch.") for leaf in leaves]
    return max((_TOLERANCES.get(kind, 1e-9) for kind in kinds), default=1e-9)


@dataclass(frozen=True)
class _Comparison:
    recurrence: Recurrence
    given: Given
    evaluation: Evaluation
    tolerance: float

    def compare(self, found: Mapping[tuple[str, int | None], Any]) -> Check:
        """Returns the first difference in time, and within a step in order of evaluation."""
        graph = self.given.graph
        order = [*graph.inputs, *sorted(graph.definitions, key=self._number), *graph.totals]
        places = sorted(found, key=lambda place: order.index(place[0]) if place[0] in order else -1)
        compared = tuple(dict.fromkeys(key for key, _ in places))
        first: Check | None = None
        for key, step in places:
            check = self._one(key, step, _as_array(found[key, step]), compared)
            if check is not None and (first is None or _time(check) < _time(first)):
                first = check
        if first is not None:
            return first
        count = self.evaluation.steps
        names = ", ".join(compared)
        message = f"{names} agree{'s' * (len(compared) == 1)} at all {count} steps"
        return Check(compared, None, "", (), None, None, message)

    def _number(self, key: str) -> int:
        return self.given.graph.definitions[key].number

    def _one(
        self, key: str, step: int | None, value: Array, compared: tuple[str, ...]
    ) -> Check | None:
        """Compares one returned value; None where it agrees."""
        expected = self._expected(key, step)
        if value.shape != expected.shape:
            message = (
                f"{key} has the shape {list(value.shape)}, and {list(expected.shape)} is right"
            )
            return Check(compared, None, key, (), None, None, message)
        wrong = ~(np.abs(value - expected) <= self.tolerance * (1 + np.abs(expected)))
        if not wrong.any():
            return None
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        sequence = step is None and key in self.evaluation.sequences
        at = place[0] + 1 if sequence else step
        entry = place[1:] if sequence else place
        one, right = (value[place[0]], expected[place[0]]) if sequence else (value, expected)
        return Check(
            compared=compared,
            step=at,
            name=key,
            entry=entry,
            found=float(one[entry]),
            expected=float(right[entry]),
            message=self._message(key, at, entry, one, right),
        )

    def _expected(self, key: str, step: int | None) -> Array:
        if key in self.evaluation.values:
            return np.asarray(self.evaluation.values[key])
        if step is None:
            return self.evaluation.sequences[key]
        try:
            return np.asarray(self.evaluation.at(key, step))
        except KeyError:
            raise DataError(
                f"the function returns {key} at step {step}, which is not computed\n"
                f"  steps: 1 to {self.evaluation.steps}\n"
                "  Return steps of this range."
            ) from None

    def _message(
        self, key: str, step: int | None, entry: tuple[int, ...], value: Array, right: Array
    ) -> str:
        where = "" if step is None else f" first at step {step}"
        inside = f", entry {', '.join(map(str, entry))}" if entry else ""
        shown = f"{show_value(value[entry])}, and {show_value(right[entry])} is right"
        lines = [f"{key} differs{where}{inside}: {shown}"]
        writer = FormulaWriter(self.recurrence, self.given.graph)
        node = self.given.graph.definitions.get(key) or self.given.graph.totals.get(key)
        if node is not None and node.args:
            lines.append(f"  {writer.name(key, step)} = {writer.formula(node, step)}")
        guess = self._guess(key, step, value, node, writer) if step is not None else ""
        return "\n".join([*lines, f"  {guess}"] if guess else lines)

    def _guess(
        self, key: str, step: int, value: Array, node: Node | None, writer: FormulaWriter
    ) -> str:
        """Says what a wrong value equals instead: another step, or a part of the formula."""
        for at, whole in self._around(key):
            if at != step and self._equal(value, whole):
                return f"The value is that of {writer.name(key, at)}: the steps are shifted."
        # The last part first: with zeros about, it may equal earlier ones.
        for part in reversed(self.given.graph.nodes):
            if part is node or part.number not in self.evaluation.nodes or not part.args:
                continue
            series = self.evaluation.nodes[part.number]
            if part.level == "step" and self._equal(value, series[step - 1]):
                return f"The value is that of {writer.label(part, step)}."
        return ""

    def _around(self, key: str) -> list[tuple[int, Array]]:
        sequence = self.evaluation.sequences[key]
        starts = [(s, v) for (name, s), v in self.evaluation.starts.items() if name == key]
        return [*starts, *((t + 1, sequence[t]) for t in range(self.evaluation.steps))]

    def _equal(self, value: Array, other: Array) -> bool:
        if np.shape(value) != np.shape(other) or not np.any(other):
            return False
        return bool(np.all(np.abs(value - other) <= self.tolerance * (1 + np.abs(other))))


def _time(check: Check) -> float:
    """Orders differences: shapes first, then steps, then totals."""
    if check.found is None:
        return -1.0
    return float("inf") if check.step is None else float(check.step)


def _as_array(value: Any) -> Array:
    """Returns what a function gave as an array: tensors, lists of tensors, lists of arrays."""
    if isinstance(value, list | tuple):
        return np.stack([_as_array(entry) for entry in value]) if value else np.zeros(0)
    return np.asarray(as_plain(value), dtype=np.float64)
