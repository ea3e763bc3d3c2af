"""Computes a recurrence as one does by hand: every intermediate of every step, rounded or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.equations.names import step_key
from elman.errors import EvaluationError
from elman.ir import Evaluation, Node, Recurrence, evaluate
from elman.paper.values.formula import FormulaWriter
from elman.paper.values.given import Given, bind_values
from elman.paper.values.rounding import round_half_away

Array: TypeAlias = NDArray[np.float64]

MOST_PLACES = 12
_POLES = frozenset(["divide", "power", "log"])


@dataclass(frozen=True)
class Row:
    """One value.

    Attributes:
        step: Its step counted from 1, None for what has none: given values, totals.
        group: `given`, `once` (before all steps), `step` or `total`.
        name: `h_1`, or the formula of an operation without a name.
        formula: What it is computed from; empty for what is given.
        named: Whether the equations give it a name.
        value: What it is.
    """

    step: int | None
    group: str
    name: str
    formula: str
    named: bool
    value: Array


@dataclass(frozen=True)
class Case:
    """One set of values and all that follows from it.

    Attributes:
        evaluation: Every value.
        rows: The same in the order in which a person computes them, unnamed operations included.
        places: Decimal places to which every operation was rounded, None for no rounding.
    """

    evaluation: Evaluation
    rows: tuple[Row, ...]
    places: int | None

    def by_name(self) -> dict[str, Array]:
        """Returns every named value: `h_1`, `y_2`, `L`, and the given ones."""
        return self.evaluation.by_name()


def compute_case(
    recurrence: Recurrence,
    values: Mapping[str, Any],
    *,
    steps: int | None = None,
    places: int | None = None,
    at: Collection[int] | None = None,
) -> Case:
    r"""Computes a recurrence for given values.

    >>> from elman.ir import parse
    >>> text = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
    >>> given = {"a": 1, "b": 1, "c": 0, "x": [0.5, -1]}
    >>> case = compute_case(parse(text), given, places=2)
    >>> [float(case.by_name()[name]) for name in ("h_1", "h_2", "L")]
    [0.46, -0.49, 0.45]

    Args:
        recurrence: Any.
        values: As `bind_values` takes them.
        steps: T. Needed only where there is no input.
        places: Decimal places to which the result of every operation is rounded, halves away
            from zero; None for no rounding.
        at: The steps that get rows; all by default.

    Raises:
        DataError: A name is unknown.
        EvaluationError: Values are missing, or a result is not finite; the message names the step.
        ShapeError: Shapes do not fit.
        ValueError: `places` is out of range.
    """
    if places is not None and not 0 <= places <= MOST_PLACES:
        raise ValueError(f"cannot round to {places} decimals; choose 0 to {MOST_PLACES}")
    given = bind_values(recurrence, values, steps)
    recorder = _Recorder(recurrence, given, places)
    evaluation = evaluate(given.graph, given.values, given.steps, observe=recorder.observe)
    return Case(evaluation, recorder.rows(evaluation, at), places)


class _Recorder:
    """Watches the interpreter: rounds, refuses what is not finite, keeps every operation."""

    def __init__(self, recurrence: Recurrence, given: Given, places: int | None) -> None:
        self.given = given
        self.places = places
        self.writer = FormulaWriter(recurrence, given.graph)
        self.seen: dict[tuple[int, int | None], Array] = {}

    def observe(self, node: Node, step: int | None, value: Array) -> Array:
        """Is called with every operation."""
        if not np.isfinite(value).all():
            raise self._not_finite(node, step, value)
        if self.places is not None:
            value = round_half_away(value, self.places)
        self.seen[node.number, step] = value
        return value

    def _not_finite(self, node: Node, step: int | None, value: Array) -> EvaluationError:
        what = self._cause(node, step, value)
        where = "" if step is None else f" at step {step}"
        shown = self.writer.formula(node, step)
        parts = [
            f"{self.writer.label(arg, step)} = {show_value(self._value(arg, step))}"
            for arg in node.args
            if arg.op not in ("number", "over_time") and self._value(arg, step) is not None
        ]
        names = self.given.graph.names_of().get(node.number)
        label = f" in {self.writer.name(names[0], step)}" if names else ""
        return EvaluationError(
            f"{what}{where}{label}: {shown}\n"
            + "".join(f"  {part}\n" for part in parts)
            + "  Change the values that lead there."
        )

    def _cause(self, node: Node, step: int | None, value: Array) -> str:
        if node.op == "divide":
            below = self._value(node.args[1], step)
            if below is not None and not np.all(below):
                return "division by zero"
        if np.isnan(value).any() or node.op == "log":
            return "not a number" if node.op != "log" else "logarithm of what is not positive"
        is_pole = node.op == "power" and self._has_zero_base(node, step)
        return "division by zero" if is_pole else "overflow"

    def _has_zero_base(self, node: Node, step: int | None) -> bool:
        base = self._value(node.args[0], step)
        return base is not None and not np.all(base)

    def _value(self, node: Node, step: int | None) -> Array | None:
        """Returns the value of an argument, where it is known by now."""
        values: dict[str, Array] = self.given.values
        if node.op == "number":
            return np.asarray(node.value)
        if node.op == "parameter":
            return values[node.key]
        if node.op == "read" and step is not None:
            at = step - node.lag
            if node.key in values and 1 <= at <= self.given.steps:
                return np.asarray(values[node.key][at - 1])
            defined = self.given.graph.definitions.get(node.key)
            if defined is not None and 1 <= at <= self.given.steps:
                return self._value(defined, at)
            return self._start(node, at)
        at_step = self.seen.get((node.number, step))
        return self.seen.get((node.number, None)) if at_step is None else at_step

    def _start(self, node: Node, step: int) -> Array:
        """Returns a value before the first or after the last step."""
        given = self.given.values.get(step_key(node.key, step))
        if given is not None:
            return given
        stated = self.given.graph.starts.get((node.key, step))
        if stated is not None:
            value = self._value(stated, None)
            assert value is not None, "internal: a start is read before it is computed"
            return value
        return np.zeros([dim.size or 0 for dim in node.shape])

    # -- rows --------------------------------------------------------------------------------

    def rows(self, evaluation: Evaluation, at: Collection[int] | None) -> tuple[Row, ...]:
        """Returns every value in the order in which a person would compute it."""
        graph, names = self.given.graph, self.given.graph.names_of()
        found = [
            Row(None, "given", self.writer.name(key, None), "", True, evaluation.values[key])
            for key in graph.parameters
        ]
        for (key, step), value in sorted(evaluation.starts.items()):
            found.append(Row(step, "given", self.writer.name(key, step), "", True, value))
        nodes = [node for node in graph.nodes if node.args or node.number in names]
        found += self._group([n for n in nodes if n.level == "static"], None, "once", evaluation)
        in_steps = [node for node in nodes if node.level == "step"]
        every = range(1, evaluation.steps + 1)
        for step in every if at is None else sorted(set(every) & set(at)):
            for key in graph.inputs:
                value = evaluation.sequences[key][step - 1]
                found.append(Row(step, "given", self.writer.name(key, step), "", True, value))
            found += self._group(in_steps, step, "step", evaluation)
        found += self._group([n for n in nodes if n.level == "total"], None, "total", evaluation)
        return tuple(found)

    def _group(
        self, nodes: list[Node], step: int | None, group: str, evaluation: Evaluation
    ) -> list[Row]:
        names = self.given.graph.names_of()
        rows = []
        for node in nodes:
            value = self._value(node, step)
            if value is None:
                continue  # nothing needs it
            keys = names.get(node.number, [])
            formula = self.writer.formula(node, step)
            if not keys:
                rows.append(Row(step, group, formula, "", False, value))
            for position, key in enumerate(keys):
                shown = formula if not position else self.writer.name(keys[0], step)
                rows.append(Row(step, group, self.writer.name(key, step), shown, True, value))
        return rows


def show_value(value: Array | None, places: int | None = None, most: int = 6) -> str:
    """Writes a value: six significant digits, or the decimal places to which it was rounded.

    >>> show_value(np.array(1.0), 2), show_value(np.array([1 / 3, 0.5]))
    ('1.00', '[0.333333, 0.5]')

    Args:
        value: A scalar, vector or matrix.
        places: Decimal places, None where nothing was rounded.
        most: How many entries of a longer vector are written.
    """
    if value is None:
        return "?"
    if np.ndim(value) == 0:
        number = float(value) + 0.0
        return f"{number:.6g}" if places is None else f"{number:.{places}f}"
    shown = [show_value(entry, places, most) for entry in value[:most]]
    more = [f"... {len(value)} in all"] if len(value) > most else []
    return f"[{', '.join([*shown, *more])}]"
