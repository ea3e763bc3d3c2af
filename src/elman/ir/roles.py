"""What each name of a recurrence is: state, input, parameter, intermediate, output, total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from elman.equations.syntax import Equation, Expression, Name, Statement, children
from elman.errors import NameResolutionError
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import Phase
from elman.ir.resolve import has_lost_subscript


@dataclass(frozen=True)
class Roles:
    """The roles of all names, each list in order of definition or appearance.

    Attributes:
        states: Defined names that are read at another step.
        inputs: Names with time that nothing defines.
        parameters: Names without time that nothing defines; they are trained.
        constants: Names without time given by a number alone.
        derived: Other names without time that no step changes.
        intermediates: Defined names that a step reads and that are no states.
        outputs: Defined names that no step reads; without any, the state defined last among
            those that nothing reads at its own step (LSTM's h rather than c).
        totals: Names defined by a reduction over time.
        direction: `forward`, `backward` or `bidirectional`.
        order: The largest lag at which a state is read.
        linear: Each state is an affine function of the states, whatever it is of the inputs.
        online: No step reads a later one, so outputs can be given as inputs arrive.
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    constants: tuple[str, ...]
    derived: tuple[str, ...]
    intermediates: tuple[str, ...]
    outputs: tuple[str, ...]
    totals: tuple[str, ...]
    direction: str
    order: int
    linear: bool
    online: bool


def assign_roles(
    statements: Sequence[Statement], graph: StepGraph, phases: Sequence[Phase]
) -> Roles:
    """Assigns a role to every name.

    Raises:
        NameResolutionError: The text defines nothing over time.
    """
    if not graph.definitions:
        raise NameResolutionError(
            "nothing is defined over time", statements[0].span, remedy=_without_time(graph)
        )
    lags = _lags(graph)
    states = tuple(key for key in graph.definitions if lags.get(key))
    outputs = tuple(key for key in graph.definitions if key not in states)
    consumed = _consumed(statements, graph)
    intermediates = tuple(key for key in outputs if key in consumed)
    outputs = tuple(key for key in outputs if key not in consumed)
    if not outputs:
        within = _read_within(statements)
        last = tuple(key for key in states if key not in within)
        outputs = (last or states or intermediates)[-1:]
        intermediates = tuple(key for key in intermediates if key not in outputs)
    constants = tuple(k for k, n in graph.derived.items() if _is_literal(n))
    directions = {phase.direction for phase in phases} - {None}
    return Roles(
        states=states,
        inputs=graph.inputs,
        parameters=graph.parameters,
        constants=constants,
        derived=tuple(k for k in graph.derived if k not in constants),
        intermediates=intermediates,
        outputs=outputs,
        totals=tuple(graph.totals),
        direction="bidirectional" if len(directions) == 2 else str(*(directions or {"forward"})),
        order=max((abs(lag) for key in states for lag in lags[key]), default=0),
        linear=_is_linear(graph, states),
        online=not any(lag < 0 for key in lags for lag in lags[key]),
    )


def _without_time(graph: StepGraph) -> str:
    """Returns the remedy for equations in which no name has a time."""
    lost = next((key for key in graph.derived if has_lost_subscript(key)), "")
    if lost:
        return f"Subscripts are lost in copying: write {lost[:-1]}_t and {lost[:-1]}_{{t-1}}."
    for key in graph.derived:
        name, mark = key[:1], key.rpartition("_")[2]
        if mark == "prime":
            return f"Write {name}_t for {name}' and {name}_{{t-1}} for {name}, the state before."
        if mark == "dot":
            return f"Write the derivative as a step: {name}_t = {name}_{{t-1}} + dt (...)"
    return "Write a recurrence, such as h_t = tanh(W h_{t-1} + U x_t + b)"


def _lags(graph: StepGraph) -> dict[str, set[int]]:
    """Returns, per name, the lags other than 0 at which it is read."""
    lags: dict[str, set[int]] = {}
    for node in reachable(graph.roots()):
        if node.op == "read" and node.lag:
            lags.setdefault(node.key, set()).add(node.lag)
    return lags


def _read_within(statements: Sequence[Statement]) -> set[str]:
    """Returns the names that another equation reads as they are defined, as LSTM's h reads c.

    What counts is how it is written: beside `h_{t+1} = ...`, `h_t` is the state before.
    """
    offsets = {
        s.left.key: s.left.index.offset
        for s in statements
        if isinstance(s, Equation) and s.left.index is not None and s.left.index.letter is not None
    }
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement, Equation) and statement.left.key in offsets:
            for name in _names(statement.right):
                time = name.index
                if time is not None and time.offset == offsets.get(name.key):
                    found |= {name.key} - {statement.left.key}
    return found


def _is_literal(node: Node) -> bool:
    if node.op == "negate":
        node = node.args[0]
    return node.op == "number"


def _consumed(statements: Sequence[Statement], graph: StepGraph) -> set[str]:
    """Returns the names that some other equation over time is computed from.

    By name where an equation says so; by structure where a later definition only names a part of
    an earlier one, as `tau` does. A mere second name (`y_t = h_t`) consumes by name alone.
    """
    consumed: set[str] = set()
    for statement in statements:
        if isinstance(statement, Equation) and statement.left.key in graph.definitions:
            consumed |= _names_read(statement.right) - {statement.left.key}
    names = graph.names_of()
    for key, other in _named_parts(graph):
        if len(names[graph.definitions[other].number]) == 1 and other != key:
            consumed.add(other)
    return consumed


def _named_parts(graph: StepGraph) -> Iterator[tuple[str, str]]:
    """Yields (definition, name) for every name that a definition holds as a part at its step."""
    named: dict[int, str] = {}
    for key, node in graph.definitions.items():
        named.setdefault(node.number, key)
    for key, node in graph.definitions.items():
        seen: set[int] = set()
        waiting = list(node.args)
        while waiting:
            part = waiting.pop()
            if part.number in seen:
                continue
            seen.add(part.number)
            if part.number in named:
                yield key, named[part.number]
            else:
                waiting.extend(part.args)


def _names_read(expression: Expression) -> set[str]:
    return {name.key for name in _names(expression)}


def _names(expression: Expression) -> Iterator[Name]:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            yield node
        waiting.extend(children(node))


_AFFINE = frozenset(
    ["add", "subtract", "negate", "transpose", "concat", "sum", "mean", "multiply", "divide",
     "matmul", "dot", "outer", "product"]
)  # fmt: skip


def _is_linear(graph: StepGraph, states: Sequence[str]) -> bool:
    """Says whether every state is affine in the states, by counting degrees."""
    degree: dict[int, int] = {}
    for node in reachable(graph.definitions[key] for key in states):
        below = [degree[arg.number] for arg in node.args]
        if node.op == "read":
            degree[node.number] = int(node.key in states)
        elif not any(below):
            degree[node.number] = 0
        elif node.op in ("multiply", "matmul", "dot", "outer", "product"):
            degree[node.number] = sum(below)
        elif node.op in _AFFINE and not (node.op == "divide" and below[1]):
            degree[node.number] = max(below)
        else:
            degree[node.number] = 2
    return bool(states) and all(degree[graph.definitions[key].number] <= 1 for key in states)
