"""Sums over time and batch: as few large products as possible, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.codegen.program import LoopTotals, Span


@dataclass(frozen=True)
class Block:
    """One product: left factors that all meet the same right factors.

    Attributes:
        lefts: The left factors, side by side.
        rights: The right factors, side by side.
    """

    lefts: tuple[Span, ...]
    rights: tuple[Span, ...]


def blocks_of(totals: LoopTotals) -> list[Block]:
    """Returns the products that cover all sums of outer products, none of them twice."""
    partners: dict[Span, dict[Span, None]] = {}
    for total in totals.totals:
        for row in total.rows:
            partners.setdefault(row, {}).update(dict.fromkeys(total.columns))
    joined: dict[tuple[Span, ...], list[Span]] = {}
    for row, columns in partners.items():
        joined.setdefault(_ordered(columns), []).append(row)
    return [Block(_ordered(rows), columns) for columns, rows in joined.items() if columns]


def summed_lefts(totals: LoopTotals) -> tuple[Span, ...]:
    """Returns the left factors that are summed themselves."""
    return _ordered(row for total in totals.totals if not total.columns for row in total.rows)


def _ordered(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(sorted(set(spans), key=lambda span: span.first))


def vector_runs(spans: Iterable[Span], lanes: int) -> Iterator[tuple[int, int]]:
    """Yields runs of vectors, first and count, that hold some spans; padding is in none."""
    start, count = 0, 0
    for span in spans:
        first, vectors = span.first // lanes, -(-span.width // lanes)
        if first == start + count:
            count += vectors
            continue
        if count:
            yield start, count
        start, count = first, vectors
    if count:
        yield start, count


def sums_of(totals: LoopTotals, summed: Tensor) -> dict[int, Tensor]:
    """Returns the value of each sum, by the number of its node, in memory of its own.

    Args:
        totals: The sums of a loop.
        summed: [sums.width], added over all threads.
    """
    height, width = totals.lefts.width, totals.rights.width
    products = summed[: height * width].view(height, width)
    vectors = summed[height * width :]
    found = {}
    for total in totals.totals:
        rows = [slice(span.first, span.first + span.width) for span in total.rows]
        columns = [slice(span.first, span.first + span.width) for span in total.columns]
        if columns:
            parts = [[products[row, column] for column in columns] for row in rows]
            value = torch.cat([torch.cat(part, 1) for part in parts])
        else:
            value = torch.cat([vectors[row] for row in rows])
        sizes = [dim.size or 0 for dim in total.node.shape]
        found[total.node.number] = value.reshape(sizes)
    return found
