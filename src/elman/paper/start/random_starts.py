"""What a random start does, over many draws: saturation, and how far gradients reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from elman.autodiff import Adjoint, differentiate, gradients
from elman.errors import EvaluationError
from elman.ir import Recurrence, StepGraph, evaluate
from elman.paper.naming import canonical_sizes
from elman.paper.start.jacobians import Loop, find_loops
from elman.paper.start.judge import EXPLODED, VANISHED, choose_total, norm
from elman.paper.start.saturation import measure_saturation
from elman.paper.start.schemes import Init, draw_parameters

Array: TypeAlias = NDArray[np.float64]

DRAWS = 100
STEPS = 30


@dataclass(frozen=True)
class Spread:
    """A measure over all draws: its median and the range of the middle 90 per cent."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class RandomStart:
    """What a scheme does, over all draws.

    Attributes:
        scheme: Its name.
        draws: How many.
        steps: T.
        saturated: Share of nonlinearities that are saturated.
        slope: Mean slope of the nonlinearities, as a share of the steepest.
        flows: (states, direction) -> by how much a random direction of the gradient has grown
            when it has come from one end of the sequence to the other.
        total: The total whose gradients were taken, None where there is none.
        gradients: Parameter -> the length of its gradient.
    """

    scheme: str
    draws: int
    steps: int
    saturated: Spread
    slope: Spread
    flows: dict[tuple[tuple[str, ...], str], Spread]
    total: str | None
    gradients: dict[str, Spread]


def assess_random_start(
    recurrence: Recurrence,
    sizes: Mapping[str, int],
    init: Init,
    *,
    label: str,
    inputs: Mapping[str, Any] | None = None,
    steps: int = STEPS,
    draws: int = DRAWS,
    seed: int = 0,
) -> RandomStart:
    """Draws a start many times and measures each.

    Inputs that are not given are drawn anew each time, normal with standard deviation 1.

    Args:
        recurrence: Any.
        sizes: Sizes of its vectors.
        init: A scheme, or schemes by parameter, as `draw_parameters` takes them.
        label: How it is called.
        inputs: Inputs [T, ...] that are the same in every draw.
        steps: T, for inputs that are drawn.
        draws: How many.
        seed: Of the random numbers.

    Raises:
        EvaluationError: The given inputs do not fit.
        ShapeError: A size stays open.
        ValueError: A scheme is unknown.
    """
    sizes = canonical_sizes(recurrence, sizes)
    graph = recurrence.typed(sizes)
    given = {key: np.asarray(value, dtype=np.float64) for key, value in (inputs or {}).items()}
    lengths = {len(value) for value in given.values() if value.ndim}
    if len(lengths) > 1:
        raise EvaluationError("the inputs differ in length\n  Give each as many steps.")
    steps = lengths.pop() if lengths else steps
    probe = _Probe(recurrence, graph)
    shapes = {k: [d.size or 0 for d in s] for k, s in recurrence.shapes(sizes).items()}
    rows = []
    # Matrices this small are slower with several threads, and much slower on a busy machine.
    with threadpool_limits(limits=1, user_api="blas"):
        for draw in range(draws):
            rng = np.random.default_rng([seed, draw])
            values: dict[str, Array] = dict(draw_parameters(recurrence, sizes, init, rng))
            for key in recurrence.inputs:
                values[key] = given.get(key, rng.normal(size=(steps, *shapes[key])))
            rows.append(probe.measure(values, steps, rng))
    return RandomStart(
        scheme=label,
        draws=draws,
        steps=steps,
        saturated=_spread([row.saturated for row in rows]),
        slope=_spread([row.slope for row in rows]),
        flows={
            (loop.states, loop.direction): _spread([row.reach[i] for row in rows])
            for i, loop in enumerate(probe.loops)
        },
        total=probe.total,
        gradients={
            key: _spread([row.gradients[key] for row in rows])
            for key in (recurrence.parameters if probe.total else ())
        },
    )


@dataclass(frozen=True)
class _Row:
    saturated: float
    slope: float
    reach: list[float]
    gradients: dict[str, float]


class _Probe:
    """The adjoints of a recurrence, built once for all draws."""

    def __init__(self, recurrence: Recurrence, graph: StepGraph) -> None:
        self.recurrence = recurrence
        self.graph = graph
        self.loops = find_loops(recurrence, graph)
        self.total = choose_total(graph)
        self._through: list[Adjoint] = [
            differentiate(graph, outputs=loop.states, wrt=loop.states) for loop in self.loops
        ]
        self._of_total = (
            differentiate(graph, total=self.total, wrt=recurrence.parameters)
            if self.total
            else None
        )

    def measure(self, values: dict[str, Array], steps: int, rng: np.random.Generator) -> _Row:
        """Measures one draw."""
        evaluation = evaluate(self.graph, values, steps)
        saturation = measure_saturation(self.recurrence, self.graph, evaluation)
        reach = [
            self._reach(adjoint, loop, values, steps, rng)
            for adjoint, loop in zip(self._through, self.loops, strict=True)
        ]
        found = {} if self._of_total is None else gradients(self._of_total, values, steps=steps)
        return _Row(
            saturated=float(np.mean([row.saturated for row in saturation] or [0.0])),
            slope=float(np.mean([row.slope for row in saturation] or [1.0])),
            reach=reach,
            gradients={key: norm(found[key]) for key in self.recurrence.parameters if key in found},
        )

    def _reach(
        self,
        adjoint: Adjoint,
        loop: Loop,
        values: dict[str, Array],
        steps: int,
        rng: np.random.Generator,
    ) -> float:
        """Sends a random cotangent of length 1 through all steps; returns its length there."""
        last = steps - 1 if loop.direction == "forward" else 0
        given = {}
        for state in loop.states:
            shape = tuple(dim.size or 0 for dim in self.graph.definitions[state].shape)
            given[state] = np.zeros((steps, *shape))
            given[state][last] = rng.normal(size=shape)
        length = np.sqrt(sum(norm(cotangent) ** 2 for cotangent in given.values()))
        found = gradients(adjoint, values, given, steps)
        starts = [value for key, value in found.items() if key.rpartition("_")[0] in loop.states]
        return float(np.sqrt(sum(norm(value) ** 2 for value in starts)) / length)


def _spread(values: list[float]) -> Spread:
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    return Spread(float(low), float(median), float(high))


def judge_random_starts(found: list[RandomStart]) -> str:
    """Returns a verdict in words: whether the gradient passes, per scheme, and which is best.

    Args:
        found: One for each scheme.
    """
    sentences = [_judge(start) for start in found]
    if len(found) > 1:
        best = min(found, key=_badness)
        sentences.insert(0, f"Choose {best.scheme}.")
    return " ".join(sentences)


def _badness(start: RandomStart) -> float:
    logs = [abs(np.log(max(flow.median, 1e-300))) / start.steps for flow in start.flows.values()]
    return float(max(logs, default=0.0)) + start.saturated.median


def _judge(start: RandomStart) -> str:
    parts = []
    for (states, _), flow in start.flows.items():
        name = " and ".join(states)
        if flow.median < VANISHED:
            fate = "vanishes"
        elif flow.median > EXPLODED:
            fate = "explodes"
        else:
            fate = "passes"
        parts.append(
            f"over {start.steps} steps the gradient through {name} {fate}, its length times "
            f"{flow.median:.2g} (90 % of draws: {flow.low:.2g} to {flow.high:.2g})"
        )
    parts.append(f"{start.saturated.median:.0%} of the nonlinearities are saturated")
    return f"{start.scheme}: {'; '.join(parts)}."
