"""Judges starts of parameters: what saturates, what the gradient does, which start is better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from elman.autodiff import differentiate, gradients
from elman.ir import Evaluation, Recurrence, StepGraph, evaluate
from elman.paper.start.jacobians import Flow, find_loops, measure_flow
from elman.paper.start.saturation import Saturation, measure_saturation
from elman.paper.values.given import Given, bind_values

Array: TypeAlias = NDArray[np.float64]

VANISHED = 1e-2
EXPLODED = 1e2
_SMALLEST = 1e-300  # stands for zero where a logarithm is taken


@dataclass(frozen=True)
class Assessment:
    """What a start does to the values and gradients of a recurrence.

    Attributes:
        label: How the verdict calls it: `(1) a=20,b=1`.
        evaluation: Every value.
        saturation: Every nonlinearity at every step.
        flows: Per loop, how changes of its states go on.
        total: The total whose gradient was taken, None where there is none.
        gradients: Parameter -> its gradient of that total.
    """

    label: str
    evaluation: Evaluation
    saturation: tuple[Saturation, ...]
    flows: tuple[Flow, ...]
    total: str | None
    gradients: dict[str, Array]

    @property
    def saturated(self) -> float:
        """The share of all nonlinearities, over entries and steps, that are saturated."""
        return _mean([row.saturated for row in self.saturation], 0.0)

    @property
    def slope(self) -> float:
        """The mean slope of all nonlinearities, as a share of the steepest."""
        return _mean([row.slope for row in self.saturation], 1.0)

    @property
    def badness(self) -> float:
        """How far the gradient is from keeping its size: |log| of the worst factor per step."""
        factors = [max(flow.per_step, _SMALLEST) for flow in self.flows]
        worst = max((abs(math.log(factor)) for factor in factors), default=0.0)
        return worst + self.saturated


def assess_start(
    recurrence: Recurrence,
    values: Mapping[str, Any],
    *,
    label: str = "",
    steps: int | None = None,
    total: str | None = None,
) -> Assessment:
    r"""Measures what a start does.

    >>> from elman.ir import parse
    >>> recurrence = parse(r"h_t = \tanh(ax_t + bh_{t-1} + c); L = \sum_t h_t^2")
    >>> found = assess_start(recurrence, {"a": 20, "b": 1, "c": 1, "x": [0.5, -1]})
    >>> found.saturated, found.flows[0].product < 1e-20
    (1.0, True)

    Args:
        recurrence: Any.
        values: As `bind_values` takes them.
        label: How the verdict calls it.
        steps: T. Needed only where there is no input.
        total: Whose gradient is taken; the last scalar one by default.

    Raises:
        DataError: A name is unknown.
        DifferentiationError: `total` is no scalar total.
        EvaluationError: Values are missing or do not fit.
        ShapeError: Shapes do not fit.
    """
    given = bind_values(recurrence, values, steps)
    evaluation = evaluate(given.graph, given.values, given.steps)
    # Matrices this small are slower with several threads, and much slower on a busy machine.
    with threadpool_limits(limits=1, user_api="blas"):
        loops = find_loops(recurrence, given.graph)
        flows = [measure_flow(given.graph, evaluation, loop) for loop in loops]
    chosen = total or choose_total(given.graph)
    return Assessment(
        label=label,
        evaluation=evaluation,
        saturation=tuple(measure_saturation(recurrence, given.graph, evaluation)),
        flows=tuple(flow for flow in flows if flow is not None),
        total=chosen,
        gradients=total_gradients(recurrence, given, chosen) if chosen else {},
    )


def choose_total(graph: StepGraph) -> str | None:
    """Returns the last total that is a scalar."""
    scalars = [key for key, node in graph.totals.items() if node.is_one_number]
    return scalars[-1] if scalars else None


def total_gradients(recurrence: Recurrence, given: Given, total: str) -> dict[str, Array]:
    """Returns the gradient of a total by every parameter."""
    adjoint = differentiate(given.graph, total=total, wrt=recurrence.parameters)
    found = gradients(adjoint, given.values, steps=given.steps)
    return {key: found[key] for key in recurrence.parameters}


def norm(gradient: Array) -> float:
    """Returns the length of a gradient, whatever its shape."""
    return float(np.sqrt(np.sum(np.square(gradient))))


def _mean(values: Sequence[float], default: float) -> float:
    return float(np.mean(values)) if values else default


# -- verdicts ------------------------------------------------------------------------------------


def give_verdict(assessments: Sequence[Assessment]) -> str:
    """Returns one to three sentences that judge one start, or choose among several.

    Args:
        assessments: One for each start.
    """
    if len(assessments) == 1:
        return f"{_judge(assessments[0])}."
    ranked = sorted(assessments, key=lambda found: found.badness)
    best, others = ranked[0], ranked[1:]
    if math.isclose(best.badness, others[-1].badness, rel_tol=0.02, abs_tol=1e-6):
        return f"The starts hardly differ. {_judge(best)}."
    sentences = [f"Choose {best.label}: {_judge(best, named=False)}."]
    sentences += [f"Not {other.label}: {_judge(other, named=False)}." for other in others]
    return " ".join(sentences)


def _judge(found: Assessment, named: bool = True) -> str:
    parts = [part for part in (_about_slopes(found), *map(_about_flow, found.flows)) if part]
    parts.append(_about_gradient(found))
    text = "; ".join(part for part in parts if part)
    if not text:
        return "There is nothing to judge: no nonlinearity and no state"
    prefix = f"{found.label}: " if named and found.label else ""
    return prefix + (text if prefix or not named else text[0].upper() + text[1:])


def _about_slopes(found: Assessment) -> str:
    if not found.saturation:
        return ""
    named = list(dict.fromkeys(row.function for row in found.saturation))
    functions = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    if len(named) > 1:
        be, it, reach_word, keep, its = "are", "they", "reach", "keep", "their"
    else:
        be, it, reach_word, keep, its = "is", "it", "reaches", "keeps", "its"
    slope = f"{_share(found.slope)} of {its} steepest slope"
    if found.saturated >= 0.5:
        reach = max(row.reach for row in found.saturation)
        where = "at every step" if found.saturated == 1.0 else f"in {found.saturated:.0%} of places"
        return (
            f"{functions} {be} saturated {where} ({it} {reach_word} {reach:.2f}, "
            f"where {it} {keep} {slope})"
        )
    return f"{functions} {keep} {slope}"


def _share(slope: float) -> str:
    return f"{slope:.0%}" if slope >= 0.005 else f"{slope:.1e}"


def _about_flow(flow: Flow) -> str:
    first, last = flow.steps[0], flow.steps[-1]
    before = first - 1 if flow.loop.direction == "forward" else first + 1
    shown = f"{derivative(flow.loop.states, last, before)} = {flow.product:.2g}"
    if flow.product < VANISHED:
        return f"{shown}, so the gradient vanishes on its way through time"
    if flow.product > EXPLODED:
        return f"{shown}, so the gradient explodes on its way through time; clip it"
    return f"{shown}, so the gradient passes through all {len(flow.steps)} steps"


def _about_gradient(found: Assessment) -> str:
    if found.total is None or not found.gradients:
        return ""
    sizes = {key: norm(gradient) for key, gradient in found.gradients.items()}
    largest = max(sizes, key=lambda key: sizes[key])
    shown = f"|d{found.total}/d{largest}| = {sizes[largest]:.2g}"
    return f"the largest gradient of {found.total} is {shown}"


def derivative(states: Sequence[str], step: int, by: int) -> str:
    """Writes the norm of a derivative between steps: `|dh_2/dh_1|`."""
    if len(states) == 1:
        return f"|d{states[0]}_{step}/d{states[0]}_{by}|"
    group = f"({','.join(states)})"
    return f"|d{group}_{step}/d{group}_{by}|"
