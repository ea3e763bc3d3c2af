"""Sums over time and batch: as few large products as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
