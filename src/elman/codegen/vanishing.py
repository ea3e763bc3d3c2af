"""Which steps of a loop hold nothing but zeros, and may be left out.

A gradient is linear in the cotangents that it is made of: where all that come to a step are zero,
from outside and from the steps before, so is all that the step contributes. That is so in every
step but the last ones where a loss looks at the last step alone and the gradient vanishes on its
way back, and at padding. As with the products of zeros, what is infinite at such a step changes
nothing.
"""

from __future__ import annotations

from elman.codegen.program import Access, Loop, LoopProgram, Stage
from elman.ir.graph import Node

# Zero where all arguments are, where some are, where the first is.
_ALL = frozenset(["add", "subtract", "negate", "sum", "copy", "concat", "part"])
_SOME = frozenset(["multiply", "matmul"])
_FIRST = frozenset(["divide", "expand"])


def vanishing_buffers(program: LoopProgram) -> frozenset[int]:
    """Returns the buffers whose values are all zero wherever all cotangents are.

    It is the largest set in which each value is zero if what it reads from the set is; without
    cotangents there is none.
    """
    if not program.cotangents:
        return frozenset()
    found = {
        buffer.index
        for buffer in program.buffers
        if buffer.name in program.cotangents or buffer.kind in ("sequence", "ring")
    }
    stages = [stage for loop in program.loops for stage in loop.stages]
    while True:
        broken = {
            access.buffer.index
            for stage in stages
            for node, access in stage.stores
            if access.buffer.index in found and not _Zeros(stage, found).is_zero(node)
        }
        if not broken:
            return frozenset(found)
        found -= broken


class _Zeros:
    """The nodes of a stage that are zero where some buffers are."""

    def __init__(self, stage: Stage, buffers: set[int]) -> None:
        self.stage = stage
        self.buffers = buffers
        self.known: dict[int, bool] = {}

    def is_zero(self, node: Node) -> bool:
        known = self.known.get(node.number)
        if known is None:
            known = self.known[node.number] = self._is_zero(node)
        return known

    def _is_zero(self, node: Node) -> bool:
        stage = self.stage
        load = stage.loads.get(node.number)
        if load is not None:
            return load.buffer.index in self.buffers
        if node.op == "number":
            return node.value == 0.0
        if node.op not in _ALL | _SOME | _FIRST:
            return False
        accumulator = stage.sums.get(node.number)
        found = [] if accumulator is None else [self._sum_is_zero(accumulator)]
        if accumulator is None or node.op != "matmul":
            args = [arg for arg in node.args if arg.number not in stage.absorbed]
            found += [self.is_zero(arg) for arg in (args[:1] if node.op in _FIRST else args)]
        return any(found) if node.op in _SOME else all(found)

    def _sum_is_zero(self, accumulator: int) -> bool:
        return all(
            source.operand.buffer.index in self.buffers
            for source in self.stage.sources
            if any(number == accumulator for number, _ in source.terms)
        )


def idle_where_zero(loop: Loop, vanishing: frozenset[int]) -> list[Access]:
    """Returns what must be zero for a step of a loop to be left out; nothing where none may be.

    What the loop itself carried from step to step comes first: where gradients flow, it tells.

    Args:
        loop: The loop.
        vanishing: Those of `vanishing_buffers`.
    """
    # The sums of a loop are gradients: where all this is zero, one factor of each is.
    if any(access.buffer.index not in vanishing for access in cleared(loop)):
        return []
    own = {access.buffer.index for stage in loop.stages for _, access in stage.stores}
    found: dict[tuple[int, int], Access] = {}
    for access in (access for stage in loop.stages for access in stage.accesses()):
        buffer = access.buffer
        computed_here = buffer.index in own and not access.lag
        if buffer.index in vanishing and not computed_here:
            found.setdefault((buffer.index, access.lag), Access(buffer, access.lag))
    return sorted(found.values(), key=lambda access: access.buffer.index not in own)


def cleared(loop: Loop) -> list[Access]:
    """Returns where a step that is left out must still write zeros, as others read it."""
    places = {
        access.buffer.index: Access(access.buffer)
        for stage in loop.stages
        for _, access in stage.stores
        if access.buffer.kind == "sequence"
        or (access.buffer.kind == "ring" and access.buffer.slots > 1)
    }
    return list(places.values())
