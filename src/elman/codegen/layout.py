"""Numbers that the compiled code and its caller agree on: tile sizes and the call's arguments."""

from __future__ import annotations

from dataclasses import dataclass

from elman.codegen.native import Target
from elman.codegen.program import LoopProgram, Source, Stage
from elman.codegen.writer import Lanes

# Words at the head of a call's arguments: the first step, the number of steps, the batch, the
# number of slices, and a counter from which threads take slices.
FIRST, STEPS, BATCH, SLICES, COUNTER, HEAD = range(6)


def lanes_of(target: Target, bits: int) -> Lanes:
    """Returns the vector type of a target."""
    return Lanes(target.bytes * 8 // bits, bits)


def base_word(buffer: int) -> int:
    """Returns the word that holds the address of a buffer's row 0 at step 0."""
    return HEAD + 2 * buffer


def stride_word(buffer: int) -> int:
    """Returns the word that holds the bytes from one slot of a buffer to the next."""
    return HEAD + 2 * buffer + 1


def packed_word(program: LoopProgram, source: int) -> int:
    """Returns the word that holds the address of a source's packed matrices."""
    return HEAD + 2 * len(program.buffers) + source


def words(program: LoopProgram) -> int:
    """Returns how many words a call's arguments have."""
    return HEAD + 2 * len(program.buffers) + len(program.packed)


@dataclass(frozen=True)
class Tile:
    """How a stage with products is blocked.

    Attributes:
        vectors: Vectors of features in a panel, for each accumulator.
        rows: The largest number of batch rows at once.
        panels: Number of panels.
    """

    vectors: int
    rows: int
    panels: int


def tile_of(stage: Stage, target: Target, lanes: Lanes) -> Tile:
    """Chooses a tile that fills the registers with sums.

    With 32 registers 24 hold sums, with 16 12; the rest hold a column of the matrices.
    """
    room, columns = (24, 4) if target.registers == 32 else (12, 3)
    needed = -(-stage.columns // lanes.width)
    widest = max(1, columns // stage.accumulators)
    # As few panels as possible, and then as little padding as possible.
    panels = -(-needed // min(widest, needed))
    vectors = -(-needed // panels)
    rows = max(1, min(12, room // (stage.accumulators * vectors)))
    return Tile(vectors, rows, panels)


def packed_size(source: Source, tile: Tile, lanes: Lanes) -> int:
    """Returns how many numbers the packed matrices of a source hold.

    Shapes: [panels, depth, terms, vectors, lanes].
    """
    return tile.panels * source.depth * len(source.terms) * tile.vectors * lanes.width
