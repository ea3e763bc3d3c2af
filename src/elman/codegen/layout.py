"""Numbers that the compiled code and its caller agree on: tile sizes and the call's arguments."""

from __future__ import annotations

from dataclasses import dataclass

from elman.codegen.native import Target
from elman.codegen.program import LoopProgram, Source, Stage
from elman.codegen.writer import Lanes

# Words of each loop: the number of steps, the rows of a step, in how many shares they are computed,
# a counter from which threads take shares, how many threads do each step together, and the address
# where they meet.
STEPS, ROWS, SHARES, COUNTER, MEMBERS, MEETING, LOOP_WORDS = range(7)

# Where threads meet, each on a cache line of its own: how many have come, how many do the steps,
# and how often one has ended a stage.
COME, TOGETHER, ENDED, MEETING_LINES = range(4)
MEETING_LINE = 64
# The same where one does the steps and another the sums: how many chunks were handed over, with how
# many rows each panel has, and how many are summed.
HANDED, SUMMED = TOGETHER, ENDED
# What is added to a number there that will not grow any more.
CLOSED = 1 << 32
# Panels of factors where sums are added by another thread: one is written while one is summed.
PANELS = 2

# Rows of the batch that go through all steps together: few enough for what a step leaves to the
# next to stay in the caches.
SLICE_ROWS = 96
# Rows of a panel of factors that are in use: those of a slice for as many steps as fit.
PANEL_ROWS = 192


def lanes_of(target: Target, bits: int) -> Lanes:
    """Returns the vector type of a target."""
    return Lanes(target.bytes * 8 // bits, bits)


def base_word(buffer: int) -> int:
    """Returns the word that holds the address of a buffer's row 0 at step 0."""
    return 2 * buffer


def stride_word(buffer: int) -> int:
    """Returns the word that holds the bytes from one slot of a buffer, or thread, to the next."""
    return 2 * buffer + 1


def packed_word(program: LoopProgram, source: int) -> int:
    """Returns the word that holds the address of a source's packed matrices."""
    return 2 * len(program.buffers) + source


def loop_word(program: LoopProgram, loop: int, word: int) -> int:
    """Returns one of the words of a loop."""
    return packed_word(program, len(program.packed)) + LOOP_WORDS * loop + word


def words(program: LoopProgram) -> int:
    """Returns how many words a call's arguments have."""
    return loop_word(program, len(program.loops), 0)


# Sums that a tile keeps in registers, by how many registers there are; the rest hold entries of
# the operands.
_SUMS = {16: 12, 32: 24}
# Fewer sums than this wait for each other: two units, each with four cycles from start to end.
_LEAST_SUMS = 8
# Bytes of a panel that one pass reads: about two thirds of the nearest cache of a processor with so
# many registers.
_PANEL_BYTES = {16: 21 * 1024, 32: 32 * 1024}
# The same for one row, which reads a panel once: what is summed without a break stays exact enough.
_FEW_ROWS_BYTES = 96 * 1024
# Bytes of a cache line.
_LINE = 64
# Rows that go through a stage together: enough to read a panel seldom, few enough for their
# operands and sums to stay in the nearest cache.
_BLOCK_ROWS = 32


@dataclass(frozen=True)
class Tile:
    """How a stage with products is blocked.

    Attributes:
        vectors: Vectors of features in a panel, for each accumulator.
        rows: The largest number of batch rows whose sums are in registers at once.
        panels: Number of panels.
        block: The largest number of batch rows whose sums are in the scratch at once.
    """

    vectors: int
    rows: int
    panels: int
    block: int


def sums_in_registers(target: Target) -> int:
    """Returns how many vectors a tile keeps in registers."""
    return _SUMS[target.registers]


def tile_of(stage: Stage, target: Target, lanes: Lanes) -> Tile:
    """Chooses a tile that fills the registers with sums and wastes few lanes.

    Of few rows each is computed by itself; where matrices lie as they are, a vector at a time.
    """
    room = sums_in_registers(target)
    terms = max(len(source.terms) for source in stage.sources)
    needed = -(-stage.columns // lanes.width)
    if stage.in_place:
        return Tile(1, 1, needed, 1)

    def cost(vectors: int) -> tuple[float, float]:
        columns = terms * vectors
        rows = 1 if stage.few_rows else _rows(columns, room)
        padded = -(-needed // vectors) * vectors
        loads = (columns + rows) / (columns * rows)  # for each product
        slow = max(1.0, loads, _LEAST_SUMS / (columns * rows))
        return padded * slow, loads

    vectors = min(range(1, max(1, min(needed, room // terms)) + 1), key=cost)
    panels = -(-needed // vectors)
    if stage.few_rows:
        return Tile(vectors, 1, panels, 1)
    rows = _rows(terms * vectors, room)
    return Tile(vectors, rows, panels, max(rows, _BLOCK_ROWS))


def _rows(columns: int, room: int) -> int:
    return max(1, min(12, room // columns))


def panel_stride(lanes: Lanes) -> int:
    """Returns how many vectors lie between a panel of factors and the next.

    One cache line more than the rows: an odd number of lines, as panels that begin at the same
    place of the cache would push each other out.
    """
    return PANEL_ROWS + max(1, _LINE // (lanes.width * lanes.size))


@dataclass(frozen=True)
class Segment:
    """Entries `first` to `stop` of a source's operand, and the columns that they meet."""

    source: Source
    first: int
    stop: int


def passes_of(stage: Stage, tile: Tile, target: Target, lanes: Lanes) -> list[list[Segment]]:
    """Distributes the products of a stage over passes whose part of a panel stays in the cache.

    A pass reads its part of the panel once for every few rows, from the nearest cache if it is
    still there.
    """
    room = _FEW_ROWS_BYTES if stage.few_rows else _PANEL_BYTES[target.registers]
    passes: list[list[Segment]] = []
    left = 0
    for source in stage.sources:
        entry = len(source.terms) * tile.vectors * lanes.width * lanes.size
        parts = 1 if source.depth * entry <= left else -(-source.depth * entry // room)
        for part in range(parts):
            first, stop = source.depth * part // parts, source.depth * (part + 1) // parts
            if (stop - first) * entry > left:
                passes.append([])
                left = room
            passes[-1].append(Segment(source, first, stop))
            left -= (stop - first) * entry
    return passes


def packed_size(source: Source, tile: Tile, lanes: Lanes) -> int:
    """Returns how many numbers the packed matrices of a source hold.

    Shapes: [panels, depth, terms, vectors, lanes].
    """
    return tile.panels * source.depth * len(source.terms) * tile.vectors * lanes.width
