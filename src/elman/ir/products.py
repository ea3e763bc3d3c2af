"""How a chain of factors side by side groups into two-operand products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Pair:
    """`op` (`multiply`, `matmul`, `dot`, `outer`) of two trees; a leaf is a factor's position."""

    op: str
    left: Tree
    right: Tree


Tree: TypeAlias = Pair | int


@dataclass(frozen=True)
class _Part:
    tree: Tree
    rank: int
    row: bool


def group_product(ranks: Sequence[int], rows: Sequence[bool]) -> tuple[Tree, int] | None:
    """Groups factors of the given ranks.

    A chain that ends in a column vector is grouped from the right, `V (W h)`; one that begins
    with a vector from the left, `(x V) W`. Scalars multiply the result.

    Args:
        ranks: 0, 1 or 2 for each factor.
        rows: Whether a factor is a transposed vector.

    Returns:
        The tree and the rank of its value, or None where the factors do not form a product, as
        two column vectors side by side do not.
    """
    parts = [_Part(i, rank, rows[i]) for i, rank in enumerate(ranks) if rank]
    scalars = [i for i, rank in enumerate(ranks) if rank == 0]
    if not parts:
        tree: Tree = scalars[-1]
        for position in reversed(scalars[:-1]):
            tree = Pair("multiply", position, tree)
        return tree, 0
    combined = _combine(parts)
    if combined is None:
        return None
    tree = combined.tree
    last = next(i for i in reversed(range(len(ranks))) if ranks[i])
    for position in [i for i in scalars if i > last]:
        tree = Pair("multiply", tree, position)
    for position in reversed([i for i in scalars if i < last]):
        tree = Pair("multiply", position, tree)
    return tree, combined.rank


def _combine(parts: list[_Part]) -> _Part | None:
    from_right = (parts[-1].rank == 1 and not parts[-1].row) or parts[0].rank == 2
    if from_right:
        acc = parts[-1]
        for part in reversed(parts[:-1]):
            joined = _pair(part, acc)
            if joined is None:
                return None
            acc = joined
        return acc
    acc = parts[0]
    for part in parts[1:]:
        joined = _pair(acc, part)
        if joined is None:
            return None
        acc = joined
    return acc


def _pair(left: _Part, right: _Part) -> _Part | None:
    ranks = (left.rank, right.rank)
    if 0 in ranks:
        return _Part(Pair("multiply", left.tree, right.tree), sum(ranks), left.row or right.row)
    if ranks == (1, 1):
        if left.row and not right.row:
            return _Part(Pair("dot", left.tree, right.tree), 0, False)
        if right.row and not left.row:
            return _Part(Pair("outer", left.tree, right.tree), 2, False)
        return None
    if ranks == (2, 1) and right.row:
        return None
    row = left.row and ranks == (1, 2)
    return _Part(Pair("matmul", left.tree, right.tree), min(ranks), row)
