"""A compiled loop program that runs on tensors."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import torch

from elman.codegen import threads
from elman.codegen.cache import compiled_object
from elman.codegen.emit import emit
from elman.codegen.frame import Frame
from elman.codegen.layout import PANEL_ROWS, base_word, lanes_of, packed_size, tile_of
from elman.codegen.memory import Pool
from elman.codegen.native import Target, host_target, load_object
from elman.codegen.program import LoopProgram, Source, Stage
from elman.codegen.statics import View, view_of
from elman.codegen.summing import has_helper
from elman.codegen.team import has_team
from elman.ir.graph import Node, reachable

# Between calls no more workspace than this is kept for a kernel, in bytes.
_KEPT_WORKSPACE = 1 << 28
_ALIGNMENT = 64

# Multiplications below which a second thread costs more than it does.
_WORK_OF_A_THREAD = 1_000_000
# The same in each step that threads do together: they meet after each of its stages.
_WORK_OF_A_MEMBER = 20_000
# The same in the sums of a chunk that a second thread adds.
_WORK_OF_A_HELPER = 200_000


@dataclass(frozen=True)
class Matrix:
    """One matrix to be packed.

    Attributes:
        node: What it is.
        view: Where it lies in a parameter, or None where it must be computed.
        target: Its first number in the block of packed matrices.
        shape: The last six of `PACK_WORDS`: what the tile wants.
    """

    node: Node
    view: View | None
    target: int
    shape: tuple[int, ...]


class Kernel:
    """A loop program as machine code.

    Args:
        program: What to run.
        dtype: float32 or float64, of all tensors.
        target: The machine, the present one by default.
        recipe: What the program was made by; see `compiled_object`.

    Attributes:
        parameters: Names of the parameters that a call is given, in this order.
        inputs: Names of the sequences that it is given, in this order.
        derived: (word, node) of the static values that are computed from parameters.
        viewed: (word, place) of those that lie in one.
        work: About how many multiplications a step does for one row.
        waves: Which loops run at once, the function that runs them, and its address.
        prepares: Whether anything is made of the parameters before the loops.
        watched: Those of which it is made, by their places in `parameters`.
        packed: First number of each source's packed matrices, and the size of all, in numbers.
        matrices: What is packed.
    """

    def __init__(
        self,
        program: LoopProgram,
        dtype: torch.dtype,
        target: Target | None = None,
        recipe: str = "",
    ) -> None:
        self.program = program
        self.dtype = dtype
        self.target = target or host_target()
        self.lanes = lanes_of(self.target, dtype.itemsize * 8)
        bits = self.lanes.bits
        code = compiled_object(
            lambda: emit(program, self.target, bits),
            self.target,
            f"{bits} bits\n{recipe}" if recipe else "",
        )
        self.library = load_object(code, self.target)
        self.waves = [(wave, *self._public(f"wave{i}")) for i, wave in enumerate(program.waves())]
        address, word = ctypes.c_void_p, ctypes.c_int64
        self.pack = self.library.function("pack", address, word)
        self.move = self.library.function("move", address, address, word)
        self.collect = self.library.function("collect", address, address, word, word, word)
        self.sign = self._public("sign_parts")
        self.work = sum(_work(stage) for loop in program.loops for stage in loop.stages)
        self.pool = Pool()
        nodes = reachable(_static_roots(program))
        self.parameters = tuple(dict.fromkeys(node.key for node in nodes if node.op == "parameter"))
        self.depends_on_steps = any(node.op == "steps" for node in nodes)
        self.inputs = tuple(buffer.name for buffer in program.buffers if buffer.kind == "input")
        self.packed, self.matrices = self._lay_out()
        self.derived: list[tuple[int, Node]] = []
        self.viewed: list[tuple[int, View]] = []
        for index, node in program.statics.items():
            view = view_of(node, self.parameters)
            if view is None or not view.is_readable:
                self.derived.append((base_word(index), node))
            else:
                self.viewed.append((base_word(index), view))
        made = [m.node for m in self.matrices] + [node for _, node in self.derived]
        read = {node.key for node in reachable(made) if node.op == "parameter"}
        self.prepares = bool(made)
        self.watched = [i for i, key in enumerate(self.parameters) if key in read]
        self._frames: list[Frame] = []

    def _public(self, symbol: str) -> tuple[object, int]:
        """Returns a function of one address, and where it begins, for other threads."""
        return self.library.function(symbol, ctypes.c_void_p), self.library.address(symbol)

    def _lay_out(self) -> tuple[list[int], list[Matrix]]:
        """Gives every packed matrix its place."""
        places, matrices = [0], []
        for source, stage in self.program.packed:
            found, size = _matrices(source, stage, self, places[-1])
            matrices += found
            step = _ALIGNMENT // self.lanes.size
            places.append(places[-1] + -(-size // step) * step)
        return places, matrices

    def shares(self, steps: int, batch: int) -> int:
        """Returns in how many parts rows are computed at most: one for each thread that pays."""
        useful = 1 + self.work * batch * steps // _WORK_OF_A_THREAD
        loops = self.program.loops
        most = max(sum(loops[i].rows(steps, batch) for i in wave) for wave, _, _ in self.waves)
        return max(1, min(threads.available_threads(), most, useful))

    def members(self, loop: int, steps: int, batch: int) -> int:
        """Returns how many threads do a loop together, 1 where it does not pay.

        They do each step together, or one does the steps and one the sums.
        """
        totals, stages = self.program.loops[loop].totals, self.program.loops[loop].stages
        if totals is not None and has_helper(self.program, loop):
            chunk = PANEL_ROWS * totals.lefts.width * totals.rights.width
            pays = steps * batch > PANEL_ROWS and chunk >= _WORK_OF_A_HELPER
            return min(threads.available_threads(), 1 + pays)
        if not has_team(self.program, loop):
            return 1
        shared = batch * sum(_work(stage) for stage in stages if stage.kind == "tile")
        return max(1, min(threads.available_threads(), shared // _WORK_OF_A_MEMBER))

    def take_frame(self) -> Frame:
        """Returns what a call needs for itself alone; it is given back with `give_frame`."""
        try:
            return self._frames.pop()
        except IndexError:
            return Frame(self)

    def give_frame(self, frame: Frame) -> None:
        """Keeps a frame for the next call."""
        if frame.bytes <= _KEPT_WORKSPACE:
            self._frames.append(frame)


def _static_roots(program: LoopProgram) -> list[Node]:
    """Returns what is computed from parameters outside the loops."""
    packed = [node for source, _ in program.packed for _, nodes in source.terms for node in nodes]
    return [*program.statics.values(), *packed, *program.results.values(), *program.starts.values()]


def _work(stage: Stage) -> int:
    """Returns about how many multiplications a stage does for one row."""
    products = sum(source.depth * len(source.terms) for source in stage.sources)
    return stage.columns * (products + 8 * len(stage.body))


def _matrices(source: Source, stage: Stage, kernel: Kernel, first: int) -> tuple[list[Matrix], int]:
    """Lays out the matrices of a source as its tile reads them; returns their size too."""
    lanes = kernel.lanes
    tile = tile_of(stage, kernel.target, lanes)
    terms, column = len(source.terms), tile.vectors * lanes.width
    panel = source.depth * terms * column
    found = []
    for i, (_, nodes) in enumerate(source.terms):
        place = first + i * column
        for node in nodes:
            rows, depth = (dim.size or 0 for dim in node.shape)
            shape = (rows, depth, tile.panels, tile.vectors, terms * column, panel)
            found.append(Matrix(node, view_of(node, kernel.parameters), place, shape))
            place += depth * terms * column
    return found, packed_size(source, tile, lanes)
