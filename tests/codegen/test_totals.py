"""Sums over time and batch: how products cover them, and what becomes of their results."""

from __future__ import annotations

import torch

from elman.codegen.program import Buffer, LoopTotals, Span, Total
from elman.codegen.totals import Block, blocks_of, summed_lefts, sums_of, vector_runs
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


def test_results_are_cut_out_of_the_sums():
    places = totals(((A,), (H, X)), ((B,), ()), ((B, C), (X,)))
    summed = torch.arange(49 * 48.0)
    found = list(sums_of(places, summed).values())
    whole = summed[: 48 * 48].view(48, 48)
    assert torch.equal(found[0], torch.cat([whole[:4, :4], whole[:4, 16:19]], 1))
    assert torch.equal(found[1], summed[48 * 48 + 16 :][:4])
    assert torch.equal(found[2], torch.cat([whole[16:20, 16:19], whole[32:36, 16:19]]))
    assert len({value.untyped_storage().data_ptr() for value in found}) == 3
