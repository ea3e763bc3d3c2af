"""Why a gradient is what it is: what enters it and through what, and where it can vanish.

References: Bengio, Simard and Frasconi, 1994, doi:10.1109/72.279181; Pascanu, Mikolov and Bengio,
2013, arXiv:1211.5063.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elman.autodiff import differentiate
from elman.equations.syntax import Index
from elman.ir import Recurrence, StepGraph, evaluate
from elman.paper.gradient.bptt import equation_writer, paper_graph
from elman.paper.gradient.closed_form import derive
from elman.paper.gradient.closed_form_check import random_values
from elman.paper.gradient.names import python_name
from elman.paper.naming import canonical_sizes
from elman.paper.start.jacobians import Flow, find_loops, measure_flow
from elman.paper.unroll import UnrolledNode, unroll
from elman.paper.values.given import bind_values

_SHOWN = 12
_BAR = 32


@dataclass(frozen=True)
class Entry:
    """How one quantity enters a gradient.

    Attributes:
        name: The quantity, such as `x_1`.
        directly: Whether it stands in the gradient itself.
        through: The variables of the gradient that depend on it.
    """

    name: str
    directly: bool
    through: tuple[str, ...]

    def sentence(self) -> str:
        """Returns it as a sentence."""
        if not self.directly and not self.through:
            return f"{self.name} does not enter"
        shown = ", ".join(self.through[:_SHOWN]) + (", ..." if len(self.through) > _SHOWN else "")
        ways = ["directly"] if self.directly else []
        ways += [f"through {shown}"] if self.through else []
        return f"{self.name} enters {' and '.join(ways)}"


@dataclass(frozen=True)
class Explanation:
    """What enters a gradient, and the product of Jacobians that it goes through.

    Attributes:
        entries: Every input at every step, start value and parameter.
        jacobians: State and lag -> what the derivative passes on, as text.
        flows: How changes go from step to step at the values below.
        values: `given` or `random`.
    """

    entries: tuple[Entry, ...]
    jacobians: tuple[str, ...]
    flows: tuple[Flow, ...]
    values: str

    def to_dict(self) -> dict[str, object]:
        """Returns everything as JSON has it."""
        return {
            "enters": [
                {"name": e.name, "directly": e.directly, "through": list(e.through)}
                for e in self.entries
            ],
            "jacobians": list(self.jacobians),
            "values": self.values,
            "flows": [
                {
                    "states": list(flow.loop.states),
                    "steps": list(flow.steps),
                    "factors": list(flow.factors),
                    "products": list(flow.products),
                }
                for flow in self.flows
            ],
        }

    def text(self) -> str:
        """Returns everything as text, the norms as bars."""
        lines = ["What enters"]
        shown = _ends(list(self.entries), 2 * _SHOWN)
        lines += [f"  {e.sentence()}" if isinstance(e, Entry) else f"  {e}" for e in shown]
        if self.jacobians:
            lines += ["", "From step to step"]
            lines += [f"  {text}" for text in self.jacobians]
            lines.append(
                "  Over k steps k such factors are multiplied: below 1 the gradient vanishes, "
                "above 1 it explodes."
            )
        for flow in self.flows:
            lines += ["", *_bars(flow, self.values)]
        return "\n".join(lines)


def explain_gradient(
    recurrence: Recurrence,
    of: str,
    wrt: str,
    steps: int,
    *,
    within: Sequence[str] | None = None,
    sizes: Mapping[str, int] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Explanation:
    """Explains a gradient.

    >>> from elman.ir import parse
    >>> recurrence = parse("tau_t = w h_{t-1} + x_t; h_t = tanh(tau_t); L = sum_t h_t")
    >>> told = explain_gradient(recurrence, "L", "w", 2, within=["tau", "h", "h_0", "w"])
    >>> [entry.sentence() for entry in told.entries if entry.name == "x_2"]
    ['x_2 enters through tau_2']

    Args:
        recurrence: Any.
        of: As `derive` takes it, and so are `wrt`, `steps`, `within` and `sizes`.
        wrt: See `of`.
        steps: See `of`.
        within: See `of`.
        sizes: See `of`.
        values: Parameters, inputs and initial states for the norms; random ones without.

    Raises:
        DataError: A name is unknown.
        DifferentiationError: See `derive`.
        EvaluationError: Only some of the values are given.
    """
    form = derive(recurrence, of, wrt, steps, within=within, sizes=sizes)
    graph = recurrence.typed(canonical_sizes(recurrence, sizes or {}))
    length = steps
    if values:
        given = bind_values(recurrence, values)
        graph, numbers, length = given.graph, given.values, given.steps
    else:
        numbers = random_values(graph, steps)
    evaluation = evaluate(graph, numbers, length)
    flows = (measure_flow(graph, evaluation, loop) for loop in find_loops(recurrence, graph))
    return Explanation(
        entries=_entries(graph, steps, form.variables),
        jacobians=tuple(_jacobians(recurrence, sizes)),
        flows=tuple(flow for flow in flows if flow is not None),
        values="given" if values else "random",
    )


def _entries(graph: StepGraph, steps: int, variables: Sequence[str]) -> tuple[Entry, ...]:
    """Finds, for everything that the graph begins with, the variables that depend on it."""
    unrolled = unroll(graph, steps)
    named = {python_name(*place): node for place, node in unrolled.values.items()}
    begin = [node for node in unrolled if _begins(node) and node.names]
    places = {node.number: 1 << place for place, node in enumerate(begin)}
    below: dict[int, int] = {}
    for node in unrolled:
        bits = places.get(node.number, 0)
        for arg in node.args:
            bits |= below[arg.number]
        below[node.number] = bits
    entries = []
    for node in begin:
        bit, own = places[node.number], node.name
        through = [
            name
            for name in variables
            if name in named and name != own and below[named[name].number] & bit
        ]
        entries.append(Entry(own, own in variables, tuple(through)))
    order = {"input": 0, "start": 1, "parameter": 2}
    ranked = sorted(zip(begin, entries, strict=True), key=lambda pair: order[pair[0].op])
    return tuple(entry for _, entry in ranked)


def _begins(node: UnrolledNode) -> bool:
    return node.op in ("input", "parameter") or (node.op == "start" and not node.args)


def _jacobians(recurrence: Recurrence, sizes: Mapping[str, int] | None) -> list[str]:
    """Writes what one step passes on from the derivative of each state to earlier ones."""
    if not recurrence.states:
        return []
    graph, symbolic = paper_graph(recurrence, None, sizes)
    adjoint = differentiate(graph, outputs=recurrence.states, wrt=recurrence.states)
    written = []
    for (state, lag), key in adjoint.lagged.items():
        builder, write = equation_writer(recurrence, adjoint, symbolic)
        own = {adjoint.cotangents[name] for name in recurrence.states}
        builder.named = {n: name for n, name in builder.named.items() if name in own}
        node = builder.term(adjoint.graph.definitions[key], Index("t")).node
        earlier = f"{state}_{{t{-lag:+d}}}"
        written.append(f"the derivative by {earlier} receives {write(node)}")
    return written


def _bars(flow: Flow, values: str) -> list[str]:
    """Draws the norm of the product over the steps, on a logarithmic scale."""
    states = ", ".join(flow.loop.states)
    lines = [f"Norm of the product of Jacobians of {states}, at {values} values"]
    logs = [math.log10(max(product, 1e-300)) for product in flow.products]
    low, high = min([*logs, 0.0]), max([*logs, 0.0])
    span = max(high - low, 1e-12)
    rows = list(zip(flow.steps, flow.factors, flow.products, logs, strict=True))
    for row in _ends(rows, 2 * _SHOWN):
        if isinstance(row, str):
            lines.append(f"  {row}")
            continue
        step, factor, product, log = row
        bar = "#" * round(_BAR * (log - low) / span)
        lines.append(f"  t = {step:<5} factor {factor:9.3g}  product {product:9.3g}  {bar}")
    lines.append(f"  per step: {flow.per_step:.3g}")
    return lines


def _ends(rows: list[Any], limit: int) -> list[Any]:
    """Returns rows, the middle of a long list left out."""
    if len(rows) <= limit:
        return rows
    half = limit // 2
    return [*rows[:half], f"... {len(rows) - 2 * half} more", *rows[-half:]]
