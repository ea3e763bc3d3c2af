"""From a loop program to LLVM IR.

For each loop one function runs all steps for shares of the batch, which threads take from a
counter until none is left. Rows of a batch never meet, so nothing waits within a loop. A share is a
fixed part of the batch with sums of its own: whichever thread takes it, the result is the same.
Public functions run the loops of a wave: a thread that finds no share of the first left goes on to
the next.
"""

from __future__ import annotations

from functools import cache

from elman.codegen.bodies import StageContext, Table
from elman.codegen.layout import (
    COUNTER,
    MEMBERS,
    PANEL_ROWS,
    ROWS,
    SHARES,
    SLICE_ROWS,
    STEPS,
    lanes_of,
    loop_word,
)
from elman.codegen.moves import emit_collect, emit_move
from elman.codegen.native import Target
from elman.codegen.pack import emit_pack, emit_sign
from elman.codegen.program import Access, Loop, LoopProgram
from elman.codegen.stages import emit_stage
from elman.codegen.steps import (
    call_stage,
    flushed_to_zero,
    of_share,
    place_of,
    row_bytes,
    slot,
)
from elman.codegen.summing import HelpedSumming, Summing, has_helper
from elman.codegen.sums import emit_sums
from elman.codegen.team import emit_meet, emit_team_loop, has_team
from elman.codegen.vanishing import cleared, idle_where_zero, vanishing_buffers
from elman.codegen.writer import Function, Lanes, Module
from elman.codegen.zeros import any_of, clear, emit_any


def emit(program: LoopProgram, target: Target, bits: int) -> str:
    """Writes the LLVM IR of a program: functions `wave0`, `wave1`, ... and those around them.

    Args:
        program: What to write.
        target: The machine it is for.
        bits: 32 or 64, the precision of all values.
    """
    lanes = lanes_of(target, bits)
    module = Module()
    if program.cotangents:
        emit_any(module, lanes)
    if any(_meets(program, index) for index in range(len(program.loops))):
        emit_meet(module, lanes, target)
    vanishing = vanishing_buffers(program)
    for index, loop in enumerate(program.loops):
        asked = idle_where_zero(loop, vanishing)
        _emit_loop(module, program, index, loop, asked, target, lanes)
    for number, wave in enumerate(program.waves()):
        f = Function(module, f"wave{number}", ["ptr"], lanes, public=True)
        for index in wave:
            if _meets(program, index):
                members = f.load_word(f.arguments[0], loop_word(program, index, MEMBERS))
                for case in f.switch(f.one_if("sgt", members, 1), [0, 1]):
                    f.emit(f"call void @loop{index}{'_team' * case}(ptr {f.arguments[0]})")
            else:
                f.emit(f"call void @loop{index}(ptr {f.arguments[0]})")
        f.finish()
    common = _common(lanes)
    module.functions += common.functions
    module.declarations |= common.declarations
    return module.text()


@cache
def _common(lanes: Lanes) -> Module:
    """Writes what every program has, whatever it computes; once, as it is a fifth of most texts."""
    module = Module()
    emit_pack(module, lanes)
    emit_sign(module, lanes)
    emit_move(module, lanes)
    emit_collect(module, lanes)
    return module


def _meets(program: LoopProgram, index: int) -> bool:
    """Says whether several threads may do a loop together, and wait for each other there."""
    return has_team(program, index) or has_helper(program, index)


def _emit_loop(
    module: Module,
    program: LoopProgram,
    index: int,
    loop: Loop,
    asked: list[Access],
    target: Target,
    lanes: Lanes,
) -> None:
    """Writes a loop, whose steps are left out where all that is asked for is zero."""
    table = Table()
    stages = {}
    for i, stage in enumerate(loop.stages):
        name = f"loop{index}_stage{i}"
        stages[name] = emit_stage(StageContext(module, program, stage, name, table, lanes), target)
    if has_team(program, index):
        emit_team_loop(module, program, index, table, stages, target, lanes)
    if loop.totals is not None:
        emit_sums(module, f"loop{index}_sums", loop.totals, target, lanes)
    f = Function(module, f"loop{index}", ["ptr"], lanes)
    context = f.arguments[0]
    counter = f.at(context, loop_word(program, index, COUNTER), "i64")
    shares = f.load_word(context, loop_word(program, index, SHARES))
    with flushed_to_zero(f, target), f.taken(counter, shares) as share:
        summing = None if loop.totals is None else Summing(f, program, index, share)
        _emit_share(f, program, index, share, asked, table, stages, lanes, summing)
    f.finish()
    if has_helper(program, index):
        # The same by two threads: the first that comes does the steps, the second the sums.
        f = Function(module, f"loop{index}_team", ["ptr"], lanes)
        helped = HelpedSumming(f, program, index)
        with flushed_to_zero(f, target):
            for case in f.switch(helped.joined(), [0, 1]):
                if case:
                    helped.help()
                else:
                    _emit_share(f, program, index, "0", asked, table, stages, lanes, helped)
        f.finish()


def _emit_share(
    f: Function,
    program: LoopProgram,
    index: int,
    share: str,
    asked: list[Access],
    table: Table,
    stages: dict[str, int],
    lanes: Lanes,
    summing: Summing | None,
) -> None:
    """Writes all steps of one share of the batch, and the sums of its chunks if there are any."""
    loop, context = program.loops[index], f.arguments[0]
    steps, batch, shares = (
        f.load_word(context, loop_word(program, index, word)) for word in (STEPS, ROWS, SHARES)
    )
    taken = f.allocate("i64", 8)  # how many steps of a chunk were not left out
    pointers = f.allocate(f"[{max(1, len(table.accesses))} x ptr]")
    begin = f.div(f.mul(batch, share), shares)
    whole = f.sub(f.div(f.mul(batch, f.add(share, 1)), shares), begin)
    if summing is not None:
        sums = summing.totals.sums
        clear(f, of_share(f, context, sums, share), sums.width * lanes.size)
    with f.blocks(whole, SLICE_ROWS) as (start, rows):
        first = f.add(begin, start)
        # Without sums a chunk has no end to wait for.
        chunk = steps if summing is None else f.div(str(PANEL_ROWS), rows)
        chunks = f.div(f.sub(f.add(steps, chunk), 1), chunk)
        with f.loop("0", chunks) as number:
            passed = f.mul(number, chunk)
            length = f.minimum(f.sub(steps, passed), chunk)
            f.emit(f"store i64 0, ptr {taken}")
            with f.loop("0", length) as step:
                t = place_of(f, loop, f.add(passed, step), steps)
                for place, access in enumerate(table.accesses):
                    if summing is not None and access.buffer.kind == "panels":
                        pointer = summing.panels(access.buffer)
                        filled = f.mul(f.load_word(taken, 0), rows)
                        row = f.mul(filled, lanes.width * lanes.size)
                    else:
                        pointer = slot(f, context, access, t)
                        row = f.mul(first, row_bytes(access, lanes))
                    f.store_pointer(f.at(pointer, row), pointers, place)
                some = _some(f, asked, table, pointers, lanes.size, rows) if asked else "1"
                for case in f.switch(some, [0, 1] if asked else [1]):
                    if case:
                        for name, panels in stages.items():
                            part = ("0", str(panels)) if panels else ()
                            call_stage(f, name, pointers, rows, part)
                        f.emit(f"store i64 {f.add(f.load_word(taken, 0), 1)}, ptr {taken}")
                        continue
                    for access in cleared(loop):
                        base = f.load_pointer(pointers, table.index(access))
                        clear(f, base, f.mul(rows, row_bytes(access, lanes)))
            if summing is not None:
                filled = f.mul(f.load_word(taken, 0), rows)
                for _ in f.switch(f.one_if("sgt", filled, 0), [1]):
                    summing.finish_chunk(filled, f.one_if("eq", f.add(number, 1), chunks))
    if summing is not None:
        summing.finish()


def _some(
    f: Function, asked: list[Access], table: Table, pointers: str, size: int, rows: str
) -> str:
    """Returns 1 if something that comes to a step is not zero, else 0; the first tells."""
    end, found = f.fresh_label("told"), []
    for access in asked:
        base = f.load_pointer(pointers, table.index(access))
        some = any_of(f, base, rows, access.buffer.width * size, access.buffer.width)
        found.append(f"[ {some}, %{f.block} ]")
        if access is not asked[-1]:
            further = f.fresh_label("ask")
            f.emit(f"switch i64 {some}, label %{end} [ i64 0, label %{further} ]")
            f.label(further)
    f.emit(f"br label %{end}")
    f.label(end)
    return f.value(f"phi i64 {', '.join(found)}")
