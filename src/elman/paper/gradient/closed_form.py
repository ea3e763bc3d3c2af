r"""The gradient of one quantity in closed form, over a number of steps.

`z = \prod_i y_i`, `\partial z / \partial W` at two steps, in the variables of the exercise: the
reverse sweep over the unrolled graph, written out, with the chain of cotangents that leads there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from elman.autodiff.terms import Term
from elman.errors import DifferentiationError
from elman.ir import Recurrence
from elman.ir.graph import Node, reachable
from elman.paper.gradient.closed_form_check import Check, Judge, largest_difference
from elman.paper.gradient.dialects import LATEX, PYTHON, Writer
from elman.paper.gradient.names import CotangentNames, python_name
from elman.paper.gradient.query import Query, read_query
from elman.paper.gradient.unrolled import UnrolledAdjoint, unroll_adjoint
from elman.paper.gradient.values import Place

# A longer result is written with named parts.
INLINE_LIMIT = 600


@dataclass(frozen=True)
class ClosedForm:
    """A gradient in closed form.

    Attributes:
        of: What was differentiated, such as `z`, and `wrt`: with respect to what.
        wrt: See `of`.
        plain: The gradient in Python syntax. A long one begins with a line `dtau_2 = ...` for
            each named part; its last line is the gradient.
        latex: The same in LaTeX.
        terms: The lines of the named parts, none for a short gradient.
        steps: The chain of cotangents that leads to it, ending in the gradient.
        check: Largest difference at random values from a derivative found independently.
        checked_by: The other way: the complex step, or what `derive` was given.
        check_size: The largest derivative at these values, to compare the difference with.
        variables: The variables that occur.
        notes: What a reader should know.
    """

    of: str
    wrt: str
    plain: str
    latex: str
    terms: tuple[str, ...]
    steps: tuple[str, ...]
    check: float
    checked_by: str
    check_size: float
    variables: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Returns everything as JSON has it."""
        return {
            "of": self.of,
            "wrt": self.wrt,
            "plain": self.plain,
            "latex": self.latex,
            "terms": list(self.terms),
            "steps": list(self.steps),
            "check": self.check,
            "checked_by": self.checked_by,
            "check_size": self.check_size,
            "variables": list(self.variables),
            "notes": list(self.notes),
        }


def derive(
    recurrence: Recurrence,
    of: str,
    wrt: str,
    steps: int,
    *,
    within: Sequence[str] | None = None,
    sizes: Mapping[str, int] | None = None,
    judge: Judge | None = None,
) -> ClosedForm:
    """Derives a gradient in closed form.

    >>> from elman.ir import parse
    >>> form = derive(parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t"), "L", "w", 2)
    >>> print(form.plain)
    (1 - h_1**2)*(1 + (1 - h_2**2)*w)*h_0 + (1 - h_2**2)*h_1

    Args:
        recurrence: Any.
        of: A scalar total, or a scalar at a step (`y_2`).
        wrt: A parameter, an input at a step (`x_1`), a state before the start (`h_0`), or any
            defined name at a step.
        steps: T.
        within: The variables in which to write it: `y_1`, `W`, or `y` for all steps. All by
            default; then derivatives are written with results (1 - h^2) rather than arguments.
        sizes: Sizes of vectors by name.
        judge: What the result is checked against; the complex step without it.

    Raises:
        DataError: A name is unknown.
        DifferentiationError: `of` is no scalar, or the variables cannot express the gradient.
    """
    query = read_query(recurrence, of, wrt, steps, within, sizes)
    unrolled = unroll_adjoint(query.adjoint, steps, allowed=query.allowed, given=query.given)
    result = _result(query, unrolled)
    if result is not None:
        _refuse_missing(query, unrolled, result)
    check = largest_difference(query, unrolled, result, judge)
    if result is None:
        return _zero(query, check)
    writing = _Writing(query, unrolled, result)
    return ClosedForm(
        of=query.of,
        wrt=query.wrt,
        plain=writing.plain(),
        latex=writing.latex(),
        terms=writing.terms(),
        steps=writing.chain(),
        check=check.difference,
        checked_by=check.by,
        check_size=check.size,
        variables=tuple(node.key for node in reachable([result.node]) if node.op == "parameter"),
    )


def _result(query: Query, unrolled: UnrolledAdjoint) -> Term | None:
    """Adds up the values that make the gradient: several for a start, or a shared parameter."""
    result: Term | None = None
    for place in query.places:
        term = unrolled.values.get(place)
        if term is not None:
            result = term if result is None else result + term
    return result


def _zero(query: Query, check: Check) -> ClosedForm:
    fraction = rf"\frac{{\partial {query.of}}}{{\partial {query.wrt}}}"
    note = f"{query.of} does not depend on {query.wrt}, so the gradient is 0."
    return ClosedForm(
        of=query.of,
        wrt=query.wrt,
        plain="0",
        latex=f"{fraction} = 0",
        terms=(),
        steps=(f"d{query.of}/d{query.wrt} = 0",),
        check=check.difference,
        checked_by=check.by,
        check_size=check.size,
        variables=(),
        notes=(note,),
    )


def _refuse_missing(query: Query, unrolled: UnrolledAdjoint, result: Term) -> None:
    used = {node.key for node in reachable([result.node]) if node.op == "parameter"}
    missing = [name for name in unrolled.forward.missing if name in used]
    if not missing:
        return
    allowed = sorted(python_name(*place) for place in query.allowed or ())
    shown = ", ".join(missing[:12]) + (", ..." if len(missing) > 12 else "")
    raise DifferentiationError(
        f"the gradient of {query.of} with respect to {query.wrt} needs more variables\n"
        f"  missing: {shown}\n  given: {', '.join(allowed) or 'none'}\n"
        "  Add those that are missing, or leave the choice of variables open."
    )


class _Writing:
    """Writes one result, with the names of its parts."""

    def __init__(self, query: Query, unrolled: UnrolledAdjoint, result: Term) -> None:
        self.query = query
        self.result = result
        self.names = CotangentNames(query.adjoint)
        self.symbols = unrolled.forward.symbols
        self.needed = reachable([result.node])
        self.parts = self._name_parts(unrolled)
        self.plain_parts = self._find_plain_parts(unrolled)
        self.inline = _length(self.needed)[result.node.number] <= INLINE_LIMIT

    def _name_parts(self, unrolled: UnrolledAdjoint) -> dict[int, Place]:
        """Names the nodes that are cotangents, or values that had to be written out."""
        hidden = {*self.query.adjoint.lagged.values()}
        inside = {node.number for node in self.needed if node.args}
        found: dict[int, Place] = {}
        for place, term in [*unrolled.values.items(), *unrolled.forward.written.items()]:
            if term is None or place[1] is None or place[0] in hidden:
                continue
            if term.node.number in inside and term.node is not self.result.node:
                found.setdefault(term.node.number, place)
        return found

    def _find_plain_parts(self, unrolled: UnrolledAdjoint) -> list[str]:
        """Returns the cotangents that are a mere variable or number, as `dy_2 = y_1`."""
        used = {node.number for node in self.needed}
        shown = set(self.query.adjoint.cotangents.values())
        return [
            f"{python_name(*place)} = {self._python(named=False).write(term.node)}"
            for place, term in unrolled.values.items()
            if term is not None
            and place[0] in shown
            and not term.node.args
            and (term.node.number in used or term.value == 1)
        ]

    def _leaf_latex(self, node: Node) -> str:
        return self.names.step(*self.symbols[node.key])

    def _python(self, *, named: bool) -> Writer:
        names = {number: python_name(*place) for number, place in self.parts.items()}
        return Writer(
            PYTHON, lambda node: python_name(node.key, None), named=names if named else {}
        )

    def _lines(self, writer: Writer) -> list[str]:
        nodes = [node for node in self.needed if node.number in self.parts]
        return [f"{writer.named[node.number]} = {writer.definition(node)}" for node in nodes]

    def terms(self) -> tuple[str, ...]:
        """Returns the lines of the named parts."""
        return () if self.inline else tuple(self._lines(self._python(named=True)))

    def plain(self) -> str:
        """Returns the gradient in Python syntax."""
        writer = self._python(named=not self.inline)
        return "\n".join([*self.terms(), writer.write(self.result.node)])

    def chain(self) -> tuple[str, ...]:
        """Returns the steps that lead to the gradient."""
        writer = self._python(named=True)
        last = f"d{self.query.of}/d{self.query.wrt} = {writer.write(self.result.node)}"
        return (*self.plain_parts, *self._lines(writer), last)

    def latex(self) -> str:
        """Returns the gradient in LaTeX: one equation, or aligned ones with named parts."""
        names = {number: self.names.step(*place) for number, place in self.parts.items()}
        writer = Writer(LATEX, self._leaf_latex, named={} if self.inline else names)
        left = self.query.fraction(self.names)
        last = f"{left} = {writer.write(self.result.node)}"
        if self.inline:
            return last
        lines = [*self._lines(writer), last]
        aligned = " \\\\\n".join(line.replace(" = ", " &= ", 1) for line in lines)
        return f"\\begin{{aligned}}\n{aligned}\n\\end{{aligned}}"


def _length(nodes: Sequence[Node]) -> dict[int, int]:
    """Returns about how long each node is when written without named parts."""
    lengths: dict[int, int] = {}
    for node in nodes:
        own = len(node.key) if node.op == "parameter" else 3
        lengths[node.number] = own + sum(lengths[arg.number] for arg in node.args)
    return lengths
