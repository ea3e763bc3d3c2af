"""The step graph: what one step of a recurrence computes, as operations on values.

Nodes are immutable and shared: two expressions that are structurally equal are one node. A node
is created after its arguments, so the order of creation is an order of evaluation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from elman.errors import Span


@dataclass(frozen=True)
class Dim:
    """A dimension: the symbol users know it by (`h` for the size of h), and its size if known."""

    symbol: str
    size: int | None = None

    def __str__(self) -> str:
        return self.symbol if self.size is None else str(self.size)


Shape: TypeAlias = tuple[Dim, ...]

# Operations without arguments.
LEAVES = frozenset(["number", "steps", "parameter", "read"])


@dataclass(frozen=True, eq=False)
class Node:
    """One operation.

    Attributes:
        op: A row of the table of operations.
        args: What it is applied to.
        key: The name of a `parameter` or `read`; the kind of an `over_time`.
        lag: For a `read`, k in h_{t-k}: 0 is this step, negative looks ahead.
        value: Of a `number`.
        shape: Of one sample at one step, after types are inferred.
        span: Where the user wrote it.
        level: `static` (the same at every step), `step`, or `total` (after a reduction over time).
        number: Its place in the order of creation.
    """

    op: str
    args: tuple[Node, ...] = ()
    key: str = ""
    lag: int = 0
    value: float = 0.0
    shape: Shape = ()
    span: Span | None = field(default=None, repr=False)
    level: str = "static"
    number: int = -1

    @property
    def is_one_number(self) -> bool:
        """Whether it is a scalar, or a vector or matrix with one entry only."""
        return all(dim.size == 1 for dim in self.shape)

    def __repr__(self) -> str:
        return f"<{self.op} {self.key or self.value or ''} #{self.number}>"


class GraphBuilder:
    """Creates nodes, giving the same node for the same operation on the same arguments."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[tuple[object, ...], Node] = {}

    def node(
        self,
        op: str,
        args: Iterable[Node] = (),
        *,
        key: str = "",
        lag: int = 0,
        value: float = 0.0,
        shape: Shape = (),
        span: Span | None = None,
    ) -> Node:
        """Returns the node for this operation, new or known."""
        args = tuple(args)
        # repr tells -0.0 from 0.0, which compare equal.
        identity = (op, tuple(arg.number for arg in args), key, lag, repr(value), shape)
        known = self._known.get(identity)
        if known is not None:
            return known
        level = _level(op, args)
        node = Node(op, args, key, lag, value, shape, span, level, len(self.nodes))
        self.nodes.append(node)
        self._known[identity] = node
        return node


def _level(op: str, args: tuple[Node, ...]) -> str:
    if op == "over_time":
        return "total"
    if op == "read":
        return "step"
    levels = {arg.level for arg in args}
    for level in ("total", "step"):
        if level in levels:
            return level
    return "static"


def reachable(roots: Iterable[Node], but: Collection[int] = ()) -> list[Node]:
    """Returns every node that the roots depend on, themselves included, in order of evaluation.

    Args:
        roots: Where to begin.
        but: Numbers of nodes to leave out, with all that they depend on.
    """
    seen: dict[int, Node] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.number not in seen and node.number not in but:
            seen[node.number] = node
            waiting.extend(node.args)
    return [seen[number] for number in sorted(seen)]


def reads(roots: Iterable[Node]) -> Iterator[Node]:
    """Yields the `read` leaves below the roots."""
    return (node for node in reachable(roots) if node.op == "read")


@dataclass(frozen=True)
class StepGraph:
    """A whole recurrence as one graph over a step.

    Attributes:
        nodes: All nodes, in an order of evaluation.
        definitions: Names with time -> what they are at this step.
        derived: Names without time that no step changes: constants and derived values.
        totals: Names defined by a reduction over time.
        starts: (state, step <= 0) -> its value before the first step, where the text gives one.
        inputs: Names with time that nothing defines, in order of appearance.
        parameters: Names without time that nothing defines, in order of appearance.
    """

    nodes: tuple[Node, ...]
    definitions: dict[str, Node]
    derived: dict[str, Node]
    totals: dict[str, Node]
    starts: dict[tuple[str, int], Node]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]

    def names_of(self) -> dict[int, list[str]]:
        """Returns, per node number, the names that the user gave it."""
        names: dict[int, list[str]] = {}
        for group in (self.definitions, self.derived, self.totals):
            for key, node in group.items():
                names.setdefault(node.number, []).append(key)
        return names

    def roots(self) -> list[Node]:
        """Returns every node that has a name or a use of its own."""
        groups = (self.definitions, self.derived, self.totals, self.starts)
        return [node for group in groups for node in group.values()]

    def __str__(self) -> str:
        return print_graph(self)


def print_graph(graph: StepGraph) -> str:
    """Writes a graph, one node a line, in the user's names.

    Unnamed nodes are numbered in the order in which the definitions need them, so that the same
    recurrence prints the same however it was written.
    """
    order: list[Node] = []
    seen: set[int] = set()
    for root in graph.roots():
        fresh = reachable([root], seen)
        seen.update(node.number for node in fresh)
        order.extend(fresh)
    names = graph.names_of()
    label: dict[int, str] = {}
    lines: list[str] = []
    for node in order:
        if node.op in LEAVES:
            label[node.number] = leaf_text(node)
        elif node.number in names:
            label[node.number] = names[node.number][0]
        else:
            label[node.number] = f"%{len(lines)}"
        if node.op not in LEAVES or node.number in names:
            lines.append(_line(node, label, names.get(node.number, [])))
    for (key, step), node in graph.starts.items():
        lines.append(f"start {key}_{step} = {label[node.number]}")
    return "\n".join(lines)


def _line(node: Node, label: dict[int, str], names: list[str]) -> str:
    left = ", ".join(names) or label[node.number]
    operator = node.op + (f".{node.key}" if node.op == "over_time" else "")
    right = (
        leaf_text(node)
        if node.op in LEAVES
        else " ".join([operator, *(label[arg.number] for arg in node.args)])
    )
    shape = f" : [{', '.join(str(dim) for dim in node.shape)}]" if node.shape else ""
    return f"{left} = {right}{shape}"


def leaf_text(node: Node) -> str:
    """Writes a leaf: `W`, `h[t-1]`, `0.5`, `T`."""
    if node.op == "number":
        return f"{node.value!r}"
    if node.op == "steps":
        return "T"
    if node.op == "parameter":
        return node.key
    return f"{node.key}[t{-node.lag:+d}]" if node.lag else f"{node.key}[t]"
