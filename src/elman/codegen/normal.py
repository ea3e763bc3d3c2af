"""A step graph in the few operations that kernels know.

Means, norms, softmax and layer normalisation become sums over features and elementwise operations;
sums of several terms become one `add` of them all, so that products among them can share
accumulators; a product with joined vectors becomes a sum of products. What a kernel cannot do is
found here, and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from elman.errors import BackendUnavailableError
from elman.ir.graph import LEAVES, Dim, GraphBuilder, Node, Shape, StepGraph, reachable, reads
from elman.ir.operations import LAYERNORM_EPSILON, OPERATIONS

REDUCTIONS = frozenset(["sum", "max", "min", "prod"])


class UnsupportedByKernelError(BackendUnavailableError):
    """Something in a recurrence that the compiled kernels do not do; the eager back end does."""


def columns(node: Node) -> int:
    """Returns how many numbers a scalar or vector holds for one sample."""
    return int(node.shape[0].size or 0) if node.shape else 1


def uncopied(node: Node) -> Node:
    """Returns what a copy is a copy of, or the node itself."""
    return node.args[0] if node.op == "copy" else node


def is_computed(node: Node) -> bool:
    """Says whether a kernel computes a node at each step, rather than reading it."""
    return node.op == "copy" or (node.level == "step" and node.op != "read")


def normalise(
    graph: StepGraph, wanted: Collection[str], totals: Collection[str]
) -> tuple[StepGraph, dict[str, Node]]:
    """Rewrites what some names need of a graph; returns the nodes that have names too.

    Args:
        graph: A typed graph with all sizes known.
        wanted: Names over time to compute.
        totals: Totals (or names without time) to compute.

    Raises:
        UnsupportedByKernelError: A kernel cannot compute one of them.
    """
    made = _Normaliser(graph, wanted, totals)
    normal = made.run()
    names = {
        keys[0]: made.new[number]
        for number, keys in graph.names_of().items()
        if number in made.new and is_computed(made.new[number])
    }
    return normal, names


class _Normaliser:
    def __init__(self, graph: StepGraph, wanted: Collection[str], totals: Collection[str]) -> None:
        self.graph = graph
        self.builder = GraphBuilder()
        self.new: dict[int, Node] = {}
        everything = {**graph.derived, **graph.totals}
        self.totals = {key: everything[key] for key in totals}
        self.definitions = _needed(graph, wanted, self.totals.values())
        self.starts = {p: n for p, n in graph.starts.items() if p[0] in self.definitions}
        roots = (*self.definitions.values(), *self.totals.values(), *self.starts.values())
        self.nodes = reachable(roots)
        uses = [*roots, *(arg for node in self.nodes for arg in node.args)]
        self.uses = Counter(node.number for node in uses)

    def run(self) -> StepGraph:
        for node in self.nodes:
            self.new[node.number] = self._rewritten(node)
        new = self.new
        return StepGraph(
            nodes=tuple(self.builder.nodes),
            definitions=self._apart({k: new[n.number] for k, n in self.definitions.items()}),
            derived={},
            totals={k: new[n.number] for k, n in self.totals.items()},
            starts={place: new[n.number] for place, n in self.starts.items()},
            inputs=self.graph.inputs,
            parameters=self.graph.parameters,
        )

    def node(self, op: str, *args: Node, shape: Shape | None = None, key: str = "") -> Node:
        if shape is None:
            shape = max((arg.shape for arg in args), key=len)
        return self.builder.node(op, args, shape=shape, key=key)

    def number(self, value: float) -> Node:
        return self.builder.node("number", value=value)

    def total(self, op: str, node: Node) -> Node:
        """A reduction over features; a scalar is its own."""
        return self.node(op, node, shape=()) if node.shape else node

    def computed(self, node: Node) -> Node:
        """Returns a node that a kernel computes: a copy of what is only read."""
        return node if is_computed(node) else self.node("copy", node)

    def _apart(self, definitions: dict[str, Node]) -> dict[str, Node]:
        """Gives names that are one value each a place for what they are outside 1..T.

        In `h_t = c_t` both are the same at every step, and yet h_0 need not be c_0.
        """
        lagged = {node.key for node in self.new.values() if node.op == "read" and node.lag}
        found, taken = {}, set()
        for key, node in definitions.items():
            found[key] = self.computed(node)
            if key in lagged:
                if found[key].number in taken:
                    found[key] = self.node("copy", found[key], key=key)
                taken.add(found[key].number)
        return found

    def _rewritten(self, node: Node) -> Node:
        args = [self.new[arg.number] for arg in node.args]
        if node.op == "over_time" and (node.key != "sum" or args[0].level != "step"):
            raise UnsupportedByKernelError(f"the {node.key} over time of a constant has no kernel")
        if node.level != "step" or node.op in LEAVES:
            return self.builder.node(
                node.op, args, key=node.key, lag=node.lag, value=node.value,
                shape=node.shape, span=node.span,
            )  # fmt: skip
        if len(node.shape) > 1 and node.op != "outer":
            raise UnsupportedByKernelError(
                f"{node.op} gives a matrix at every step, which has no kernel"
            )
        rule = _RULES.get(node.op)
        if rule is not None:
            return rule(self, node, args)
        if OPERATIONS[node.op].kind != "elementwise":
            raise UnsupportedByKernelError(f"{node.op} over features has no kernel")
        return self.builder.node(node.op, args, shape=node.shape, span=node.span)


def _needed(graph: StepGraph, wanted: Collection[str], totals: Iterable[Node]) -> dict[str, Node]:
    """Returns the definitions that some names are computed from, themselves included."""
    found = {key: graph.definitions[key] for key in wanted}
    waiting = [*found.values(), *totals]
    while waiting:
        for read in reads([waiting.pop()]):
            if read.key in graph.definitions and read.key not in found:
                found[read.key] = graph.definitions[read.key]
                waiting.append(found[read.key])
    return {key: node for key, node in graph.definitions.items() if key in found}


Rule: TypeAlias = Callable[[_Normaliser, Node, list[Node]], Node]


def _add(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    """One `add` of all terms; those of an inner sum join if nothing else needs it."""
    terms: list[Node] = []
    for old, arg in zip(node.args, args, strict=True):
        single = made.uses[old.number] == 1 and arg.shape == node.shape
        terms += arg.args if arg.op == "add" and arg.level == "step" and single else [arg]
    return made.node("add", *terms, shape=node.shape)


def _matmul(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    left, right = args
    if len(left.shape) == 2 and left.level == "static" and len(right.shape) == 1:
        return _product(made, left, right)
    if len(right.shape) == 2 and right.level == "static" and len(left.shape) == 1:
        return _product(made, made.node("transpose", right, shape=right.shape[::-1]), left)
    raise UnsupportedByKernelError("a product with a matrix that changes with time has no kernel")


def _product(made: _Normaliser, matrix: Node, vector: Node) -> Node:
    """A matrix times a vector; for joined vectors a sum of products with parts of the matrix."""
    rows = matrix.shape[0]
    if vector.op != "concat":
        return made.node("matmul", matrix, vector, shape=(rows,))
    terms, start = [], 0
    for part in map(uncopied, vector.args):
        stop = start + columns(part)
        own = (rows, Dim(str(stop - start), stop - start)) if part.shape else (rows,)
        piece = made.node("columns", matrix, shape=own, key=f"{start}:{stop}")
        op = "matmul" if part.shape else "multiply"
        terms.append(made.node(op, piece, part, shape=(rows,)))
        start = stop
    return made.node("add", *terms, shape=(rows,))


def _mean(made: _Normaliser, x: Node) -> Node:
    return made.node("multiply", made.total("sum", x), made.number(1 / columns(x)))


def _softmax(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    grown = made.node("exp", made.node("subtract", args[0], made.total("max", args[0])))
    return made.node("divide", grown, made.total("sum", grown))


def _layernorm(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    centred = made.node("subtract", args[0], _mean(made, args[0]))
    variance = _mean(made, made.node("multiply", centred, centred))
    spread = made.node("sqrt", made.node("add", variance, made.number(LAYERNORM_EPSILON)))
    return made.node("divide", centred, spread)


def _norm(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    squares = made.node("multiply", args[0], args[0])
    return made.node("sqrt", made.total("sum", squares))


def _dot(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    return made.total("sum", made.node("multiply", *args))


def _part(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    """Entries of a vector from a position on."""
    return made.node("part", args[0], shape=node.shape, key=str(int(args[1].value)))


def _reduction(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    return made.total(node.op, args[0])


def _concat(made: _Normaliser, node: Node, args: list[Node]) -> Node:
    """Joined vectors; what is only read is copied to its place among them."""
    parts = [made.computed(arg) for arg in args]
    return made.node("concat", *parts, shape=node.shape)


_RULES: dict[str, Rule] = {
    "add": _add,
    "matmul": _matmul,
    "dot": _dot,
    "outer": lambda made, node, args: made.node("outer", *args, shape=node.shape),
    "sum": _reduction,
    "max": _reduction,
    "min": _reduction,
    "prod": _reduction,
    "mean": lambda made, node, args: _mean(made, args[0]),
    "norm": _norm,
    "softmax": _softmax,
    "layernorm": _layernorm,
    "transpose": lambda made, node, args: args[0],
    "expand": lambda made, node, args: made.node("expand", args[0], shape=node.shape),
    "part": _part,
    "concat": _concat,
}
