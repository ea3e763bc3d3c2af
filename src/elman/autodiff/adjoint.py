"""The adjoint of a recurrence: backpropagation through time, as a recurrence of its own.

A cotangent at a step sums what the step itself contributes and what other steps contribute that
read the value at a lag: what is read at t-k in the forward graph is summed at t+k here. A loop
that runs forward has an adjoint that runs backward, and the other way round.

References: Werbos, 1990, "Backpropagation through time", doi:10.1109/5.58337.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from elman.autodiff.activity import choose_targets
from elman.autodiff.reverse import Note, Parts, build
from elman.errors import DifferentiationError
from elman.ir.graph import Node, StepGraph, print_graph


@dataclass(frozen=True)
class Adjoint:
    """A derivative as a typed step graph that evaluates, prints and compiles like any other.

    Its inputs are sequences of the forward graph under their own names, and the cotangents given
    from outside; its parameters those of the forward graph, and totals. A start value of the
    forward graph is given to it under the same name (`h_0`), as it reads the same lags.

    Attributes:
        graph: The adjoint.
        forward: What it is the adjoint of.
        residuals: Name in the adjoint -> the forward node whose values must be given: sequences
            and totals, without the user's inputs and parameters.
        given: Output -> the name of its cotangent, which is given from outside: [T, ...] for a
            sequence, one value for a total.
        cotangents: Defined name, input -> the name of its cotangent at every step.
        lagged: (state, lag) -> the sequence of what each step contributes to the state that it
            reads at that lag. The gradient of a value before the start is found in its first
            steps, see `start_terms`. Its value beyond the last step, if one is given, is the
            cotangent of a final state.
        gradients: Parameter or derived value -> the total (or derived value) that is its gradient.
        zero: Names that were asked for and that change nothing.
        notes: What some nodes are for a reader, by number.
        running: Sequences for reductions over time, such as the product of all steps so far.
        statics: Number of a node -> the forward node without time whose value it computes again.
        sources: Number of a forward node -> the node of the adjoint that is its cotangent.
    """

    graph: StepGraph
    forward: StepGraph
    residuals: dict[str, Node]
    given: dict[str, str]
    cotangents: dict[str, str]
    lagged: dict[tuple[str, int], str]
    gradients: dict[str, str]
    zero: tuple[str, ...] = field(default=())
    notes: dict[int, Note] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    statics: dict[int, Node] = field(default_factory=dict)
    sources: dict[int, Node] = field(default_factory=dict)

    def start_terms(self, state: str, step: int, steps: int) -> list[tuple[str, int]]:
        """Returns what sums to the gradient of a state at a step outside 1..T.

        Args:
            state: A name of the forward graph.
            step: 0, -1, ... before the start; T+1, ... after the end.
            steps: T.

        Returns:
            (sequence of the adjoint, step counted from 1) pairs.
        """
        return [
            (key, step + lag)
            for (name, lag), key in self.lagged.items()
            if name == state and 1 <= step + lag <= steps
        ]

    def __str__(self) -> str:
        return print_graph(self.graph)


def differentiate(
    graph: StepGraph,
    *,
    outputs: Sequence[str] | None = None,
    total: str | None = None,
    wrt: Sequence[str] | None = None,
    by: str = "outputs",
    through_starts: bool = True,
    recompute: Callable[[Node], bool] | None = None,
) -> Adjoint:
    """Returns the adjoint of a recurrence.

    >>> from elman.ir import parse
    >>> graph = parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t").typed()
    >>> print(differentiate(graph, total="L", wrt=["w"]))
    dh = add 1.0 dh_lag1[t+1]
    %1 = multiply h[t] h[t]
    %2 = subtract 1.0 %1
    dh_in = multiply %2 dh
    dh_lag1 = multiply dh_in w
    %5 = multiply dh_in h[t-1]
    dw = over_time.sum %5

    Args:
        graph: A typed step graph.
        outputs: Names over time, or totals, whose cotangents are given from outside.
        total: A scalar total, whose cotangent is 1: its gradient is wanted.
        wrt: Parameters, derived values, inputs, and states (for their values before the start).
            All of them by default, except derived values.
        by: `outputs` writes derivatives with results where it can (tanh' = 1 - h^2), `inputs`
            always with arguments.
        through_starts: Whether parameters receive what flows through the start values that the
            text gives (`h_0 = s`). False where starts are given from outside.
        recompute: Which forward nodes are computed again from their arguments instead of being
            residuals; none by default.

    Raises:
        DifferentiationError: A name is unknown, or the total is no scalar.
        ValueError: Neither or both of `outputs` and `total` are given, or `by` is neither word.
    """
    if (outputs is None) == (total is None):
        raise ValueError("give either outputs or a total to differentiate")
    if by not in ("inputs", "outputs"):
        raise ValueError(f"by is {by!r}; it must be 'inputs' or 'outputs'")
    if total is not None:
        _check_total(graph, total)
    for key in outputs or ():
        if key not in graph.definitions and key not in graph.totals:
            raise DifferentiationError(
                f"there is no output {key}\n"
                f"  defined: {', '.join([*graph.definitions, *graph.totals])}\n"
                "  Name some of these."
            )
    parts = build(
        graph,
        outputs=tuple(outputs or ()),
        total=total,
        targets=choose_targets(graph, wrt),
        by_outputs=by == "outputs",
        through_starts=through_starts,
        recompute=recompute or (lambda node: False),
    )
    return _assemble(graph, parts, wrt)


def _check_total(graph: StepGraph, total: str) -> None:
    if total not in graph.totals:
        known = ", ".join(graph.totals) or "none"
        remedy = "Add a line such as L = \\sum_t y_t^2"
        if total in graph.definitions:
            remedy += f"; {total} has a value at every step"
        raise DifferentiationError(
            f"{total} is not a total, and only a total has a gradient\n  totals: {known}\n"
            f"  {remedy}."
        )
    node = graph.totals[total]
    if not node.is_one_number:
        sizes = ", ".join(str(dim) for dim in node.shape)
        raise DifferentiationError(
            f"{total} is no scalar, its shape is [{sizes}]\n"
            "  Only a scalar has a gradient; add up its entries: L = \\sum_t sum(y_t^2)"
        )


def _assemble(graph: StepGraph, parts: Parts, wrt: Sequence[str] | None) -> Adjoint:
    reached = {*parts.gradients, *(k for k in parts.cotangents if k in graph.inputs)}
    reached |= {key for key, _ in parts.lagged}
    asked = wrt if wrt is not None else (*graph.parameters, *graph.inputs)
    return Adjoint(
        graph=parts.graph,
        forward=graph,
        residuals=parts.residuals,
        given=parts.given,
        cotangents=parts.cotangents,
        lagged=parts.lagged,
        gradients=parts.gradients,
        zero=tuple(key for key in asked if key not in reached),
        notes=parts.notes,
        running=parts.running,
        statics=parts.statics,
        sources=parts.sources,
    )
