"""What every loop over steps needs, as LLVM IR: places, calls, the processor's setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from elman.codegen.layout import base_word, stride_word
from elman.codegen.native import Target
from elman.codegen.program import Access, Buffer, Loop
from elman.codegen.writer import Function, Lanes


def row_bytes(access: Access, lanes: Lanes) -> int:
    """Returns the bytes from one row of a buffer to the next; none where all rows are one."""
    return 0 if access.buffer.kind == "static" else access.buffer.width * lanes.size


def of_share(f: Function, context: str, buffer: Buffer, share: str) -> str:
    """Returns the address of what a share of the batch has of a buffer for itself."""
    base = f.load_pointer(context, base_word(buffer.index))
    return f.at(base, f.mul(share, f.load_word(context, stride_word(buffer.index))))


def slot(f: Function, context: str, access: Access, t: str) -> str:
    """Returns the address of a buffer's row 0 at the step that an access means."""
    buffer = access.buffer
    base = f.load_pointer(context, base_word(buffer.index))
    if buffer.kind == "static":
        return base
    if buffer.kind == "ring":
        slot = "0"
        if buffer.slots > 1:
            slot = f.rem(f.add(t, buffer.slots - access.lag), buffer.slots)
    else:
        slot = f.sub(t, access.lag)
    stride = f.load_word(context, stride_word(buffer.index))
    return f.at(base, f.mul(slot, stride))


def place_of(f: Function, loop: Loop, count: str, steps: str) -> str:
    """Returns the step that a loop does after `count` others, from 0."""
    return f.sub(f.sub(steps, 1), count) if loop.direction == "backward" else count


def call_stage(f: Function, name: str, pointers: str, rows: str, part: Sequence[str]) -> None:
    """Calls a stage for some rows.

    Args:
        f: The loop, whose argument is that of the kernel.
        name: Of the stage's function.
        pointers: The step's places.
        rows: How many.
        part: The first panel and the one after the last, where the function takes them.
    """
    panels = "".join(f", i64 {panel}" for panel in part)
    f.emit(f"call void @{name}(ptr {pointers}, ptr {f.arguments[0]}, i64 {rows}{panels})")


@contextmanager
def flushed_to_zero(f: Function, target: Target) -> Iterator[None]:
    """Makes numbers too small to be normal zero, which processors compute with slowly.

    Gradients that vanish over hundreds of steps end there. The caller's setting comes back at the
    end, as it belongs to the thread.
    """
    if not target.flushes:
        yield
        return
    f.module.declare("llvm.x86.sse.stmxcsr", "void", ["ptr"])
    f.module.declare("llvm.x86.sse.ldmxcsr", "void", ["ptr"])
    saved, changed = f.allocate("i32", 4), f.allocate("i32", 4)
    f.emit(f"call void @llvm.x86.sse.stmxcsr(ptr {saved})")
    before = f.value(f"load i32, ptr {saved}")
    flags = f.value(f"or i32 {before}, {0x8040}")
    f.emit(f"store i32 {flags}, ptr {changed}")
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {changed})")
    yield
    f.emit(f"call void @llvm.x86.sse.ldmxcsr(ptr {saved})")
