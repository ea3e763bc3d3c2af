"""Sums over time and batch of outer products, as few large products as possible."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from elman.codegen.program import LoopProgram


@dataclass(frozen=True)
class Block:
    """One product: columns `rows` of the left factors by columns `columns` of the right ones."""

    rows: tuple[int, int]
    columns: tuple[int, int]


class TotalSums:
    """How the totals of a program are summed.

    Attributes:
        blocks: The products that cover all totals.
        places: Number of a total -> its block and the place of its first entry in it.
    """

    def __init__(self, program: LoopProgram) -> None:
        self.ones = program.ones
        self.totals = program.totals
        self.blocks = _cover([(t.rows, t.columns) for t in program.totals])

    def add(self, sums: dict[int, Tensor], lefts: Tensor, rights: Tensor) -> None:
        """Adds what some steps contribute.

        Args:
            sums: Block -> its sum so far; empty at first.
            lefts: [steps, B, width].
            rights: [steps, B, width].
        """
        left, right = lefts.flatten(0, 1), rights.flatten(0, 1)
        for i, block in enumerate(self.blocks):
            first = left[:, block.rows[0] : block.rows[1]]
            if block.columns == (self.ones, self.ones + 1):
                product = first.sum(0).unsqueeze(1)
            else:
                product = first.T @ right[:, block.columns[0] : block.columns[1]]
            sums[i] = sums[i].add_(product) if i in sums else product

    def of(self, sums: dict[int, Tensor], dtype: torch.dtype) -> dict[int, Tensor]:
        """Returns the value of each total, by the number of its node."""
        found = {}
        for total in self.totals:
            for i, block in enumerate(self.blocks):
                row, column = total.rows[0] - block.rows[0], total.columns[0] - block.columns[0]
                inside = 0 <= row and total.rows[0] + total.rows[1] <= block.rows[1]
                if inside and 0 <= column and sum(total.columns) <= block.columns[1]:
                    if i in sums:
                        value = sums[i][row : row + total.rows[1]]
                        value = value[:, column : column + total.columns[1]]
                    else:
                        value = torch.zeros(total.rows[1], total.columns[1], dtype=dtype)
                    sizes = [dim.size or 0 for dim in total.node.shape]
                    found[total.node.number] = value.reshape(sizes)
                    break
        return found


def _cover(places: list[tuple[tuple[int, int], tuple[int, int]]]) -> list[Block]:
    """Joins rectangles, given by first and size, that stand side by side."""
    columns: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for rows, right in places:
        columns.setdefault((right[0], sum(right)), []).append((rows[0], sum(rows)))
    blocks: list[Block] = []
    for right in sorted(columns):
        for rows in _runs(columns[right]):
            before = blocks[-1] if blocks else None
            if before and before.rows == rows and before.columns[1] == right[0]:
                blocks[-1] = Block(rows, (before.columns[0], right[1]))
            else:
                blocks.append(Block(rows, right))
    return blocks


def _runs(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Joins spans that follow each other."""
    runs: list[tuple[int, int]] = []
    for span in sorted(set(spans)):
        if runs and runs[-1][1] == span[0]:
            runs[-1] = (runs[-1][0], span[1])
        else:
            runs.append(span)
    return runs
