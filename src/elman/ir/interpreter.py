"""The reference interpreter: slow, plain, in float64. It is the oracle of everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.equations.names import step_key
from elman.errors import EvaluationError
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import find_phases
from elman.ir.values import OVER_TIME, compute

Array: TypeAlias = NDArray[np.float64]

# Sees an operation, its step counted from 1 (None outside of steps) and its value, and returns
# the value to go on with.
Observer: TypeAlias = Callable[[Node, int | None, Array], Array]


@dataclass(frozen=True)
class Evaluation:
    """What a recurrence computes for given values.

    Attributes:
        steps: T, the number of steps.
        sequences: Name with time -> [T, ...]; `[0]` is step 1.
        values: Name without time -> its value: parameters, derived values and totals.
        starts: (name, step) -> a value before the first or after the last step, where one is read.
        nodes: Number of a step-level node -> [T, ...], unnamed ones included; of a node after a
            reduction over time -> its value.
    """

    steps: int
    sequences: dict[str, Array]
    values: dict[str, Array]
    starts: dict[tuple[str, int], Array]
    nodes: dict[int, Array]

    def at(self, key: str, step: int) -> Array:
        """Returns a name at a step counted from 1, or a start at another step.

        Raises:
            KeyError: There is no such name or step.
        """
        if (key, step) in self.starts:
            return self.starts[key, step]
        if not 1 <= step <= self.steps or key not in self.sequences:
            raise KeyError(f"{key} at step {step}")
        found: Array = self.sequences[key][step - 1]
        return found

    def by_name(self) -> dict[str, Array]:
        """Returns every value by its name: `h_1`, `y_2`, `L`."""
        found = dict(self.values)
        found.update({step_key(key, step): value for (key, step), value in self.starts.items()})
        for key, sequence in self.sequences.items():
            found.update({step_key(key, t + 1): sequence[t] for t in range(self.steps)})
        return found


def evaluate(
    graph: StepGraph,
    values: Mapping[str, Any],
    steps: int | None = None,
    *,
    observe: Observer | None = None,
) -> Evaluation:
    """Computes a typed graph step by step.

    Args:
        graph: A typed step graph.
        values: Parameters by name; inputs by name as [T, ...] (or [T, B, ...] with a batch);
            initial states as `h_0`, `h_m1`, and `k_16` for a state that runs backward over 15
            steps. Missing initial states are what the text says, else zero.
        steps: T. Needed only where there is no input.
        observe: Called with every operation, and may change its value, as rounding does.

    Raises:
        EvaluationError: Values are missing (all are named), or have a wrong shape.
    """
    interpreter = _Interpreter(graph, values, steps, observe)
    return interpreter.run()


class _Interpreter:
    def __init__(
        self,
        graph: StepGraph,
        values: Mapping[str, Any],
        steps: int | None,
        observe: Observer | None,
    ) -> None:
        self.graph = graph
        self.observe = observe
        self.given = {key: np.asarray(value, dtype=np.float64) for key, value in values.items()}
        self._check_present()
        self.steps, self.batch = self._measure(steps)
        self.nodes = reachable(graph.roots())
        self.static: dict[int, Array] = {}
        self.series: dict[int, Array] = {}
        self.starts: dict[tuple[str, int], Array] = {}

    def _check_present(self) -> None:
        wanted = [*self.graph.parameters, *self.graph.inputs]
        missing = [key for key in wanted if key not in self.given]
        if missing:
            raise EvaluationError(
                f"values are missing for {', '.join(missing)}\n"
                f"  given: {', '.join(self.given) or 'none'}\n"
                "  Give a value for each."
            )

    def _measure(self, steps: int | None) -> tuple[int, tuple[int, ...]]:
        """Returns T and the batch shape, () or (B,), and checks the shapes of all values."""
        shapes = {n.key: n.shape for n in self.graph.nodes if n.op in ("read", "parameter")}
        lengths: dict[str, int] = {}
        batches: dict[str, tuple[int, ...]] = {}
        for key in self.graph.inputs:
            value = self.given[key]
            rank = len(shapes.get(key, ()))
            own = tuple(dim.size for dim in shapes.get(key, ()))
            lead = value.shape[: value.ndim - rank]
            if value.ndim < 1 or len(lead) not in (1, 2) or value.shape[len(lead) :] != own:
                raise _wrong_shape(key, value.shape, ("T", *own))
            lengths[key], batches[key] = lead[0], lead[1:]
        for key in self.graph.parameters:
            own = tuple(dim.size for dim in shapes.get(key, ()))
            if key in shapes and self.given[key].shape != own:
                raise _wrong_shape(key, self.given[key].shape, own)
        if len(set(lengths.values())) > 1 or (
            steps is not None and {steps} | set(lengths.values()) != {steps}
        ):
            shown = ", ".join(f"{key}: {length}" for key, length in lengths.items())
            raise EvaluationError(
                f"inputs have different numbers of steps ({shown}"
                + (f"; asked for {steps}" if steps is not None else "")
                + ")\n  Give every input the same number of steps."
            )
        if not lengths and steps is None:
            raise EvaluationError(
                "the number of steps is open, as there is no input\n  Give steps."
            )
        length = next(iter(lengths.values())) if lengths else int(steps or 0)
        return length, max(batches.values(), key=len, default=())

    def run(self) -> Evaluation:
        for node in self.nodes:
            if node.level == "static":
                self.static[node.number] = self._compute(node, None)
        for phase in find_phases(self.graph):
            order = range(self.steps)
            if phase.direction == "backward":
                order = range(self.steps - 1, -1, -1)
            for node in phase.nodes:
                shape = tuple(dim.size or 0 for dim in node.shape)
                self.series[node.number] = np.full((self.steps, *self.batch, *shape), np.nan)
            # Without a loop a node may read any step of another one: all its steps come first.
            groups = [phase.nodes] if phase.direction else [(node,) for node in phase.nodes]
            for nodes in groups:
                for t in order:
                    for node in nodes:
                        self.series[node.number][t] = self._step_value(node, t)
        for node in self.nodes:
            if node.level == "total":
                self.static[node.number] = self._compute(node, None)
        return self._result()

    def _step_value(self, node: Node, t: int) -> Array:
        value = self._read(node, t) if node.op == "read" else self._compute(node, t)
        rank = len(node.shape)
        if value.ndim < rank + len(self.batch):
            return value.reshape((1,) * (rank + len(self.batch) - value.ndim) + value.shape)
        return value

    def _compute(self, node: Node, t: int | None) -> Array:
        if node.op == "number":
            return np.asarray(node.value)
        if node.op == "steps":
            return np.asarray(float(self.steps))
        if node.op == "parameter":
            return self.given[node.key]
        value = self._operate(node, t)
        if self.observe is None:
            return value
        return self.observe(node, None if t is None else t + 1, value)

    def _operate(self, node: Node, t: int | None) -> Array:
        if node.op == "over_time":
            if node.key not in ("sum", "prod") and not self.steps:
                raise EvaluationError(
                    f"the {node.key} over time of no steps is not defined\n"
                    "  Give at least one step."
                )
            with np.errstate(all="ignore"):
                reduce = OVER_TIME[node.key]
                return np.asarray(reduce(self.series[node.args[0].number], axis=0))
        args = [
            self.static[arg.number] if arg.number in self.static else self.series[arg.number][t]
            for arg in node.args
        ]
        with np.errstate(all="ignore"):
            return np.asarray(compute(node.op, args, tuple(arg.shape for arg in node.args)))

    def _read(self, node: Node, t: int) -> Array:
        """Returns a name at another step: a computed value, a start, or zeros outside."""
        at = t - node.lag
        defined = self.graph.definitions.get(node.key)
        if 0 <= at < self.steps:
            if defined is not None and defined.level == "static":
                return self.static[defined.number]
            whole = self.given[node.key] if defined is None else self.series[defined.number]
            value: Array = whole[at]
            return value
        return self._outside(node, at + 1)

    def _outside(self, node: Node, step: int) -> Array:
        key = node.key
        if (key, step) in self.starts:
            return self.starts[key, step]
        shape = tuple(dim.size or 0 for dim in node.shape)
        given = self.given.get(step_key(key, step))
        if given is not None:
            if given.shape not in (shape, self.batch + shape):
                raise _wrong_shape(step_key(key, step), given.shape, shape)
            value = given
        elif (key, step) in self.graph.starts:
            start = self.static[self.graph.starts[key, step].number]
            value = np.broadcast_to(start, shape)
        else:
            value = np.zeros(shape)
        if key in self.graph.definitions:
            self.starts[key, step] = value
        return value

    def _result(self) -> Evaluation:
        sequences: dict[str, Array] = {key: self.given[key] for key in self.graph.inputs}
        for key, node in self.graph.definitions.items():
            if node.level == "static":
                value = self.static[node.number]
                sequences[key] = np.broadcast_to(value, (self.steps, *value.shape)).copy()
            else:
                sequences[key] = self.series[node.number]
        values = {key: self.given[key] for key in self.graph.parameters}
        for group in (self.graph.derived, self.graph.totals):
            values.update({key: self.static[node.number] for key, node in group.items()})
        totals = {n.number: self.static[n.number] for n in self.nodes if n.level == "total"}
        return Evaluation(self.steps, sequences, values, self.starts, self.series | totals)


def _wrong_shape(key: str, found: tuple[int, ...], wanted: tuple[object, ...]) -> EvaluationError:
    return EvaluationError(
        f"the value of {key} has the wrong shape\n"
        f"  found: {list(found)}   wanted: [{', '.join(str(size) for size in wanted)}]\n"
        f"  Give {key} in the wanted shape."
    )
