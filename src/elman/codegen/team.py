"""Several threads that do each step of a loop together, as LLVM IR.

A batch of one or two gives one thread work. Where the matrices are large, each thread takes a part
of every stage's panels, and all wait for each other after each stage, in a busy loop: a stage takes
microseconds. Results do not depend on how many threads turn up: no sum is split.

Threads that come late stay away. The first one waits a moment for the others and then says how many
do the steps, so a call is complete even if it is alone.
"""

from __future__ import annotations

import os

from elman.codegen.bodies import Table
from elman.codegen.layout import (
    CLOSED,
    COME,
    ENDED,
    MEETING,
    MEETING_LINE,
    MEMBERS,
    ROWS,
    STEPS,
    TOGETHER,
    loop_word,
)
from elman.codegen.native import Target
from elman.codegen.program import LoopProgram
from elman.codegen.steps import call_stage, flushed_to_zero, place_of, slot
from elman.codegen.writer import Function, Lanes, Module

# Rounds of the busy loop: that the first thread waits for others, some 100 us; after which a thread
# that waits lets others run, as its partner may have no core.
_PATIENCE = 4096


def has_team(program: LoopProgram, index: int) -> bool:
    """Says whether threads can do the steps of a loop together: nothing else runs beside it."""
    loop = program.loops[index]
    few = any(stage.few_rows and stage.kind == "tile" for stage in loop.stages)
    plain = loop.totals is None and not program.cotangents
    return few and plain and program.runs_alone(index)


def emit_meet(module: Module, lanes: Lanes, target: Target) -> None:
    """Writes `meet(counter, goal, most)`: waits until a counter has reached a goal.

    Returns 1 if it has, 0 after `most` rounds; for ever where that is negative.
    """
    f = Function(module, "meet", ["ptr", "i64", "i64"], lanes, result="i64")
    counter, goal, most = f.arguments
    head, wait, give, on, done, late = (
        f.fresh_label(stem) for stem in ("ask", "wait", "give", "on", "done", "late")
    )
    rounds, following = f.fresh(), f.fresh()
    f.emit(f"br label %{head}")
    f.label(head)
    f.emit(f"{rounds} = phi i64 [ 0, %entry ], [ {following}, %{on} ]")
    now = f.value(f"load atomic i64, ptr {counter} acquire, align 8")
    f.emit(f"br i1 {f.value(f'icmp sge i64 {now}, {goal}')}, label %{done}, label %{wait}")
    f.label(wait)
    if target.flushes:  # an x86 processor
        module.declare("llvm.x86.sse2.pause", "void", [])
        f.emit("call void @llvm.x86.sse2.pause()")
    f.emit(f"{following} = add i64 {rounds}, 1")
    enough = f.value(f"icmp eq i64 {following}, {most}")
    often = f.value(f"and i64 {following}, {_PATIENCE - 1}")
    long = f.value(f"icmp eq i64 {often}, 0")
    f.emit(f"br i1 {enough}, label %{late}, label %{give}")
    f.label(give)
    yielding = f.fresh_label("yield")
    f.emit(f"br i1 {long}, label %{yielding}, label %{on}")
    f.label(yielding)
    if hasattr(os, "sched_yield"):
        module.declare("sched_yield", "i32", [])
        f.value("call i32 @sched_yield()")
    f.emit(f"br label %{on}")
    f.label(on)
    f.emit(f"br label %{head}")
    f.label(done)
    f.emit("ret i64 1")
    f.label(late)
    f.finish("0")


def emit_team_loop(
    module: Module,
    program: LoopProgram,
    index: int,
    table: Table,
    stages: dict[str, int],
    target: Target,
    lanes: Lanes,
) -> None:
    """Writes `loop<index>_team(arguments)`, which each thread of a team runs.

    Args:
        module: Where it goes.
        program: The whole program.
        index: Of the loop.
        table: The loop's places.
        stages: The functions of its stages, and how many panels each divides among threads; one
            without panels is done by the first thread.
        target: The machine.
        lanes: The vector type.
    """
    f = Function(module, f"loop{index}_team", ["ptr"], lanes)
    context = f.arguments[0]
    meeting = f.load_pointer(context, loop_word(program, index, MEETING))
    come, together, ended = (f.at(meeting, line * MEETING_LINE) for line in (COME, TOGETHER, ENDED))
    number = f.value(f"atomicrmw add ptr {come}, i64 1 seq_cst")
    for _ in f.switch(f.one_if("eq", number, 0), [1]):
        wanted = f.load_word(context, loop_word(program, index, MEMBERS))
        f.value(f"call i64 @meet(ptr {come}, i64 {wanted}, i64 {_PATIENCE})")
        members = f.value(f"atomicrmw add ptr {come}, i64 {CLOSED} seq_cst")
        f.emit(f"store atomic i64 {members}, ptr {together} release, align 8")
    with flushed_to_zero(f, target):
        for _ in f.switch(f.one_if("slt", number, CLOSED), [1]):
            f.value(f"call i64 @meet(ptr {together}, i64 1, i64 -1)")
            members = f.value(f"load atomic i64, ptr {together} acquire, align 8")
            _emit_steps(f, program, index, table, stages, ended, number, members)
    f.finish()


def _emit_steps(
    f: Function,
    program: LoopProgram,
    index: int,
    table: Table,
    stages: dict[str, int],
    ended: str,
    number: str,
    members: str,
) -> None:
    """Writes all steps as the thread of some number does them."""
    loop, context = program.loops[index], f.arguments[0]
    steps, rows = (f.load_word(context, loop_word(program, index, word)) for word in (STEPS, ROWS))
    pointers = f.allocate(f"[{max(1, len(table.accesses))} x ptr]")
    parts = {
        panels: (
            f.div(f.mul(number, panels), members),
            f.div(f.mul(f.add(number, 1), panels), members),
        )
        for panels in dict.fromkeys(stages.values())
        if panels
    }
    with f.loop("0", steps) as step:
        t = place_of(f, loop, step, steps)
        for place, access in enumerate(table.accesses):
            f.store_pointer(slot(f, context, access, t), pointers, place)
        for i, (name, panels) in enumerate(stages.items()):
            if panels:
                call_stage(f, name, pointers, rows, parts[panels])
            else:
                for _ in f.switch(f.one_if("eq", number, 0), [1]):
                    call_stage(f, name, pointers, rows, ())
            f.value(f"atomicrmw add ptr {ended}, i64 1 seq_cst")
            goal = f.mul(f.add(f.mul(step, len(stages)), i + 1), members)
            f.value(f"call i64 @meet(ptr {ended}, i64 {goal}, i64 -1)")
