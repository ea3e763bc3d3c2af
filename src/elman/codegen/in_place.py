"""Stages with products of a row or two whose matrices are read where they lie, as LLVM IR.

Each entry of a product is a sum along a row of the matrix. As many rows as a vector has lanes are
summed side by side, each in a vector of its own; then the lanes of each are added up.
"""

from __future__ import annotations

from elman.codegen.bodies import StageContext
from elman.codegen.few_rows import FewRowsWriter
from elman.codegen.native import Target
from elman.codegen.statics import row_step
from elman.codegen.writer import Function
from elman.ir.graph import Node


def emit_in_place(context: StageContext, target: Target) -> int:
    """Writes a stage as `emit_few_rows` does; a panel is a vector of features."""
    return _InPlaceWriter(context, target).emit_panels()


class _InPlaceWriter(FewRowsWriter):
    def emit_products(self) -> None:
        """Writes a function of (pointers, row, scratch, panel) that sums a panel's products."""
        types = ["ptr", "i64", "ptr", "i64"]
        f = Function(self.context.module, f"{self.context.name}_sums", types, self.lanes)
        _, row, scratch, panel = f.arguments
        for number in range(self.stage.accumulators):
            sums = [self.lanes.splat(0.0)] * self.lanes.width
            for source in self.stage.sources:
                entries = self.entries(f, source.operand, row)
                for matrices in (own for group, own in source.terms if group == number):
                    done = 0
                    for node in matrices:
                        own = f.at(entries, done, self.lanes.scalar)
                        sums = self._multiply_rows(f, node, panel, own, sums)
                        done += int(node.shape[1].size or 0)
            f.store(_joined(f, sums), f.at(scratch, number * self.group, self.lanes.vector))
        f.finish()

    def sum_panel(
        self, f: Function, panel: str, row: str, scratch: str, bases: dict[int, str]
    ) -> None:
        """Puts the sums of a panel into the scratch."""
        del bases  # nothing is packed
        f.emit(
            f"call void @{self.context.name}_sums("
            f"ptr {f.arguments[0]}, i64 {row}, ptr {scratch}, i64 {panel})"
        )

    def bases(self, f: Function, arguments: str) -> dict[int, str]:
        """Returns nothing, as nothing is packed."""
        return {}

    def _multiply_rows(
        self, f: Function, node: Node, panel: str, entries: str, sums: list[str]
    ) -> list[str]:
        """Writes the products of a panel's rows of a matrix with the entries of an operand.

        Args:
            f: Where to write.
            node: The matrix.
            panel: Which rows: those of a vector of features.
            entries: Address of the operand's first entry.
            sums: Those before, a vector for each row.

        Returns:
            The sums after.
        """
        lanes, step = self.lanes, row_step(node)
        rows, depth = (dim.size or 0 for dim in node.shape)
        access = self.stage.loads[node.number]
        base = f.load_pointer(f.arguments[0], self.context.table.index(access))
        first = f.mul(panel, lanes.width)
        addresses = []
        for lane in range(lanes.width):
            row = f.add(first, lane)
            # There are none beyond the last row; its sum again goes to a lane that nobody reads.
            row = row if rows % lanes.width == 0 else f.minimum(row, rows - 1)
            addresses.append(f.at(base, f.mul(row, step), lanes.scalar))

        def multiplied(k: str, before: list[str], valid: int | None) -> list[str]:
            own = f.load(f.at(entries, k, lanes.scalar), valid)
            return [
                f.fma(f.load(f.at(address, k, lanes.scalar), valid), own, value)
                for address, value in zip(addresses, before, strict=True)
            ]

        whole = depth // lanes.width * lanes.width
        starts = [(lanes.vector, value) for value in sums]
        with f.carried("0", str(whole), lanes.width, starts) as (k, carried, updated):
            updated += multiplied(k, carried, None)
        return multiplied(str(whole), carried, depth - whole) if depth > whole else carried


def _joined(f: Function, vectors: list[str]) -> str:
    """Returns the sums over the lanes of as many vectors as one has lanes, in one vector.

    Two vectors become one at a time: the halves of each block of lanes that belongs to a vector are
    added and stand beside those of the other.
    """
    lanes, block = f.lanes, f.lanes.width
    while len(vectors) > 1:
        half = block // 2
        starts = range(0, lanes.width, block)
        low = [s + first + i for first in starts for s in (0, lanes.width) for i in range(half)]
        merged = []
        for pair in zip(vectors[: len(vectors) // 2], vectors[len(vectors) // 2 :], strict=True):
            parts = [f.shuffle(*pair, [place + up for place in low]) for up in (0, half)]
            merged.append(f.binary("fadd", *parts))
        vectors, block = merged, half
    return vectors[0]
