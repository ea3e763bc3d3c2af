"""Whether rows hold nothing but zeros, as LLVM IR.

Cotangents are zero where a loss looks at the last step alone, at padding, and once they have
vanished; what is zero for all rows of a block needs no products. The question costs next to nothing
elsewhere: the first row answers it.
"""

from __future__ import annotations

from elman.codegen.writer import Function, Lanes, Module


def emit_any(module: Module, lanes: Lanes) -> None:
    """Writes `any(first, rows, step, numbers)`: 1 if some number is not zero, else 0.

    `step` is the bytes from one row to the next; a row has `numbers` numbers.
    """
    integer, scalar = lanes.integer, f"i{lanes.bits}"
    f = Function(module, "any", ["ptr", "i64", "i64", "i64"], lanes, result="i64")
    base, rows, step, numbers = f.arguments
    whole = f.mul(f.div(numbers, lanes.width), lanes.width)
    head, body, further, found, none = (
        f.fresh_label(stem) for stem in ("row", "look", "next", "found", "none")
    )
    row, following = f.fresh(), f.fresh()
    f.emit(f"br label %{head}")
    f.label(head)
    f.emit(f"{row} = phi i64 [ 0, %entry ], [ {following}, %{further} ]")
    left = f.value(f"icmp slt i64 {row}, {rows}")
    f.emit(f"br i1 {left}, label %{body}, label %{none}")
    f.label(body)
    pointer = f.at(base, f.mul(row, step))
    with f.carried("0", whole, lanes.width, [(integer, lanes.integers(0))]) as (i, seen, updated):
        place = f.at(pointer, i, lanes.scalar)
        bits = f.value(f"load {integer}, ptr {place}, align {lanes.size}")
        updated.append(f.value(f"or {integer} {seen[0]}, {bits}"))
    name = f"llvm.vector.reduce.or.v{lanes.width}{scalar}"
    module.declare(name, scalar, [integer])
    joined = f.value(f"call {scalar} @{name}({integer} {seen[0]})")
    with f.carried(whole, numbers, 1, [(scalar, joined)]) as (i, rest, updated):
        bits = f.value(f"load {scalar}, ptr {f.at(pointer, i, lanes.scalar)}, align {lanes.size}")
        updated.append(f.value(f"or {scalar} {rest[0]}, {bits}"))
    # Without the sign: -0.0 is zero too.
    size = f.value(f"shl {scalar} {rest[0]}, 1")
    some = f.value(f"icmp ne {scalar} {size}, 0")
    f.emit(f"br i1 {some}, label %{found}, label %{further}")
    f.label(further)
    f.emit(f"{following} = add nsw i64 {row}, 1")
    f.emit(f"br label %{head}")
    f.label(found)
    f.emit("ret i64 1")
    f.label(none)
    f.finish("0")


def any_of(f: Function, first: str, rows: str, step: str | int, numbers: str | int) -> str:
    """Writes a call of `any`."""
    return f.value(f"call i64 @any(ptr {first}, i64 {rows}, i64 {step}, i64 {numbers})")


def clear(f: Function, pointer: str, size: str | int) -> None:
    """Fills memory with zeros."""
    f.module.declare("llvm.memset.p0.i64", "void", ["ptr", "i8", "i64", "i1"])
    f.emit(f"call void @llvm.memset.p0.i64(ptr {pointer}, i8 0, i64 {size}, i1 false)")
