"""The unrolled graph: every operation of a recurrence at every step, as one graph without loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from elman.equations.names import step_key
from elman.ir.graph import LEAVES, Node, StepGraph, reachable
from elman.ir.phases import find_phases

# A graph of ten thousand steps takes about a second. A picture shows the first and the last steps.
MAX_STEPS = 100_000


@dataclass(frozen=True, eq=False)
class UnrolledNode:
    """One operation at one step, or a value that the graph begins with.

    Attributes:
        op: A row of the table of operations, or one of `parameter`, `number`, `steps` (T),
            `input` and `start`, which begin the graph. A `start` is a value of a state before the
            first or after the last step, or of an input that is read there.
        key: The name of a `parameter`, an `input` or a `start`; the kind of an `over_time`.
        step: The step, counted from 1; outside 1 to T for a start; None where there is none, as
            for a parameter and a total.
        args: What it is applied to. An `over_time` has one argument per step, in order. A `start`
            has one argument where the text says what it is, else none.
        source: The node of the step graph it comes from; None for an input and a start.
        names: What it is called, such as `("h", 2)`; `("L", None)` without a step.
        number: Its place in an order of evaluation.
    """

    op: str
    key: str = ""
    step: int | None = None
    args: tuple[UnrolledNode, ...] = ()
    source: Node | None = field(default=None, repr=False)
    names: tuple[tuple[str, int | None], ...] = ()
    number: int = -1

    @property
    def name(self) -> str:
        """The first of its names, as `h_2`; empty where it has none."""
        return next((write_step(key, step) for key, step in self.names), "")

    def __repr__(self) -> str:
        return f"<{self.op} {self.name or self.key or '#' + str(self.number)}>"


@dataclass(frozen=True)
class UnrolledGraph:
    """A recurrence over T steps.

    Attributes:
        graph: The step graph that was unrolled.
        steps: T.
        nodes: Every node, in an order of evaluation.
        values: (name, step) -> node, for every name at every step and every start that is read;
            the step is None for parameters, derived values and totals.
        at: (number of a step-level node of `graph`, step) -> node.
        title: The name of its picture.
    """

    graph: StepGraph
    steps: int
    nodes: tuple[UnrolledNode, ...]
    values: dict[tuple[str, int | None], UnrolledNode]
    at: dict[tuple[int, int], UnrolledNode]
    title: str = ""

    def value(self, key: str, step: int | None = None) -> UnrolledNode:
        """Returns the node of a name at a step, or of a parameter or a total.

        Raises:
            KeyError: There is no such name, or not at this step.
        """
        try:
            return self.values[key, step]
        except KeyError:
            raise KeyError(write_step(key, step)) from None

    def __iter__(self) -> Iterator[UnrolledNode]:
        return iter(self.nodes)

    def __str__(self) -> str:
        return print_unrolled(self)

    def _repr_svg_(self) -> str:
        # Here, as the drawing is built on this module.
        from elman.paper.drawing.boxes import Content
        from elman.paper.drawing.picture import Drawing

        return Drawing(self.graph, self.steps, self.title, Content()).svg()


def unroll(graph: StepGraph, steps: int, title: str = "") -> UnrolledGraph:
    """Repeats the graph of a step over T steps.

    A read at another step becomes an edge to the node of that step, so the result has no loops.

    >>> from elman.ir import parse
    >>> print(unroll(parse("h_t = tanh(a h_{t-1} + x_t)").typed(), 2))
    %0 = multiply a h_0
    %1 = add %0 x_1
    h_1 = tanh %1
    %3 = multiply a h_1
    %4 = add %3 x_2
    h_2 = tanh %4

    Args:
        graph: A step graph, typed or not.
        steps: T.
        title: The name of its picture; by default the number of steps.

    Raises:
        ValueError: The number of steps is not between 1 and 100,000.
    """
    check_steps(steps)
    return _Unroller(graph, steps).run(title or f"Unrolled graph over {steps:,} steps")


def check_steps(steps: int) -> None:
    """Refuses a number of steps that cannot be unrolled.

    Raises:
        ValueError: It is not an integer between 1 and 100,000.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
        raise ValueError(f"steps is {steps!r}; it must be an integer from 1 to {MAX_STEPS:,}")


class _Unroller:
    def __init__(self, graph: StepGraph, steps: int) -> None:
        self.graph = graph
        self.steps = steps
        self.nodes: list[UnrolledNode] = []
        self.values: dict[tuple[str, int | None], UnrolledNode] = {}
        self.static: dict[int, UnrolledNode] = {}
        self.at: dict[tuple[int, int], UnrolledNode] = {}
        self.names = _names_by_node(graph)

    def run(self, title: str) -> UnrolledGraph:
        needed = reachable(self.graph.roots())
        for node in needed:
            if node.level == "static":
                self._make_static(node)
        for phase in find_phases(self.graph):
            order = range(1, self.steps + 1)
            for t in reversed(order) if phase.direction == "backward" else order:
                for node in phase.nodes:
                    self.at[node.number, t] = self._at_step(node, t)
        for node in needed:
            if node.level == "total":
                self._make_total(node)
        self._name_values()
        nodes = tuple(self.nodes)
        return UnrolledGraph(self.graph, self.steps, nodes, self.values, self.at, title)

    def _add(
        self,
        op: str,
        key: str,
        step: int | None,
        args: tuple[UnrolledNode, ...],
        source: Node | None,
        names: tuple[tuple[str, int | None], ...],
    ) -> UnrolledNode:
        node = UnrolledNode(op, key, step, args, source, names, len(self.nodes))
        self.nodes.append(node)
        return node

    def _make_static(self, node: Node) -> None:
        args = tuple(self.static[arg.number] for arg in node.args)
        names = tuple((key, None) for key in self.names.get(node.number, ()))
        if node.op == "parameter":
            names = ((node.key, None), *names)
        self.static[node.number] = self._add(node.op, node.key, None, args, node, names)

    def _make_total(self, node: Node) -> None:
        if node.op == "over_time":
            args = [self.at[node.args[0].number, t] for t in range(1, self.steps + 1)]
        else:
            args = [self.static[arg.number] for arg in node.args]
        names = tuple((key, None) for key in self.names.get(node.number, ()))
        made = self._add(node.op, node.key, None, tuple(args), node, names)
        self.static[node.number] = made

    def _at_step(self, node: Node, t: int) -> UnrolledNode:
        if node.op == "read":
            return self._read(node, t)
        args = tuple(
            self.static[arg.number] if arg.level == "static" else self.at[arg.number, t]
            for arg in node.args
        )
        names = tuple((key, t) for key in self.names.get(node.number, ()))
        return self._add(node.op, node.key, t, args, node, names)

    def _read(self, node: Node, t: int) -> UnrolledNode:
        """Returns what a read leads to: the node of another step, an input, or a start."""
        key, step = node.key, t - node.lag
        defined = self.graph.definitions.get(key)
        if 1 <= step <= self.steps and defined is not None:
            if defined.level == "static":
                return self.static[defined.number]
            return self.at[defined.number, step]
        if (key, step) not in self.values:
            inside = 1 <= step <= self.steps
            given = self.graph.starts.get((key, step))
            args = () if given is None else (self.static[given.number],)
            op = "input" if inside else "start"
            made = self._add(op, key, step, args, None, ((key, step),))
            self.values[key, step] = made
        return self.values[key, step]

    def _name_values(self) -> None:
        """Names every value; `y` in `y_t = h_{t-1}` is a second name of h at the step before."""
        for node in self.nodes:
            for key, step in node.names:
                self.values.setdefault((key, step), node)
        for key, defined in self.graph.definitions.items():
            for t in range(1, self.steps + 1):
                node = (
                    self.static[defined.number]
                    if defined.level == "static"
                    else self.at[defined.number, t]
                )
                self.values.setdefault((key, t), node)


def _names_by_node(graph: StepGraph) -> dict[int, tuple[str, ...]]:
    """Returns the names of each node, the states first: h rather than y where `y_t = h_t`."""
    read = {node.key for node in reachable(graph.roots()) if node.op == "read"}
    named = graph.names_of()
    definitions = graph.definitions
    return {
        number: tuple(sorted(keys, key=lambda key: key in definitions and key not in read))
        for number, keys in named.items()
    }


def write_step(key: str, step: int | None) -> str:
    """Writes a name at a step: `h_2`, and `L` without one."""
    return key if step is None else step_key(key, step)


def print_unrolled(graph: UnrolledGraph) -> str:
    """Writes an unrolled graph, one operation a line, in the user's names."""
    label: dict[int, str] = {}
    lines: list[str] = []
    for node in graph.nodes:
        label[node.number] = _leaf_text(node) or node.name or f"%{len(lines)}"
        if node.op in LEAVES or (node.op in ("input", "start") and not node.args):
            continue
        operator = node.op + (f".{node.key}" if node.op == "over_time" else "")
        words = [label[arg.number] for arg in node.args]
        written = " = ".join(write_step(*name) for name in node.names) or label[node.number]
        lines.append(f"{written} = {' '.join([operator, *words])}")
    return "\n".join(lines)


def _leaf_text(node: UnrolledNode) -> str:
    if node.op == "number":
        return f"{node.source.value!r}" if node.source is not None else ""
    return {"steps": "T", "parameter": node.key}.get(node.op, "")
