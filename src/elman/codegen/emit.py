"""From a loop program to LLVM IR.

For each loop one public function runs a range of steps for slices of the batch, which threads take
from a counter until none is left. Rows of a batch never meet, so nothing waits within a loop.
"""

from __future__ import annotations

from elman.codegen.bodies import StageContext, Table
from elman.codegen.layout import (
    BATCH,
    COUNTER,
    FIRST,
    SLICES,
    STEPS,
    base_word,
    lanes_of,
    stride_word,
)
from elman.codegen.native import Target
from elman.codegen.pack import emit_pack
from elman.codegen.program import Access, Loop, LoopProgram
from elman.codegen.stages import emit_stage
from elman.codegen.writer import Function, Lanes, Module


def emit(program: LoopProgram, target: Target, bits: int) -> str:
    """Writes the LLVM IR of a program: functions `loop0`, `loop1`, ... and `pack`.

    Args:
        program: What to write.
        target: The machine it is for.
        bits: 32 or 64, the precision of all values.
    """
    lanes = lanes_of(target, bits)
    module = Module()
    for index, loop in enumerate(program.loops):
        _emit_loop(module, program, index, loop, target, lanes)
    emit_pack(module, lanes)
    return module.text()


def _emit_loop(
    module: Module, program: LoopProgram, index: int, loop: Loop, target: Target, lanes: Lanes
) -> None:
    table = Table()
    stages = []
    for number, stage in enumerate(loop.stages):
        name = f"loop{index}_stage{number}"
        emit_stage(StageContext(module, program, stage, name, table, lanes), target)
        stages.append(name)
    f = Function(module, f"loop{index}", ["ptr"], lanes, public=True)
    context = f.arguments[0]
    saved = _flush_to_zero(f) if target.flushes else ""
    batch, slices = f.load_word(context, BATCH), f.load_word(context, SLICES)
    counter = f.at(context, COUNTER, "i64")
    pointers = f.allocate(f"[{max(1, len(table.accesses))} x ptr]")
    head, body, end = (f.fresh_label(stem) for stem in ("slice", "take", "done"))
    f.emit(f"br label %{head}")
    f.label(head)
    taken = f.value(f"atomicrmw add ptr {counter}, i64 1 seq_cst")
    left = f.value(f"icmp slt i64 {taken}, {slices}")
    f.emit(f"br i1 {left}, label %{body}, label %{end}")
    f.label(body)
    first = f.div(f.mul(batch, taken), slices)
    rows = f.sub(f.div(f.mul(batch, f.add(taken, 1)), slices), first)
    begin, steps = f.load_word(context, FIRST), f.load_word(context, STEPS)
    with f.loop("0", steps) as passed:
        from_start = passed if loop.direction == "forward" else f.sub(f.sub(steps, 1), passed)
        t = f.add(begin, from_start)
        for place, access in enumerate(table.accesses):
            pointer = _slot(f, context, access, t, from_start)
            own = f.mul(first, _row_bytes(access, lanes))
            f.store_pointer(f.at(pointer, own), pointers, place)
        for name in stages:
            f.emit(f"call void @{name}(ptr {pointers}, ptr {context}, i64 {rows})")
    f.emit(f"br label %{head}")
    f.label(end)
    if saved:
        _restore(f, saved)
    f.finish()


def _row_bytes(access: Access, lanes: Lanes) -> int:
    return 0 if access.buffer.kind == "static" else access.buffer.width * lanes.size


def _slot(f: Function, context: str, access: Access, t: str, from_start: str) -> str:
    """Returns the address of a buffer's row 0 at the step that an access means."""
    buffer = access.buffer
    base = f.load_pointer(context, base_word(buffer.index))
    if buffer.kind == "static":
        return base
    if buffer.kind == "chunk":
        slot = from_start
    elif buffer.kind == "ring":
        slot = "0"
        if buffer.slots > 1:
            slot = f.rem(f.add(t, buffer.slots - access.lag), buffer.slots)
    else:
        slot = f.sub(t, access.lag)
    stride = f.load_word(context, stride_word(buffer.index))
    return f.at(base, f.mul(slot, stride))


def _flush_to_zero(f: Function) -> str:
    """Makes numbers too small to be normal zero, which processors compute with slowly.

    Gradients that vanish over hundreds of steps end there. The caller's setting comes back at the
    end, as it belongs to the thread.
    """
    f.module.declare("llvm.x86.sse.stmxcsr", "void", ["ptr"])
    f.module.declare("llvm.x86.sse.ldmxcsr", "void", ["ptr"])
    saved, changed = f.allocate("i32", 4), f.allocate("i32", 4)
    f.emit(f"call void @llvm.x86.sse.stmxcsr(ptr {saved})")
    before = f.value(f"load i32, ptr {saved}")
    flags = f.value(f"or i32 {before}, {0x8040}")
    f.emit(f"store i32 {flags}, ptr {changed}")
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {changed})")
    return saved


def _restore(f: Function, saved: str) -> None:
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {saved})")
