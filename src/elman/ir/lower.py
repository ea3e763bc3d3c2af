"""From the untyped graph to the typed one: products become what their shapes make of them.

A matrix built from I or diag(v) never exists as a matrix: applied to a vector h, `A + g I` is
`A h + g h`, and `diag(v)` is `v * h`.
"""

from __future__ import annotations

from elman.errors import ShapeError, SourceError, UnsupportedError, raise_all
from elman.ir.graph import GraphBuilder, Node, Shape, StepGraph
from elman.ir.operations import OPERATIONS
from elman.ir.products import Pair, Tree, group_product
from elman.ir.types import Types

_ACTS = frozenset(["identity", "diag"])
_CARRIES = frozenset(["add", "subtract", "negate", "multiply", "divide", "product", "transpose"])
_DROPPED = frozenset(["sum", "mean", "max", "min", "prod"])


def lower(graph: StepGraph, types: Types) -> StepGraph:
    """Rewrites an untyped graph into one of two-operand products with a shape on every node.

    Args:
        graph: The graph that `resolve` built.
        types: Its shapes.

    Raises:
        UnsupportedError: A matrix built from I or diag is used other than on a vector.
    """
    return _Lowering(graph, types).run()


class _Lowering:
    def __init__(self, graph: StepGraph, types: Types) -> None:
        self.graph = graph
        self.shapes = types.node_shapes
        self.builder = GraphBuilder()
        self.new: dict[int, Node] = {}
        self.acting: set[int] = set()
        self.errors: list[SourceError] = []

    def run(self) -> StepGraph:
        for node in self.graph.nodes:
            if node.number in self.shapes:
                self._lower(node)
        graph = self.graph
        groups = (graph.definitions, graph.derived, graph.totals, graph.starts)
        for node in {n.number: n for group in groups for n in group.values()}.values():
            if node.number in self.acting:
                self.errors.append(_whole(node))
        raise_all(self.errors)
        new = self.new
        return StepGraph(
            nodes=tuple(self.builder.nodes),
            definitions={key: new[node.number] for key, node in graph.definitions.items()},
            derived={key: new[node.number] for key, node in graph.derived.items()},
            totals={key: new[node.number] for key, node in graph.totals.items()},
            starts={key: new[node.number] for key, node in graph.starts.items()},
            inputs=graph.inputs,
            parameters=graph.parameters,
        )

    def _lower(self, node: Node) -> None:
        shape = self.shapes[node.number]
        inner = any(arg.number in self.acting for arg in node.args)
        carries = inner and len(shape) == 2 and node.op in _CARRIES and not self._applies(node)
        if node.op in _ACTS or carries:
            self.acting.add(node.number)
            return
        if node.op == "product":
            self.new[node.number] = self._product(node)
            return
        if inner:
            self.errors.append(_whole(node))
            self.acting.add(node.number)
            return
        args = [self.new[arg.number] for arg in node.args]
        if node.op == "transpose" and len(shape) < 2:
            self.new[node.number] = args[0]  # only says on which side the vector stands
        elif node.op in _DROPPED and not args[0].shape:
            self.new[node.number] = args[0]  # over the one feature of a scalar
        else:
            self.new[node.number] = self.builder.node(
                node.op,
                args,
                key=node.key,
                lag=node.lag,
                value=node.value,
                shape=shape,
                span=node.span,
            )

    def _applies(self, node: Node) -> bool:
        """Says whether a product applies a matrix that holds I to another one: `S (I - k k^T)`."""
        whole = [
            arg for arg in node.args
            if arg.number not in self.acting and len(self.shapes[arg.number]) == 2
        ]  # fmt: skip
        return node.op == "product" and bool(whole)

    def _product(self, node: Node) -> Node:
        shapes = [self.shapes[arg.number] for arg in node.args]
        rows = [
            arg.op == "transpose" and len(shape) == 1
            for arg, shape in zip(node.args, shapes, strict=True)
        ]
        grouped = group_product([len(shape) for shape in shapes], rows)
        assert grouped is not None, "internal: a product without a grouping passed type inference"
        return self._tree(grouped[0], node)

    def _tree(self, tree: Tree, product: Node) -> Node:
        if not isinstance(tree, Pair):
            return self.new[product.args[tree].number]
        for side, other in ((tree.left, tree.right), (tree.right, tree.left)):
            if not isinstance(side, Pair) and product.args[side].number in self.acting:
                if not isinstance(other, Pair) and product.args[other].number in self.acting:
                    raise _whole(product)
                vector = self._tree(other, product)
                if not vector.shape:
                    raise _whole(product)
                return self._applied(product.args[side], vector, from_left=side is tree.left)
        pair = [self._tree(part, product) for part in (tree.left, tree.right)]
        left, right = pair[0].span, pair[1].span
        span = product.span if left is None or right is None else left.to(right)
        return self._node(tree.op, pair, product, span=span)

    def _node(self, op: str, args: list[Node], place: Node, **more: object) -> Node:
        shape: Shape | None = OPERATIONS[op].shape(tuple(arg.shape for arg in args))
        assert shape is not None, f"internal: {op} of shapes that do not fit passed type inference"
        span = more.get("span", place.span)
        return self.builder.node(op, args, shape=shape, span=span)  # type: ignore[arg-type]

    def _applied(self, matrix: Node, vector: Node, *, from_left: bool) -> Node:
        """Returns a matrix with I or diag in it, applied to a vector or a matrix without."""
        if matrix.number not in self.acting:
            plain = self.new[matrix.number]
            if len(plain.shape) != 2:
                raise _beside_identity(matrix)
            pair = [plain, vector]
            return self._node("matmul", pair if from_left else pair[::-1], matrix)
        if matrix.op == "identity":
            return vector
        if matrix.op == "diag":
            if len(vector.shape) != 1:
                raise _whole(matrix)
            return self._node("multiply", [self.new[matrix.args[0].number], vector], matrix)
        if matrix.op in ("add", "subtract", "negate"):
            parts = [self._applied(arg, vector, from_left=from_left) for arg in matrix.args]
            return self._node(matrix.op, parts, matrix)
        if matrix.op == "transpose":
            return self._applied(matrix.args[0], vector, from_left=not from_left)
        factors = matrix.args[::-1] if from_left else matrix.args
        result = vector
        for factor in factors:
            if len(self.shapes[factor.number]) == 2:
                result = self._applied(factor, result, from_left=from_left)
        for factor in factors:
            if not self.shapes[factor.number]:
                op = "divide" if matrix.op == "divide" else "multiply"
                scalar = self.new[factor.number]
                pair = [result, scalar] if op == "divide" else [scalar, result]
                result = self._node(op, pair, matrix)
        return result


def _beside_identity(node: Node) -> ShapeError:
    return ShapeError(
        "a number or a vector cannot be added to the matrix I",
        node.span,
        remedy="Write c I for a number, or give vectors such as those of k k^T their sizes.",
    )


def _whole(node: Node) -> UnsupportedError:
    return UnsupportedError(
        "a matrix built from I or diag is supported only where it is applied",
        node.span,
        remedy="Apply it to a vector in one equation, as in (W - g I) h_{t-1}.",
    )
