r"""What the backward pass must find stored, beside parameters, inputs and initial states.

Three conventions. In `inputs`, the derivative of each operation reads what the operation is
applied to: tanh' = 1 - tanh(\tau)^2. In `outputs`, results are used where the derivative can be
written with them: tanh' = 1 - h^2. In `checkpoints`, only every k-th state is stored, and the
values of one segment of k steps at a time are computed again. In the first two a value is stored
even where it could be computed again. A reduction over time is one operation: what its derivative
reads is stored in all three.

References: Griewank and Walther, 2000, doi:10.1145/347837.347846; Chen and others, 2016,
arXiv:1604.06174.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from elman.autodiff import Adjoint, differentiate
from elman.errors import DataError
from elman.ir import Recurrence, StepGraph
from elman.ir.graph import reachable
from elman.paper.gradient.names import python_name
from elman.paper.gradient.query import check_source
from elman.paper.memory.formula import fit_formula
from elman.paper.memory.segments import Moment, SegmentWalk
from elman.paper.memory.walk import Value, gradient_roots, start_roots, stored_values
from elman.paper.naming import canonical_sizes, find_name
from elman.paper.unroll import check_steps
from elman.paper.values.formula import FormulaWriter

CONVENTIONS = ("inputs", "outputs", "checkpoints")


@dataclass(frozen=True)
class Convention:
    """What is stored under one convention.

    Attributes:
        name: `inputs`, `outputs` or `checkpoints`.
        count: How many values; in `checkpoints` the most that are stored at one time.
        formula: The count as a formula in T, such as `3*T - 1`; empty where none fits.
        variables: Their names; a value without one is written as its formula.
        groups: The same, gathered: (`h_t`, its steps), the steps empty for a value without time.
        at_two: The count at two steps.
        bytes: What they take in float32 for one sequence, None without sizes.
        every: In `checkpoints`, k.
    """

    name: str
    count: int
    formula: str
    variables: tuple[str, ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...]
    at_two: int
    bytes: int | None
    every: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Returns everything as JSON has it."""
        found: dict[str, object] = {
            "count": self.count,
            "formula": self.formula,
            "variables": list(self.variables),
            "count_at_2_steps": self.at_two,
            "more_than_at_2_steps": self.count - self.at_two,
        }
        if self.bytes is not None:
            found["bytes"] = self.bytes
        if self.every is not None:
            found["every"] = self.every
        return found


@dataclass(frozen=True)
class Memory:
    """What is stored for a gradient, under each convention.

    Attributes:
        of: What is differentiated: totals or outputs.
        wrt: With respect to what.
        steps: T.
        conventions: By name.
        extra: Parameter beyond `wrt` -> what it needs in addition, under `outputs`.
    """

    of: tuple[str, ...]
    wrt: tuple[str, ...]
    steps: int
    conventions: dict[str, Convention]
    extra: dict[str, tuple[str, ...]]

    def to_dict(self) -> dict[str, object]:
        """Returns everything as JSON has it."""
        return {
            "of": list(self.of),
            "wrt": list(self.wrt),
            "steps": self.steps,
            "conventions": {key: found.to_dict() for key, found in self.conventions.items()},
            "in_addition": {key: list(names) for key, names in self.extra.items()},
        }


def count_memory(
    recurrence: Recurrence,
    of: str | None = None,
    *,
    wrt: Sequence[str] | None = None,
    steps: int = 2,
    sizes: Mapping[str, int] | None = None,
    every: int | None = None,
) -> Memory:
    r"""Counts what must be stored.

    >>> from elman.ir import parse
    >>> text = r"\tau_t = W h_{t-1} + U x_t; h_t = \tanh(\tau_t); y_t = V h_t; z = \prod_t y_t"
    >>> memory = count_memory(parse(text), "z", wrt=["W"], steps=100)
    >>> [(found.count, found.formula) for found in memory.conventions.values()][:2]
    [(299, '3*T - 1'), (200, '2*T')]

    Args:
        recurrence: Any.
        of: A total, or an output over time. By default the only total, else all outputs,
            whose derivatives are given.
        wrt: Parameters, inputs, or states for their initial values. By default every parameter
            that enters a state.
        steps: T.
        sizes: Sizes of vectors by name, for bytes.
        every: k of the checkpoints; about the square root of T by default.

    Raises:
        DataError: A name is unknown.
        DifferentiationError: `of` is no scalar.
        ValueError: `steps` or `every` is out of range.
    """
    check_steps(steps)
    if every is not None and every < 1:
        raise ValueError(f"every is {every!r}; it must be an integer from 1")
    counter = MemoryCounter(recurrence, of, wrt, sizes)
    return counter.memory(steps, every)


def stored_places(
    recurrence: Recurrence,
    steps: int,
    convention: str,
    *,
    of: str | None = None,
    wrt: Sequence[str] | None = None,
    sizes: Mapping[str, int] | None = None,
    every: int | None = None,
) -> frozenset[tuple[str | int, int | None]]:
    """Returns what is stored, as a drawing marks it.

    Args:
        recurrence: As `count_memory` takes it, and so are `of`, `wrt`, `sizes` and `every`.
        steps: T.
        convention: `inputs`, `outputs` or `checkpoints`.
        of: See `recurrence`.
        wrt: See `recurrence`.
        sizes: See `recurrence`.
        every: See `recurrence`.

    Returns:
        (name, step) pairs; for a value without a name, the number of its node in the typed graph.

    Raises:
        ValueError: The convention is none of the three.
    """
    if convention not in CONVENTIONS:
        raise ValueError(f"convention is {convention!r}; it must be one of {CONVENTIONS}")
    check_steps(steps)
    counter = MemoryCounter(recurrence, of, wrt, sizes)
    if convention == "checkpoints":
        values = counter.checkpointed(steps, every or max(1, round(math.sqrt(steps))))
    else:
        values = counter.stored(convention, steps)
    names = counter.graph.names_of()
    return frozenset(
        (names[number][0] if number in names else number, step) for number, step in values
    )


class MemoryCounter:
    """Answers for one gradient, at any number of steps.

    Args:
        recurrence: As `count_memory` takes it, and so are the others.
        of: See `recurrence`.
        wrt: See `recurrence`.
        sizes: See `recurrence`.
    """

    def __init__(
        self,
        recurrence: Recurrence,
        of: str | None,
        wrt: Sequence[str] | None,
        sizes: Mapping[str, int] | None,
    ) -> None:
        self.recurrence = recurrence
        self.sizes = sizes
        self.graph = recurrence.typed(canonical_sizes(recurrence, sizes or {}))
        self.source = _source(recurrence, self.graph, of)
        self.wrt = _targets(recurrence, self.graph, wrt)
        self.adjoints = {by: self._differentiate(by, self.wrt) for by in ("inputs", "outputs")}
        self.writer = FormulaWriter(recurrence, self.graph)

    def _differentiate(self, by: str, wrt: Sequence[str]) -> Adjoint:
        keys = [key for key, _ in self.source]
        is_total = len(keys) == 1 and keys[0] in self.graph.totals
        return differentiate(
            self.graph,
            total=keys[0] if is_total else None,
            outputs=None if is_total else keys,
            wrt=list(wrt),
            by=by,
        )

    def memory(self, steps: int, every: int | None) -> Memory:
        """Returns what is stored at a number of steps."""
        conventions = {
            by: self._convention(by, lambda t, by=by: self.stored(by, t), steps)  # type: ignore[misc]
            for by in ("inputs", "outputs")
        }
        k = every or max(1, round(math.sqrt(steps)))
        conventions["checkpoints"] = self._convention(
            "checkpoints", lambda t: self.checkpointed(t, k), steps, k
        )
        return Memory(
            of=tuple(python_name(*place) for place in self.source),
            wrt=self.wrt,
            steps=steps,
            conventions=conventions,
            extra=self._extra(steps),
        )

    def stored(self, by: str, steps: int, wrt: Sequence[str] | None = None) -> set[Value]:
        """Returns the values stored under `inputs` or `outputs`."""
        adjoint = self.adjoints[by] if wrt is None else self._differentiate(by, wrt)
        names = self.wrt if wrt is None else wrt
        roots = gradient_roots(adjoint, steps) + start_roots(adjoint, names, steps)
        return stored_values(adjoint, roots, steps)

    def checkpointed(self, steps: int, every: int) -> set[Value]:
        """Returns the values stored when most are, with every k-th state kept.

        A segment is k steps. The values of one at a time are there; those that come later are
        computed again from the states that its first step (its last, for a loop that runs
        backward) reads.
        """
        return set(max(self.moments(steps, every), key=lambda moment: len(moment.values)).values)

    def moments(self, steps: int, every: int) -> list[Moment]:
        """Returns what is stored at each moment of a backward pass with checkpoints."""
        adjoint = self.adjoints["outputs"]
        roots = gradient_roots(adjoint, steps) + start_roots(adjoint, self.wrt, steps)
        found = SegmentWalk(self.recurrence, adjoint, steps, every).moments(roots)
        return found or [Moment(1, 1, steps, frozenset())]

    def _convention(
        self, name: str, count: Callable[[int], set[Value]], steps: int, every: int | None = None
    ) -> Convention:
        values = count(steps)
        return Convention(
            name=name,
            count=len(values),
            formula=fit_formula(lambda t: len(count(t)), steps, len(values), every),
            variables=tuple(self._names(values)),
            groups=self._groups(values),
            at_two=len(count(2)),
            bytes=self.count_bytes(values) if self.sizes else None,
            every=every,
        )

    def _extra(self, steps: int) -> dict[str, tuple[str, ...]]:
        """Says what the parameters that were not asked for need in addition."""
        base = self.stored("outputs", steps)
        found = {}
        for key in self.recurrence.parameters:
            if key not in self.wrt:
                more = self.stored("outputs", steps, [*self.wrt, key]) - base
                found[key] = tuple(self._names(more))
        return found

    def _names(self, values: set[Value]) -> list[str]:
        """Returns the names of values, in order of evaluation within each step."""
        nodes = {node.number: node for node in self.graph.nodes}
        names = self.graph.names_of()
        ordered = sorted(values, key=lambda value: (value[0], value[1] or 0))
        return [
            python_name(names[number][0], step)
            if number in names
            else self.writer.label(nodes[number], step)
            for number, step in ordered
        ]

    def _groups(self, values: set[Value]) -> tuple[tuple[str, tuple[int, ...]], ...]:
        nodes = {node.number: node for node in self.graph.nodes}
        steps: dict[int, list[int]] = {}
        for number, step in sorted(values, key=lambda value: (value[0], value[1] or 0)):
            steps.setdefault(number, []).extend([] if step is None else [step])
        return tuple(
            (self.writer.label(nodes[number], None), tuple(found))
            for number, found in steps.items()
        )

    def count_bytes(self, values: set[Value]) -> int:
        """Returns what values take in float32, for one sequence."""
        sizes = {
            node.number: 4 * math.prod(dim.size or 0 for dim in node.shape)
            for node in self.graph.nodes
        }
        return sum(sizes[number] for number, _ in values)


def _source(
    recurrence: Recurrence, graph: StepGraph, of: str | None
) -> tuple[tuple[str, int | None], ...]:
    if of is None:
        if len(recurrence.totals) == 1:
            return ((recurrence.totals[0], None),)
        return tuple((key, None) for key in recurrence.outputs)
    key, step = find_name(of, recurrence)
    if step is not None:
        raise DataError(
            f"what {of} needs is not counted by itself\n"
            f"  totals: {', '.join(recurrence.totals) or 'none'}   "
            f"outputs: {', '.join(recurrence.outputs)}\n"
            f"  Name one of these; {key} stands for all its steps."
        )
    if key not in recurrence.outputs:
        check_source(graph, (key, None), 2)
    return ((key, None),)


def _targets(
    recurrence: Recurrence, graph: StepGraph, wrt: Sequence[str] | None
) -> tuple[str, ...]:
    if wrt is not None:
        return tuple(dict.fromkeys(find_name(name, recurrence)[0] for name in wrt))
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(recurrence.states)
    while waiting:
        state = waiting.pop()
        if state in seen or state not in graph.definitions:
            continue
        seen.add(state)
        for node in reachable([graph.definitions[state]]):
            if node.op == "parameter":
                found.add(node.key)
            elif node.op == "read":
                waiting.append(node.key)
    return tuple(k for k in recurrence.parameters if k in found) or recurrence.parameters
