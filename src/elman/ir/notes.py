"""What type inference had to assume, in sentences for `elman show`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from elman.equations.syntax import (
    Binary,
    Equation,
    Expression,
    Name,
    Number,
    Product,
    Statement,
    children,
)
from elman.ir.graph import Node, Shape
from elman.ir.ranks import RankTable


def assumptions(
    ranks: RankTable, shapes: Mapping[str, Shape], stated: Collection[str]
) -> Iterator[str]:
    """Yields a sentence for every shape that another reader might take otherwise.

    Args:
        ranks: Solved ranks.
        shapes: The shape of every name.
        stated: Names whose shape is declared or whose size is given.
    """
    yield from dict.fromkeys(_capitals(ranks, shapes, stated))
    if any(shapes.values()):
        yield from _scalars(ranks, shapes, stated)


def slips(statements: Sequence[Statement]) -> Iterator[str]:
    """Yields a sentence for every `x_t-1` that was perhaps meant as `x_{t-1}`."""
    waiting: list[Expression] = [s.right for s in statements if isinstance(s, Equation)]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(children(node)))
        if not (isinstance(node, Binary) and node.operator == "-"):
            continue
        last = node.left
        while isinstance(last, Product | Binary):
            last = children(last)[-1]
        if not (isinstance(last, Name) and last.index and isinstance(node.right, Number)):
            continue
        text = last.span.source.text
        touches = text[last.span.end : node.right.span.start] == "-"
        if touches and text[: last.span.end].endswith(f"_{last.index.letter}"):
            letter, number = last.index.letter, node.right.span.text
            name = last.span.text.removesuffix(f"_{letter}")
            yield (
                f"{last.span.text}-{number} is read as {last.span.text} minus {number}; "
                f"write {name}_{{{letter}-{number}}} for an earlier step."
            )


def _capitals(
    ranks: RankTable, shapes: Mapping[str, Shape], stated: Collection[str]
) -> Iterator[str]:
    """An undeclared capital joined by `*` reads as a vector, though most people mean a matrix."""
    for node in ranks.nodes:
        if node.op != "multiply":
            continue
        for name, other in (node.args, node.args[::-1]):
            key = name.key
            if name.op == "parameter" and key[0].isupper() and key not in stated and shapes[key]:
                beside = _text(other, ranks)
                yield (
                    f"{key} is read as {_shape(shapes[key])}, as {_text(node, ranks)} is an "
                    f"elementwise product; write {_text(name, ranks)} @ {beside} for a matrix."
                )


def _scalars(
    ranks: RankTable, shapes: Mapping[str, Shape], stated: Collection[str]
) -> Iterator[str]:
    """A name over time that nothing makes a vector is a scalar, and so is a capital beside it."""
    for key in (*ranks.graph.inputs, *ranks.graph.definitions):
        if not shapes[key] and key not in stated and key in ranks.settled:
            yield f"{key} is read as a scalar, as nothing makes it a vector; give it a size."
    for node in ranks.nodes:
        if node.op != "product" or len(node.args) != 2:
            continue
        name, other = node.args
        is_weight = name.op == "parameter" and name.key[0].isupper() and name.key not in stated
        if is_weight and not shapes[name.key] and other.op == "read" and not shapes[other.key]:
            yield (
                f"{name.key} is read as a scalar, as {other.key} is one; declare its shape, "
                f"such as {name.key}: [h], for a weight per entry."
            )


def _shape(shape: Shape) -> str:
    dims = ", ".join(str(dim) for dim in shape)
    return f"a {'vector' if len(shape) == 1 else 'matrix'} [{dims}]"


def _text(node: Node, ranks: RankTable) -> str:
    """Writes a node as the user does, by its name where it has one."""
    graph = ranks.graph
    name = next((key for key, other in graph.definitions.items() if other is node), None)
    if name is not None and node.op != "multiply":
        return f"{name}_t"
    text = node.span.text if node.span is not None else node.key
    return " ".join(text.split())
