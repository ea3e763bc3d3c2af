"""What a person asks for: the gradient of what, with respect to what, in which variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from elman.autodiff import Adjoint, differentiate
from elman.errors import DifferentiationError
from elman.ir import Recurrence, StepGraph
from elman.paper.gradient.names import CotangentNames, python_name
from elman.paper.gradient.values import Place
from elman.paper.naming import canonical_sizes, find_name
from elman.paper.unroll import check_steps


@dataclass(frozen=True)
class Query:
    """A question that has an answer.

    Attributes:
        graph: The typed graph.
        adjoint: Its adjoint for what was asked.
        steps: T.
        source: The (name, step) that is differentiated, the step None for a total.
        target: The (name, step) it is differentiated with respect to.
        targets: The same, with the parameters that share its value.
        places: Values of the adjoint that sum to the gradient.
        given: (output, step) -> cotangent given from outside.
        allowed: The variables in which to write, None for all.
    """

    graph: StepGraph
    adjoint: Adjoint
    steps: int
    source: Place
    target: Place
    targets: tuple[Place, ...]
    places: tuple[Place, ...]
    given: dict[tuple[str, int], float]
    allowed: frozenset[Place] | None

    @property
    def of(self) -> str:
        """What is differentiated, by name."""
        return python_name(*self.source)

    @property
    def wrt(self) -> str:
        """With respect to what, by name."""
        return python_name(*self.target)

    def fraction(self, names: CotangentNames) -> str:
        """Returns the gradient's symbol in LaTeX."""
        return (
            rf"\frac{{\partial {names.step(*self.source)}}}{{\partial {names.step(*self.target)}}}"
        )


def read_query(
    recurrence: Recurrence,
    of: str,
    wrt: str,
    steps: int,
    within: Sequence[str] | None,
    sizes: Mapping[str, int] | None,
) -> Query:
    """Finds what the names of a question mean; `derive` says what they may be."""
    check_steps(steps)
    graph = recurrence.typed(canonical_sizes(recurrence, sizes or {}))
    source = find_name(of, recurrence)
    target = find_name(wrt, recurrence)
    check_source(graph, source, steps)
    key, _ = target
    check_target(graph, target, steps)
    group = next((group for group in recurrence.shared if key in group), (key,))
    is_value = key in graph.definitions and target[1] is not None and 1 <= target[1] <= steps
    names = None if is_value else list(group)
    allowed = None if within is None else _read_variables(recurrence, within, steps)
    adjoint = differentiate(
        graph,
        total=source[0] if source[1] is None else None,
        outputs=None if source[1] is None else [source[0]],
        wrt=names,
        by="outputs" if allowed is None else "inputs",
    )
    return Query(
        graph=graph,
        adjoint=adjoint,
        steps=steps,
        source=source,
        target=target,
        targets=tuple((name, target[1]) for name in group),
        places=_places(adjoint, target, group, steps),
        given={} if source[1] is None else {(source[0], source[1]): 1.0},
        allowed=allowed,
    )


def check_source(graph: StepGraph, source: Place, steps: int) -> None:
    """Refuses what has no gradient.

    Raises:
        DifferentiationError: It is no scalar, or a sequence of which no step is named.
    """
    key, step = source
    totals = ", ".join(graph.totals) or "none"
    if key in graph.totals:
        return  # its shape is checked by `differentiate`
    if key not in graph.definitions:
        raise DifferentiationError(
            f"{python_name(*source)} is given, not computed, so it has no gradient\n"
            f"  computed: {', '.join([*graph.totals, *graph.definitions])}\n"
            "  Differentiate one of these."
        )
    if step is None:
        raise DifferentiationError(
            f"{key} is no scalar: it has a value at every step\n  totals: {totals}\n"
            f"  Name a step, such as {key}_{steps}, or add a total: L = \\sum_t {key}_t^2"
        )
    node = graph.definitions[key]
    if not node.is_one_number:
        sizes = ", ".join(str(dim) for dim in node.shape)
        raise DifferentiationError(
            f"{python_name(*source)} is no scalar, its shape is [{sizes}]\n"
            "  Only a scalar has a gradient; add up entries: L = \\sum_t sum(y_t^2)"
        )
    if not 1 <= step <= steps:
        raise DifferentiationError(
            f"{python_name(*source)} lies outside of the {steps} steps\n"
            f"  Name a step from 1 to {steps}, or give more steps."
        )


def check_target(graph: StepGraph, target: Place, steps: int) -> None:
    """Refuses what a gradient cannot be taken with respect to.

    Raises:
        DifferentiationError: It has a value at every step and no step is named, or is a total.
    """
    key, step = target
    if key in graph.totals:
        raise DifferentiationError(
            f"{key} is a total, which nothing else depends on\n"
            f"  parameters: {', '.join(graph.parameters)}\n  Name a parameter, an input or a state."
        )
    if step is None and key in (*graph.inputs, *graph.definitions):
        example = f"{key}_0" if key in graph.definitions else f"{key}_1"
        raise DifferentiationError(
            f"{key} has a value at every step\n  Name one of them, such as {example}."
        )
    if key in graph.inputs and step is not None and not 1 <= step <= steps:
        raise DifferentiationError(
            f"{python_name(*target)} lies outside of the {steps} steps\n"
            f"  Name a step from 1 to {steps}, or give more steps."
        )


def _places(adjoint: Adjoint, target: Place, group: Sequence[str], steps: int) -> tuple[Place, ...]:
    key, step = target
    if step is None:
        return tuple((adjoint.gradients[k], None) for k in group if k in adjoint.gradients)
    if 1 <= step <= steps:
        return ((adjoint.cotangents[key], step),) if key in adjoint.cotangents else ()
    return tuple(adjoint.start_terms(key, step, steps))


def _read_variables(recurrence: Recurrence, words: Sequence[str], steps: int) -> frozenset[Place]:
    timed = {*recurrence.graph.inputs, *recurrence.graph.definitions}
    found: set[Place] = set()
    for word in words:
        key, step = find_name(word, recurrence)
        if key in timed and step is None:
            found |= {(key, t) for t in range(1, steps + 1)}
        else:
            found.add((key, step))
    return frozenset(found)
