"""The backward pass over the drawing of the forward pass: lines back, a derivative in each box."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from elman.autodiff import Adjoint, differentiate
from elman.autodiff.terms import Term
from elman.autodiff.vjp import passes_on
from elman.errors import DataError
from elman.ir import Node, Recurrence, StepGraph
from elman.paper.drawing.items import find_items
from elman.paper.drawing.picture import Drawing, Place, draw
from elman.paper.gradient.dialects import LATEX, Writer
from elman.paper.gradient.names import CotangentNames
from elman.paper.gradient.query import check_source
from elman.paper.gradient.unrolled import UnrolledAdjoint, unroll_adjoint
from elman.paper.naming import find_name
from elman.paper.unroll import check_steps

_SHORT = 50
_LONGEST = 90  # characters of LaTeX; a longer derivative is shown by its name alone


def draw_backward(
    recurrence: Recurrence,
    of: str | None = None,
    steps: int = 2,
    *,
    wrt: Sequence[str] | None = None,
    sizes: Mapping[str, int] | None = None,
    copies: bool = False,
    stored: Collection[Place] = (),
) -> Drawing:
    r"""Draws a recurrence with the backward pass over it.

    Beside each line along which a derivative flows, a second one runs back; where a line forks,
    those that come back are added. Each box carries the derivative of a total with respect to its
    value, as it follows from the boxes that it leads to:
    `\delta \tau_2 = (1 - h_2^2) \delta h_2`.

    >>> from elman.ir import parse
    >>> draw_backward(parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t"), "L").svg()[:4]
    '<svg'

    Args:
        recurrence: Any.
        of: A scalar total; the only one by default.
        steps: T.
        wrt: What it is differentiated with respect to; everything by default.
        sizes: Sizes by name.
        copies: Whether parameters are repeated at every step.
        stored: What is marked as kept for the backward pass.

    Raises:
        DataError: There is no total, or a name is unknown.
        DifferentiationError: `of` is no scalar total.
    """
    check_steps(steps)
    graph = recurrence.typed(sizes) if sizes else recurrence.scalar_graph
    total = _total(recurrence, graph, of)
    names = None if wrt is None else [find_name(name, recurrence)[0] for name in wrt]
    adjoint = differentiate(graph, total=total, wrt=names)
    labels = BackwardLabels(adjoint, total, unroll_adjoint(adjoint, steps), steps)
    drawing = draw(recurrence, steps, sizes=sizes, copies=copies, stored=stored)
    return replace(
        drawing,
        title=f"{drawing.title}, with the derivatives of {total}",
        content=replace(drawing.content, value=labels.label, runs_back=labels.runs_back),
    )


def _total(recurrence: Recurrence, graph: StepGraph, of: str | None) -> str:
    if of is None:
        if len(recurrence.totals) != 1:
            raise DataError(
                "what to differentiate is open\n"
                f"  totals: {', '.join(recurrence.totals) or 'none'}\n"
                "  Name one of them, or add a line such as L = \\sum_t y_t^2"
            )
        return recurrence.totals[0]
    key, step = find_name(of, recurrence)
    if key not in graph.totals:
        check_source(graph, (key, step), step or 1)
        raise DataError(f"{of} is no total\n  Add a line such as L = \\sum_t {key}_t")
    return key


class BackwardLabels:
    """Writes the derivatives that stand at the boxes.

    Args:
        adjoint: Of a total.
        total: Its name.
        unrolled: The adjoint over T steps.
        steps: T.
    """

    def __init__(self, adjoint: Adjoint, total: str, unrolled: UnrolledAdjoint, steps: int) -> None:
        self.adjoint = adjoint
        self.total = total
        self.unrolled = unrolled
        self.steps = steps
        self.names = CotangentNames(adjoint)
        self.items = find_items(adjoint.forward)
        self.known: dict[tuple[str, int | None], Term | None] = {}
        named: dict[int, str] = {}
        hidden = {*adjoint.lagged.values(), *adjoint.running}
        for (key, step), term in unrolled.values.items():
            if term is not None and step is not None and key not in hidden and term.node.args:
                named.setdefault(term.node.number, self.names.step(key, step))
        symbols = unrolled.forward.symbols
        self.writer = Writer(LATEX, lambda node: self.names.step(*symbols[node.key]), named=named)

    def label(self, key: str, step: int | None) -> str:
        """Returns the derivative at a box in LaTeX, empty where there is none."""
        kind, _, rest = key.partition(":")
        term = self.derivative(key, step)
        if term is None:
            return ""
        if kind == "static":
            return self._static(int(rest), term)
        assert step is not None, "internal: a box of a step without a step"
        if not 1 <= step <= self.steps:
            return self._named(self._lagged_name(key), step, term)
        names = self.items.names.get(key) or ((rest,) if kind != "op" else ())
        return self._named(names[0], step, term) if names else self._name_or_text(term)

    def derivative(self, key: str, step: int | None) -> Term | None:
        """Returns the derivative at a box, None where it is 0."""
        if (key, step) not in self.known:
            self.known[key, step] = self._derivative(key, step)
        return self.known[key, step]

    def _derivative(self, key: str, step: int | None) -> Term | None:
        kind, _, rest = key.partition(":")
        sources = self.adjoint.sources
        if kind == "static":
            source = sources.get(int(rest))
            return None if source is None else self.unrolled.at.get((source.number, None))
        assert step is not None, "internal: a box of a step without a step"
        if not 1 <= step <= self.steps:
            return self._start(self._lagged_name(key), step)
        if kind == "op":
            source = sources.get(int(rest))
            return None if source is None else self._term(source, step)
        term = self.unrolled.values.get((self.adjoint.cotangents.get(rest, ""), step))
        node = self.adjoint.forward.definitions.get(rest)
        if term is None and node is not None and node.number in sources:
            term = self._term(sources[node.number], step)
        return term

    def _lagged_name(self, key: str) -> str:
        kind, _, rest = key.partition(":")
        return self.items.lagged.get(key, rest if kind != "op" else "")

    def runs_back(self, source: str, step: int | None, sink: str, at: int | None) -> bool:
        """Says whether a part of a derivative runs back from one box to another.

        Args:
            source: The key of the box where it goes; empty for any.
            step: The step of that box.
            sink: The key of the box from which it comes; empty for any.
            at: The step of that box.
        """
        if source and self.derivative(source, step) is None:
            return False
        return not sink or (self.derivative(sink, at) is not None and self._passes(sink, source))

    def _passes(self, sink: str, source: str) -> bool:
        """Says whether an operation passes anything on to the operands that come from a box."""
        item = self.items.items.get(sink)
        if not sink.startswith("op:") or item is None or item.node is None:
            return True
        return any(
            passes_on(item.node.op, position)
            for position, operand in enumerate(item.operands)
            if not source
            or operand.item == source
            or (operand.static is not None and source == f"static:{operand.static.number}")
        )

    def _named(self, name: str, step: int, term: Term) -> str:
        """Writes the equation of the derivative of a named value."""
        symbol = rf"\delta {self.names.step(name, step)}"
        body = self.writer.definition(term.node) if term.node.args else self._name_or_text(term)
        alias = self.writer.named.get(term.node.number, symbol)
        body = alias if alias != symbol else body
        return symbol if len(body) > _LONGEST else f"{symbol} = {body}"

    def _name_or_text(self, term: Term) -> str:
        text = self.writer.write(term.node)
        return text if len(text) <= _LONGEST else r"\ldots"

    def _term(self, node: Node, step: int) -> Term | None:
        at = self.unrolled.at
        return at.get((node.number, step), at.get((node.number, None)))

    def _static(self, number: int, term: Term) -> str:
        node = next(n for n in self.adjoint.forward.nodes if n.number == number)
        key = node.key if node.op == "parameter" else self.names_of(number)
        if not key:
            return ""
        text = self._name_or_text(term)
        symbol = rf"\delta {self.names.step(key, None)}"
        return symbol if len(text) > _SHORT else f"{symbol} = {text}"

    def names_of(self, number: int) -> str:
        """Returns the first name of a forward node, empty without one."""
        return next(iter(self.adjoint.forward.names_of().get(number, [])), "")

    def _start(self, state: str, step: int) -> Term | None:
        result: Term | None = None
        for key, at in self.adjoint.start_terms(state, step, self.steps):
            term = self.unrolled.values.get((key, at))
            if term is not None:
                result = term if result is None else result + term
        return result
