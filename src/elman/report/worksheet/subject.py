"""What a worksheet asks about: a recurrence with a total, its numbers, and how names are set."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

from elman.equations.names import NameStyle, write_name
from elman.equations.syntax import Index
from elman.errors import DataError, DifferentiationError, EvaluationError
from elman.ir import Recurrence, StepGraph, parse
from elman.paper.gradient.closed_form import ClosedForm, derive
from elman.paper.memory.stored import Memory, count_memory
from elman.paper.naming import canonical_sizes, find_name
from elman.paper.start.judge import Assessment, assess_start, give_verdict
from elman.report.typeset import typeset_inline

_LARGE, _SMALL, _INPUTS = (10.0, 15.0, 20.0), (-1.0, -0.5, 0.5, 1.0), (-1.0, -0.5, 0.5, 1.0, 2.0)
_MOST_DRAWS = 40
_CLEAR = 2.0  # a factor of e^2 in what a step does to the gradient


@dataclass(frozen=True)
class Request:
    """What a teacher asks for.

    Attributes:
        recurrence: Any.
        seed: Of the numbers and of the choice of questions.
        steps: T of the exercises that are done by hand.
        many: T with which counts are compared.
        places: Decimals to which results are rounded.
        sizes: Sizes of vectors by name.
        of: A scalar total; without it the only one, or one that is added.
        wrt: The parameter whose gradient is asked for; chosen without it.
        cases: Values of their own: one or two sets, with label. Drawn without.
    """

    recurrence: Recurrence
    seed: int = 0
    steps: int = 2
    many: int = 100
    places: int = 2
    sizes: Mapping[str, int] = field(default_factory=dict)
    of: str | None = None
    wrt: str | None = None
    cases: Sequence[tuple[str, Mapping[str, Any]]] = ()


class Subject:
    """A recurrence with a total, and what the exercises share.

    Args:
        request: What is asked for.

    Raises:
        DataError: A name is unknown, or what is asked for is no scalar total.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.plain = request.recurrence
        self.random = random.Random(request.seed)
        self.recurrence, self.total = self._with_total(request)
        self.added = self.recurrence is not self.plain
        self.sizes = canonical_sizes(self.recurrence, dict(request.sizes))
        self.graph: StepGraph = self.recurrence.typed(self.sizes)
        self.steps = request.steps
        timed = frozenset([*self.graph.inputs, *self.graph.definitions])
        known = timed.union(self.graph.parameters, self.graph.derived, self.graph.totals)
        self.style = NameStyle(True, timed, known)
        self.wrt, self.form = self._gradient(request.wrt)
        self._memories: dict[int, Memory] = {}

    def memory(self, steps: int) -> Memory:
        """Returns what the gradient that is asked for needs stored, at a number of steps."""
        if steps not in self._memories:
            self._memories[steps] = count_memory(
                self.recurrence, self.total, wrt=[self.wrt], steps=steps, sizes=self.sizes
            )
        return self._memories[steps]

    def _with_total(self, request: Request) -> tuple[Recurrence, str]:
        """Adds a product or a sum of squares over time where there is no total."""
        recurrence = request.recurrence
        if request.of is not None:
            key = find_name(request.of, recurrence)[0]
            if key not in recurrence.totals:
                raise DataError(
                    f"{request.of} is no total\n"
                    f"  totals: {', '.join(recurrence.totals) or 'none'}\n"
                    "  Name a total, or leave --of out: then one is added."
                )
            return recurrence, key
        if recurrence.totals:
            return recurrence, recurrence.totals[-1]
        sizes = canonical_sizes(recurrence, dict(request.sizes))
        output = recurrence.outputs[0]
        names = {*recurrence.parameters, *recurrence.inputs, *recurrence.graph.definitions}
        total = next(key for key in ("z", "L", "Q", "J") if key not in names)
        name = write_name(output, Index("t"))
        is_vector = bool(recurrence.typed(sizes).definitions[output].shape)
        body = rf"\prod_t {name}" if self.random.random() < 0.5 else rf"\sum_t {name}^2"
        if is_vector:
            body = rf"\sum_t sum({name} * {name})"
        return parse(f"{recurrence.plain()}\n{total} = {body}"), total

    def _gradient(self, wrt: str | None) -> tuple[str, ClosedForm]:
        """Chooses the parameter whose gradient is asked for: one that enters a state."""
        if wrt is not None:
            return find_name(wrt, self.recurrence)[0], self.derive(wrt)
        wanted = list(count_memory(self.recurrence, self.total, sizes=self.sizes).wrt)
        if not wanted:
            raise DataError(
                "the equations have no parameter whose gradient could be asked for\n"
                "  Leave one value open: a letter in the place of a number."
            )
        self.random.shuffle(wanted)
        forms = [(key, self.derive(key)) for key in wanted]

        def rank(pair: tuple[str, ClosedForm]) -> tuple[bool, bool, bool]:
            # Short enough for a sheet, and a recurrent weight, if there is such a one.
            form = pair[1]
            starts = {f"{key}_0" for key in self.recurrence.states}
            return bool(form.notes), bool(form.terms), not starts & set(form.variables)

        return min(forms, key=rank)

    def derive(self, wrt: str) -> ClosedForm:
        """Returns the gradient of the total with respect to a parameter, in closed form."""
        return derive(self.recurrence, self.total, wrt, self.steps, sizes=self.sizes)

    # -- names ---------------------------------------------------------------------------------

    def symbol(self, key: str, step: int | None = None) -> str:
        """Returns a name at a step in LaTeX."""
        return write_name(key, None if step is None else Index(None, step), self.style)

    def math(self, key: str, step: int | None = None) -> str:
        """Returns a name at a step as MathML."""
        return typeset_inline(self.symbol(key, step))

    def spelled(self, name: str) -> str:
        """Returns a name such as `h_1` as MathML, a formula without a name as text."""
        try:
            key, step = find_name(name.removesuffix("_") or name, self.recurrence)
        except DataError:
            return f"<code>{escape(name)}</code>"
        return self.math(key, step)

    def named(self, names: Sequence[str]) -> str:
        """Returns names as MathML, between commas."""
        return ", ".join(self.spelled(name) for name in names) or "none"

    # -- numbers -------------------------------------------------------------------------------

    @property
    def is_scalar(self) -> bool:
        """Whether every value is a number, so that it can be computed by hand."""
        return all(not node.shape for node in self.graph.nodes)

    @cached_property
    def cases(self) -> list[tuple[str, dict[str, Any]]]:
        """The sets of values, two where they are drawn: one saturates or explodes, one does not."""
        if self.request.cases:
            return [(label, dict(values)) for label, values in self.request.cases]
        if not self.is_scalar or not self.recurrence.parameters:
            return []
        best: list[tuple[str, dict[str, Any]]] = []
        widest = 0.0
        for _ in range(_MOST_DRAWS):
            drawn = [self._draw(large=True), self._draw(large=False)]
            drawn[1] |= {key: drawn[0][key] for key in self.recurrence.inputs}
            self.random.shuffle(drawn)
            pairs = [(self._label(values), values) for values in drawn]
            gap = self._gap(pairs)
            if gap > widest:
                best, widest = pairs, gap
            if gap > _CLEAR:
                break
        return best

    def _draw(self, *, large: bool) -> dict[str, Any]:
        choose = self.random.choice
        values: dict[str, Any] = {key: choose(_SMALL) for key in self.recurrence.parameters}
        if large:
            some = max(1, len(self.recurrence.parameters) // 4)
            for key in self.random.sample(self.recurrence.parameters, some):
                values[key] = choose(_LARGE)
        for key in self.recurrence.inputs:
            values[key] = [choose(_INPUTS) for _ in range(self.steps)]
        return values

    def _label(self, values: Mapping[str, Any]) -> str:
        return ", ".join(f"{key} = {values[key]:g}" for key in self.recurrence.parameters)

    def _gap(self, cases: Sequence[tuple[str, Mapping[str, Any]]]) -> float:
        """Returns how clearly one set is the better start; 0 where that cannot be told."""
        try:
            found = self.assessed(cases)
        except EvaluationError:
            return 0.0
        if not give_verdict(found).startswith("Choose"):
            return 0.0
        return abs(found[0].badness - found[1].badness)

    def assessed(self, cases: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Assessment]:
        """Returns what each set of values does."""
        steps = None if self.recurrence.inputs else self.steps
        return [
            assess_start(self.recurrence, values, label=f"({n})", total=self.total, steps=steps)
            for n, (_, values) in enumerate(cases, 1)
        ]

    def gradients_of_cases(self) -> list[dict[str, float]]:
        """Returns the gradient by each parameter (of a vector or matrix its norm), for each set."""
        try:
            found = self.assessed(self.cases)
        except DifferentiationError:
            return []
        return [
            {
                key: float(value) if not value.ndim else float((value**2).sum() ** 0.5)
                for key, value in one.gradients.items()
            }
            for one in found
        ]
