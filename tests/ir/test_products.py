"""Chains of factors group into two-operand products."""

from __future__ import annotations

import pytest

from elman.ir.products import Pair, group_product


def written(tree) -> str:
    """A tree as text, factors as letters."""
    if isinstance(tree, Pair):
        return f"({written(tree.left)} {tree.op} {written(tree.right)})"
    return "abcde"[tree]


@pytest.mark.parametrize(
    ("ranks", "rows", "expected", "rank"),
    [
        ([0, 0], [], "(a multiply b)", 0),
        ([2, 1], [], "(a matmul b)", 1),
        ([1, 2], [], "(a matmul b)", 1),
        ([2, 2, 1], [], "(a matmul (b matmul c))", 1),
        ([1, 2, 2], [], "((a matmul b) matmul c)", 1),
        ([0, 2, 1], [], "(a multiply (b matmul c))", 1),
        ([2, 0, 1], [], "(b multiply (a matmul c))", 1),
        ([2, 1, 0], [], "((a matmul b) multiply c)", 1),
        ([1, 1], [0], "(a dot b)", 0),
        ([1, 1], [1], "(a outer b)", 2),
        ([1, 2, 1], [0], "(a dot (b matmul c))", 0),
        ([2, 2], [], "(a matmul b)", 2),
    ],
)
def test_grouping(ranks, rows, expected, rank):
    tree, found = group_product(ranks, [i in rows for i in range(len(ranks))])
    assert (written(tree), found) == (expected, rank)


@pytest.mark.parametrize(("ranks", "rows"), [([1, 1], []), ([1, 1], [0, 1]), ([2, 1], [1])])
def test_what_is_no_product(ranks, rows):
    assert group_product(ranks, [i in rows for i in range(len(ranks))]) is None
