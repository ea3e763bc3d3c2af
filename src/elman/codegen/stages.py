"""A stage of a step as LLVM IR: a function of (pointers, arguments of the call, rows)."""

from __future__ import annotations

from elman.codegen.bodies import (
    ROWS_AT_ONCE,
    BodyWriter,
    StageContext,
    identity,
    reduce_lanes,
    row_groups,
)
from elman.codegen.few_rows import emit_few_rows
from elman.codegen.in_place import emit_in_place
from elman.codegen.interleaved import Interleaved
from elman.codegen.native import Target
from elman.codegen.normal import REDUCTIONS
from elman.codegen.tiles import emit_tiles
from elman.codegen.writer import Function


def emit_stage(context: StageContext, target: Target) -> int:
    """Writes a stage and what it calls.

    Returns:
        The number of panels, where the function takes a first and a last one; else 0.
    """
    if context.stage.kind == "row":
        _emit_rows(context)
    elif context.stage.in_place:
        return emit_in_place(context, target)
    elif context.stage.few_rows:
        return emit_few_rows(context, target)
    else:
        emit_tiles(context, target)
    return 0


def _emit_rows(context: StageContext) -> None:
    """Writes a stage without products: whole rows one after the other."""
    for count in (ROWS_AT_ONCE, 1):
        _emit_row_loop(context, count)
    f = Function(context.module, context.name, ["ptr", "ptr", "i64"], context.lanes)
    pointers, _, rows = f.arguments
    paired = f.mul(f.div(rows, ROWS_AT_ONCE), ROWS_AT_ONCE)
    f.emit(f"call void @{context.name}_{ROWS_AT_ONCE}(ptr {pointers}, i64 0, i64 {paired})")
    rest = f.sub(rows, paired)
    f.emit(f"call void @{context.name}_1(ptr {pointers}, i64 {paired}, i64 {rest})")
    f.finish()


def _emit_row_loop(context: StageContext, count: int) -> None:
    """Writes a function of (pointers, first row, rows) that takes several rows at once."""
    f = context.function(f"_{count}", ["ptr", "i64", "i64"], count)
    pointers, first, all_rows = f.arguments
    body = BodyWriter(context, f, pointers, ahead=True)
    reduced = [node for node in context.stage.body if node.op in REDUCTIONS]
    with row_groups(f, all_rows) as group:
        row = f.add(group, first)
        sums = [identity(f, node) for node in reduced]
        if context.whole:
            sums = _whole_vectors(context, f, body, row, sums)
        if context.tail:
            column = str(context.whole * context.lanes.width * context.lanes.size)
            body.write(row, column, context.tail, {}, sums)
            sums = list(body.reduced)
        for node, value in zip(reduced, sums, strict=True):
            body.store_reduction(node, row, reduce_lanes(f, node, value))
    f.finish()


def _whole_vectors(
    context: StageContext, f: Interleaved, body: BodyWriter, row: str, sums: list[str]
) -> list[str]:
    """Writes the loop over whole vectors; returns the reductions after it."""
    lanes, count = context.lanes, f.count
    starts = [(lanes.vector, value) for value in sums for _ in range(count)]
    with f.carried("0", str(context.whole), 1, starts) as (i, carried, updated):
        joined = [f.join(carried[k : k + count]) for k in range(0, len(carried), count)]
        body.write(row, f.mul(i, lanes.width * lanes.size), None, {}, joined)
        updated += [part for value in body.reduced for part in f.parts(value)]
    return joined
