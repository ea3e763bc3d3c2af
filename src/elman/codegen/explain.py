"""Prints a loop program in the user's names: what was joined, fused and kept, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elman.codegen.normal import REDUCTIONS
from elman.codegen.program import (
    Access,
    Buffer,
    Loop,
    LoopProgram,
    LoopTotals,
    Source,
    Span,
    Stage,
)
from elman.ir.graph import Node

_KINDS = {
    "input": "given",
    "sequence": "kept for every step",
    "ring": "the last {slots} steps",
    "panels": "factors of sums over time, for a chunk of steps",
    "sums": "sums over time and batch",
    "static": "the same at every step",
}


def print_program(program: LoopProgram) -> str:
    """Returns the text of a loop program; the tests compare it with golden files."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: LoopProgram) -> Iterator[str]:
    yield "memory"
    for buffer in program.buffers:
        yield "  " + _buffer_line(buffer)
    for loop in program.loops:
        yield "for all steps at once" if loop.flat else f"for each step, {loop.direction}"
        yield from _loop_lines(program, loop)
        if loop.totals is not None:
            yield "after each chunk of steps, over its rows"
            yield from _total_lines(program, loop.totals)


def _total_lines(program: LoopProgram, totals: LoopTotals) -> Iterator[str]:
    for total in totals.totals:
        names = [key for key, node in program.results.items() if node is total.node]
        left, right = _spans("lefts", total.rows), _spans("rights", total.columns)
        product = f"{left}^T {right}" if right else f"sum of {left}"
        yield f"  {', '.join(names) or 'part'} += {product}"


def _spans(name: str, spans: Sequence[Span]) -> str:
    shown = [f"{name}[{span.first}:{span.first + span.width}]" for span in spans]
    return f"[{', '.join(shown)}]" if len(shown) > 1 else "".join(shown)


def _buffer_line(buffer: Buffer) -> str:
    kind = _KINDS[buffer.kind].format(slots=buffer.slots)
    if buffer.kind == "ring" and buffer.slots == 1:
        kind = "this step"
    outside = f", {buffer.before} before the first" if buffer.before else ""
    outside += f", {buffer.after} after the last" if buffer.after else ""
    return f"{buffer.name}: [{buffer.width}], {kind}{outside}"


def _loop_lines(program: LoopProgram, loop: Loop) -> Iterator[str]:
    for number, stage in enumerate(loop.stages):
        what = "products, then their epilogue" if stage.sources else "rows"
        size = "scalars" if stage.scalar else f"vectors of {stage.columns}"
        yield f"  stage {number}: {what}, {size}"
        for source in stage.sources:
            sums = [
                f"sum{number} += {_joined(matrices)} · {_operand(source)}"
                for number, matrices in source.terms
            ]
            yield f"    {', '.join(sums)}"
        for node in stage.body:
            yield f"    {_operation(program, stage, node)}"
        for node, access in stage.stores:
            yield f"    store {access} <- {_value(program, stage, node)}"


def _operation(program: LoopProgram, stage: Stage, node: Node) -> str:
    terms = [] if node.number not in stage.sums else [f"sum{stage.sums[node.number]}"]
    if node.op not in ("matmul", "part"):
        terms += [
            _value(program, stage, arg) for arg in node.args if arg.number not in stage.absorbed
        ]
    if node.op == "part":
        terms = [str(stage.loads[node.number])]
    over = " over features" if node.op in REDUCTIONS else ""
    return f"{program.names[node.number]} = {node.op}{over} {', '.join(terms)}"


def _value(program: LoopProgram, stage: Stage, node: Node) -> str:
    if node.op == "number":
        return repr(node.value)
    if any(own is node for own in stage.body):
        return program.names[node.number]
    return _place(stage.loads[node.number])


def _place(access: Access) -> str:
    return str(access)


def _operand(source: Source) -> str:
    operand = source.operand
    if operand.buffer.width == source.depth:
        return str(operand)
    return (
        f"{Access(operand.buffer, operand.lag)}[{operand.column}:{operand.column + source.depth}]"
    )


def _joined(matrices: tuple[Node, ...]) -> str:
    shown = [_static(matrix) for matrix in matrices]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _static(node: Node) -> str:
    """Writes a matrix: a parameter, its transpose, or some columns of it."""
    if node.op == "parameter":
        return node.key
    if node.op == "transpose":
        return f"{_static(node.args[0])}^T"
    if node.op == "columns":
        return f"{_static(node.args[0])}[:, {node.key}]"
    return node.op
