"""Sums over time and batch: how products cover them."""

from __future__ import annotations

from elman.codegen.program import Buffer, LoopTotals, Span, Total
from elman.codegen.totals import Block, blocks_of, summed_lefts, vector_runs
from elman.ir.graph import Dim, GraphBuilder

A, B, C = Span(0, 4), Span(16, 4), Span(32, 4)
H, X = Span(0, 4), Span(16, 3)


def totals(*places):
    """Sums of given spans; a pair of tuples for each."""
    builder = GraphBuilder()
    made = []
    for i, (rows, columns) in enumerate(places):
        sizes = [sum(span.width for span in spans) for spans in (rows, columns) if spans]
        node = builder.node("number", value=i, shape=tuple(Dim(str(n), n) for n in sizes))
        made.append(Total(node, rows, columns))
    buffers = [Buffer(name, "panels", 48, i) for i, name in enumerate(("lefts", "rights"))]
    return LoopTotals(tuple(made), *buffers, Buffer("sums", "sums", 49 * 48, 2))


def test_factors_with_the_same_partners_become_one_product():
    places = totals(((A,), (H,)), ((B,), (H,)), ((A,), (X,)), ((B,), (X,)))
    assert blocks_of(places) == [Block((A, B), (H, X))]


def test_factors_with_other_partners_stay_apart():
    # As in a GRU: one left factor meets only the state, one only the input.
    places = totals(((A,), (H,)), ((B,), (H,)), ((B,), (X,)), ((C,), (X,)))
    assert blocks_of(places) == [Block((A,), (H,)), Block((B,), (H, X)), Block((C,), (X,))]


def test_sums_of_vectors_need_no_product():
    places = totals(((A,), ()), ((B,), (H,)))
    assert blocks_of(places) == [Block((B,), (H,))]
    assert summed_lefts(places) == (A,)


def test_runs_of_vectors_leave_padding_out():
    assert list(vector_runs([Span(0, 16), Span(16, 3), Span(32, 9)], 8)) == [(0, 3), (4, 2)]
