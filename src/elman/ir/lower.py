"""From the untyped graph to the typed one: products become what their shapes make of them."""

from __future__ import annotations

from elman.ir.graph import GraphBuilder, Node, StepGraph
from elman.ir.operations import OPERATIONS
from elman.ir.products import Pair, Tree, group_product
from elman.ir.types import Types


def lower(graph: StepGraph, types: Types) -> StepGraph:
    """Rewrites an untyped graph into one of two-operand products with a shape on every node.

    Args:
        graph: The graph that `resolve` built.
        types: Its shapes.
    """
    builder = GraphBuilder()
    new: dict[int, Node] = {}
    for node in graph.nodes:
        if node.number in types.node_shapes:
            new[node.number] = _lowered(node, new, builder, types)
    return StepGraph(
        nodes=tuple(builder.nodes),
        definitions={key: new[node.number] for key, node in graph.definitions.items()},
        derived={key: new[node.number] for key, node in graph.derived.items()},
        totals={key: new[node.number] for key, node in graph.totals.items()},
        starts={key: new[node.number] for key, node in graph.starts.items()},
        inputs=graph.inputs,
        parameters=graph.parameters,
    )


def _lowered(node: Node, new: dict[int, Node], builder: GraphBuilder, types: Types) -> Node:
    args = [new[arg.number] for arg in node.args]
    shape = types.node_shapes[node.number]
    if node.op == "product":
        return _product(node, args, builder)
    if node.op == "transpose" and len(shape) < 2:
        return args[0]  # a transposed vector only says on which side it stands
    if node.op in ("sum", "mean", "max", "min", "prod") and not args[0].shape:
        return args[0]  # over the one feature of a scalar
    return builder.node(
        node.op, args, key=node.key, lag=node.lag, value=node.value, shape=shape, span=node.span
    )


def _product(node: Node, args: list[Node], builder: GraphBuilder) -> Node:
    rows = [
        old.op == "transpose" and len(arg.shape) == 1
        for old, arg in zip(node.args, args, strict=True)
    ]
    grouped = group_product([len(arg.shape) for arg in args], rows)
    assert grouped is not None, "internal: a product that has no grouping passed type inference"
    return _tree(grouped[0], args, builder, node)


def _tree(tree: Tree, args: list[Node], builder: GraphBuilder, product: Node) -> Node:
    if not isinstance(tree, Pair):
        return args[tree]
    pair = [_tree(part, args, builder, product) for part in (tree.left, tree.right)]
    shape = OPERATIONS[tree.op].shape((pair[0].shape, pair[1].shape))
    assert shape is not None, "internal: a product whose shapes do not fit passed type inference"
    left, right = pair[0].span, pair[1].span
    span = product.span if left is None or right is None else left.to(right)
    return builder.node(tree.op, pair, shape=shape, span=span)
