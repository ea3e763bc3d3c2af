r"""The equations of backpropagation through time, for all steps and in matrix form.

References: Werbos, 1990, "Backpropagation through time", doi:10.1109/5.58337.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from elman.autodiff import Adjoint, differentiate
from elman.autodiff.activity import lagged_names
from elman.autodiff.reverse import Note
from elman.equations.names import write_index
from elman.equations.syntax import Index
from elman.errors import RecurrenceError
from elman.ir import Recurrence, StepGraph
from elman.ir.graph import Node
from elman.paper.gradient.bptt_equations import Equation, EquationBuilder, Symbol
from elman.paper.gradient.dialects import LATEX, PLAIN, TERM, Writer
from elman.paper.gradient.names import CotangentNames
from elman.paper.gradient.query import check_source
from elman.paper.naming import canonical_sizes, find_name

# Stand-ins for sizes that nobody gave: no two alike, so that nothing fits by chance.
_PRIMES = (1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049, 1051, 1061, 1063, 1069)


@dataclass(frozen=True)
class Line:
    """One equation, written.

    Attributes:
        plain: In plain text, as `dtau_t = (1 - h_t * h_t) * dh_t`.
        latex: In LaTeX.
    """

    plain: str
    latex: str


@dataclass(frozen=True)
class Bptt:
    """Backpropagation through time, as equations.

    Attributes:
        of: What is differentiated; L where any loss of the outputs is meant.
        steps: The cotangents at a step, in an order of computation, then those of the inputs.
        parameters: The gradients of the parameters.
        starts: The gradients of the values before the first or after the last step.
        notes: What the names mean, and how the sequences begin.
    """

    of: str
    steps: tuple[Line, ...]
    parameters: tuple[Line, ...]
    starts: tuple[Line, ...]
    notes: tuple[str, ...]
    adjoint: Adjoint

    @property
    def lines(self) -> tuple[Line, ...]:
        """All equations."""
        return self.steps + self.parameters + self.starts

    def latex(self) -> str:
        """Returns all equations as one aligned block."""
        lines = [line.latex.replace(" = ", " &= ", 1) for line in self.lines]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def text(self) -> str:
        """Returns all equations as text, with what the names mean."""
        parts = ["At every step"]
        parts += [f"  {line.plain}" for line in self.steps]
        if self.parameters:
            parts += ["", "Parameters", *(f"  {line.plain}" for line in self.parameters)]
        if self.starts:
            parts += ["", "Initial values", *(f"  {line.plain}" for line in self.starts)]
        return "\n".join([*parts, "", *self.notes])

    def to_dict(self) -> dict[str, object]:
        """Returns everything as JSON has it."""
        return {
            "of": self.of,
            "equations": [{"plain": line.plain, "latex": line.latex} for line in self.lines],
            "plain": "\n".join(line.plain for line in self.lines),
            "latex": self.latex(),
            "notes": list(self.notes),
        }


def derive_bptt(
    recurrence: Recurrence,
    of: str | None = None,
    *,
    wrt: Sequence[str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Bptt:
    r"""Derives the equations of backpropagation through time.

    >>> from elman.ir import parse
    >>> bptt = derive_bptt(parse(r"\tau_t = W h_{t-1} + U x_t; h_t = \tanh(\tau_t); y_t = V h_t"))
    >>> for line in bptt.lines:
    ...     print(line.plain)
    dh_t = V^T dy_t + W^T dtau_{t+1}
    dtau_t = (1 - h_t * h_t) * dh_t
    dx_t = U^T dtau_t
    dW = sum_t dtau_t h_{t-1}^T
    dU = sum_t dtau_t x_t^T
    dV = sum_t dy_t h_t^T
    dh_0 = W^T dtau_1

    Args:
        recurrence: Any.
        of: A scalar total. Without it (or as `L` where the text defines none), any loss of the
            outputs, whose derivatives with respect to them are given.
        wrt: Parameters, inputs and states to derive gradients for; all by default.
        sizes: Sizes of vectors by name. Without them every input is taken for a vector, if the
            equations allow it.

    Raises:
        DataError: A name is unknown.
        DifferentiationError: `of` is no scalar.
    """
    if of == "L" and "L" not in recurrence.totals:
        of = None
    total = None if of is None else _total(recurrence, of)
    graph, symbolic = paper_graph(recurrence, total, sizes)
    names = None if wrt is None else [find_name(name, recurrence)[0] for name in wrt]
    outputs = list(recurrence.outputs) if total is None else None
    adjoint = differentiate(graph, total=total, outputs=outputs, wrt=names)
    return _Text(recurrence, adjoint, total or "L", symbolic).bptt()


def equation_writer(
    recurrence: Recurrence, adjoint: Adjoint, symbolic: bool
) -> tuple[EquationBuilder, Callable[[Node], str]]:
    """Returns what makes equations of an adjoint, and what writes them as plain text."""
    text = _Text(recurrence, adjoint, "L", symbolic)
    return text.builder, text.plain.write


def _total(recurrence: Recurrence, of: str) -> str:
    place = find_name(of, recurrence)
    if place[0] not in recurrence.totals:
        check_source(recurrence.graph, (place[0], None), 2)
    return place[0]


def paper_graph(
    recurrence: Recurrence, total: str | None, sizes: Mapping[str, int] | None
) -> tuple[StepGraph, bool]:
    """Returns a typed graph, in which inputs of open size are vectors if that is possible.

    Returns:
        The graph, and whether its sizes are stand-ins.
    """
    if sizes:
        return recurrence.typed(canonical_sizes(recurrence, sizes)), False
    declared = {declaration.name.key for declaration in recurrence.declarations}
    free = [key for key in recurrence.inputs if key not in declared]
    graph = _vector_graph(recurrence, free)
    if graph is not None and (total is None or not graph.totals[total].shape):
        return graph, True
    graph = _vector_graph(recurrence, [])
    return (graph, True) if graph is not None else (recurrence.typed(), False)


def _vector_graph(recurrence: Recurrence, keys: Sequence[str]) -> StepGraph | None:
    """Returns the graph with these names as vectors, None where it does not make sense."""
    primes = iter(_PRIMES)
    try:
        sizes = {key: next(primes) for key in keys}
        while True:
            shapes = recurrence.shapes(sizes)
            open_dims = [d.symbol for shape in shapes.values() for d in shape if d.size is None]
            named = [symbol for symbol in open_dims if "+" not in symbol and "." not in symbol]
            if not named:
                return recurrence.typed(sizes)
            sizes[named[0]] = next(primes)
    except (RecurrenceError, StopIteration, ValueError):
        return None


class _Text:
    """Writes the equations of one adjoint."""

    def __init__(self, recurrence: Recurrence, adjoint: Adjoint, of: str, symbolic: bool) -> None:
        self.recurrence = recurrence
        self.adjoint = adjoint
        self.of = of
        self.names = CotangentNames(adjoint)
        self.builder = EquationBuilder(adjoint)
        self.plain = Writer(PLAIN, self._leaf(self._plain), symbolic)
        self.latex = Writer(LATEX, self._leaf(self._latex), symbolic)

    def bptt(self) -> Bptt:
        """Returns all equations, written."""
        parameters = [
            self._line(equation, rf"\frac{{\partial {self.of}}}{{\partial {self._static(name)}}}")
            for name, equation in self.builder.totals()
        ]
        return Bptt(
            of=self.of,
            steps=tuple(self._line(equation) for equation in self.builder.defined()),
            parameters=tuple(parameters),
            starts=tuple(self._line(equation) for equation in self._starts()),
            notes=tuple(self._notes()),
            adjoint=self.adjoint,
        )

    def _line(self, equation: Equation, left: str = "") -> Line:
        return Line(
            f"{self._plain(equation.left)} = {self.plain.write(equation.node)}",
            f"{left or self._latex(equation.left)} = {self.latex.write(equation.node)}",
        )

    def _starts(self) -> list[Equation]:
        """Returns the gradients of the values outside of 1..T that are read."""
        found = []
        for state, lags in lagged_names(self.adjoint.forward).items():
            known = [lag for lag in lags if (state, lag) in self.adjoint.lagged]
            ahead = [lag for lag in known if lag < 0]
            back = [lag for lag in known if lag > 0]
            for step in range(0, -max(back, default=0), -1):
                reaching = [lag for lag in back if step + lag >= 1]
                found.append(self.builder.start(state, reaching, Index(None, step)))
            for offset in range(1, 1 - min(ahead, default=0)):
                reaching = [lag for lag in ahead if offset + lag <= 0]
                found.append(self.builder.start(state, reaching, Index("T", offset)))
        return found

    # -- names ---------------------------------------------------------------------------------

    def _leaf(self, write: Callable[[Symbol], str]) -> Callable[[Node], str]:
        return lambda node: write(self.builder.symbols[node.key])

    def _static(self, key: str) -> str:
        return self.names.latex(key, None)

    def _latex(self, symbol: Symbol) -> str:
        note = symbol.note
        if note is not None and note.kind != "start":
            return self._note_latex(note, symbol.index)
        outside = {key: name for name, key in self.adjoint.given.items()}
        key, index = symbol.key, symbol.index
        state = key.removeprefix("d") if key not in self.adjoint.forward.definitions else ""
        if key in outside and self.adjoint.cotangents.get(outside[key]) != key:
            name = self.names.latex(outside[key], index)
            fraction = rf"\frac{{\partial {self.of}}}{{\partial {name}}}"
            return rf"\left.{fraction}\right|_{{\text{{direct}}}}"
        if index is not None and index.letter != "t" and state in self.adjoint.forward.definitions:
            return rf"\delta {self.names.latex(state, index)}"
        return self.names.latex(key, index)

    def _plain(self, symbol: Symbol) -> str:
        note, index = symbol.note, symbol.index
        if note is not None and note.kind != "start":
            if note.kind == "others":
                return f"(prod_{{s != t}} {self._body(self.plain, note, Index('s'))})"
            return f"share_t({note.node.key} {self._body(self.plain, note, Index('t'))})"
        if index is None:
            return symbol.key
        when = write_index(index)
        return f"{symbol.key}_{when}" if len(when) == 1 else f"{symbol.key}_{{{when}}}"

    def _note_latex(self, note: Note, index: Index | None) -> str:
        name = self._body(self.latex, note, Index("s"))
        if note.kind == "others":
            return rf"\Big(\prod_{{s \ne t}} {name}\Big)"
        now = self._body(self.latex, note, index or Index("t"))
        extreme = rf"\{note.node.key}_s {name}"
        return rf"\frac{{\mathbf{{1}}[{now} = {extreme}]}}{{\#\{{s : {name} = {extreme}\}}}}"

    def _body(self, writer: Writer, note: Note, index: Index) -> str:
        """Writes the sequence that a note speaks of."""
        return writer.write(self.builder.forward_term(note.node.args[0], index).node, TERM)

    # -- notes ---------------------------------------------------------------------------------

    def _notes(self) -> list[str]:
        adjoint = self.adjoint
        given = adjoint.given.values()
        own = (name for name, key in adjoint.cotangents.items() if key not in given)
        first = next(own, None)
        notes = []
        if first is not None:
            meaning = f"d{first}_t is the derivative of {self.of} with respect to {first}_t"
            notes.append(f"{meaning}; * is elementwise, ^T transposes.")
        for name, key in adjoint.given.items():
            notes.append(f"{key}_t comes from the loss: its derivative with respect to {name}_t.")
        bars = [
            key
            for key in adjoint.graph.definitions
            if key.endswith("_in") and key not in adjoint.cotangents.values()
        ]
        for key in bars:
            name = key[1:-3]
            notes.append(f"{key}_t belongs to the argument of the function that gives {name}_t.")
        ends = {("after step T" if lag > 0 else "before step 1") for _, lag in adjoint.lagged}
        if ends:
            notes.append(f"What is read {' or '.join(sorted(ends))} is 0.")
        if adjoint.zero:
            notes.append(f"{self.of} does not depend on {', '.join(adjoint.zero)}: 0.")
        return notes
