"""From a normalised step graph to a loop program."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeAlias

from elman.autodiff.naming import NameBook
from elman.codegen.elementwise import has_lowering
from elman.codegen.levels import assign_levels, crosses, space
from elman.codegen.normal import (
    REDUCTIONS,
    UnsupportedByKernelError,
    columns,
    normalise,
)
from elman.codegen.pairs import find_pairs
from elman.codegen.placing import Placed, place, step_nodes
from elman.codegen.program import Access, Buffer, Form, Loop, LoopProgram, Source, Stage
from elman.ir.graph import Node, StepGraph, reads


def schedule(
    graph: StepGraph,
    wanted: Collection[str],
    totals: Collection[str] = (),
    kept: Collection[str] = (),
    *,
    form: Form = Form.PACKED,
) -> LoopProgram:
    """Makes the loop program of a typed graph.

    Args:
        graph: With all sizes known.
        wanted: Names over time that must be computed.
        totals: Names without time that must be computed: sums over time and batch.
        kept: Those of the wanted names whose whole sequence is kept; of the others only the last
            steps, as many as the loop itself reads.
        form: How products read their matrices.

    Raises:
        UnsupportedByKernelError: Something has no kernel.
    """
    normal, names = _known(graph, wanted, totals)
    return _Scheduler(normal, names, frozenset(kept), form).run()


def check_kernel(graph: StepGraph, wanted: Collection[str], totals: Collection[str] = ()) -> None:
    """Checks that `schedule` can make a program, without making it.

    Raises:
        UnsupportedByKernelError: Something has no kernel.
    """
    normal, _ = _known(graph, wanted, totals)
    find_pairs(normal, {}, 1)


def _known(
    graph: StepGraph, wanted: Collection[str], totals: Collection[str]
) -> tuple[StepGraph, dict[str, Node]]:
    """Returns what `normalise` does, after checking that each operation has a kernel."""
    normal, names = normalise(graph, wanted, totals)
    for node in step_nodes(normal):
        if node.op not in _PLACED and not has_lowering(node):
            raise UnsupportedByKernelError(f"{node.op} has no kernel")
    return normal, names


# Operations that the stages themselves do.
_PLACED = REDUCTIONS | {"matmul", "outer", "concat", "part"}


class _Scheduler:
    def __init__(
        self,
        graph: StepGraph,
        names: dict[str, Node],
        kept: frozenset[str],
        form: Form,
    ) -> None:
        self.graph = graph
        self.kept = kept
        self.form = form
        self.placed = place(graph, apart=form is Form.APART)
        self.loop_of = {n.number: i for i, loop in enumerate(self.placed) for n in loop.nodes}
        self.levels = [assign_levels(loop.nodes) for loop in self.placed]
        self.lags = _lags(graph)
        book = NameBook(replace(graph, definitions={**names, **graph.definitions}))
        self.names = {n.number: book.name(n) for loop in self.placed for n in loop.nodes}
        self.buffers: list[Buffer] = []
        self.homes: dict[int, Access] = {}
        self.inputs: dict[str, Buffer] = {}
        self.statics: dict[int, tuple[Buffer, Node]] = {}
        self.packed: list[tuple[Source, Stage]] = []
        self.pairs = find_pairs(graph, self.loop_of, len(self.placed))
        self.keys: dict[int, list[str]] = {}
        for key, node in graph.definitions.items():
            self.keys.setdefault(node.number, []).append(key)
        self.users: dict[int, list[Node]] = {}
        for user in (n for loop in self.placed for n in loop.nodes):
            for number in {arg.number for arg in user.args}:
                self.users.setdefault(number, []).append(user)

    def run(self) -> LoopProgram:
        self._allocate()
        loops = [self._loop(i, placed) for i, placed in enumerate(self.placed)]
        return LoopProgram(
            loops=loops,
            buffers=self.buffers,
            sequences={
                key: self.homes[node.number] for key, node in self.graph.definitions.items()
            } | {key: Access(buffer) for key, buffer in self.inputs.items()},
            statics={buffer.index: node for buffer, node in self.statics.values()},
            packed=self.packed,
            scalars=frozenset(k for k, n in self.graph.definitions.items() if not n.shape)
            | frozenset(n.key for n in self._reads() if not n.shape),
            names=self.names,
            results=dict(self.graph.totals),
            starts=dict(self.graph.starts),
        )  # fmt: skip

    def _reads(self) -> Iterable[Node]:
        return (n for n in self.graph.nodes if n.op == "read")

    def _buffer(self, name: str, kind: str, width: int, **more: int) -> Buffer:
        buffer = Buffer(name, kind, width, len(self.buffers), **more)
        self.buffers.append(buffer)
        return buffer

    # -- memory --------------------------------------------------------------------------------

    def _allocate(self) -> None:
        """Gives a place to every node that is needed beyond its own stage."""
        for i, loop in enumerate(self.placed):
            self._allocate_factors(i)
            for node in loop.nodes:
                if node.op != "outer" and node.number not in self.homes and self._stored(i, node):
                    self.homes[node.number] = self._home(node)

    def _allocate_factors(self, loop: int) -> None:
        """Gives panels to the factors of sums; left ones that products read stand together too."""
        pairs = self.pairs[loop]
        if not pairs.sums:
            return
        pairs.buffers = (
            self._buffer("lefts", "panels", pairs.left_width),
            self._buffer("rights", "panels", pairs.right_width),
        )
        together = [
            node
            for node in pairs.left
            if self.loop_of.get(node.number) == loop
            and not self._lagged(node)
            and self._stored(loop, node)
            and not self._is_elsewhere(loop, node)
        ]
        if together:
            ring = self._buffer("factors", "ring", sum(map(columns, together)), slots=1)
            start = 0
            for node in together:
                self.homes[node.number] = Access(ring, 0, start)
                start += columns(node)

    def _keys(self, node: Node) -> list[str]:
        return self.keys.get(node.number, [])

    def _lagged(self, node: Node) -> bool:
        return any(key in self.lags or key in self.kept for key in self._keys(node))

    def _stored(self, loop: int, node: Node) -> bool:
        """Says whether something outside a node's own stage reads it."""
        if self._keys(node) or self._is_late_factor(loop, node):
            return True
        level = self.levels[loop]
        for user in self._users(node):
            if user.op in ("outer", "concat"):
                continue  # the places of joined vectors and of factors of totals come by themselves
            if self.loop_of[user.number] != loop or crosses(node, user):
                return True
            if level[user.number] != level[node.number]:
                return True
        return False

    def _is_late_factor(self, loop: int, node: Node) -> bool:
        """Says whether another loop must copy a value into its panels."""
        return any(
            factor is node
            for other, pairs in enumerate(self.pairs)
            if other != loop
            for factor in pairs.factors()
        )

    def _is_elsewhere(self, loop: int, node: Node) -> bool:
        """Says whether another loop reads a node of this one."""
        return (
            self._is_late_factor(loop, node)
            or any(self.loop_of[user.number] != loop for user in self._users(node))
            or any(self._read_elsewhere(key, loop) for key in self._keys(node))
        )

    def _users(self, node: Node) -> list[Node]:
        return self.users.get(node.number, [])

    def _home(self, node: Node) -> Access:
        name, width = self.names[node.number], columns(node)
        keys = self._keys(node)
        elsewhere = self._is_elsewhere(self.loop_of[node.number], node)
        before = max((self.lags.get(key, (0, 0))[0] for key in keys), default=0)
        after = max((self.lags.get(key, (0, 0))[1] for key in keys), default=0)
        # All steps of a flat loop are there at once, so no name of it is in the last few alone.
        flat = self.placed[self.loop_of[node.number]].flat and bool(keys)
        if elsewhere or flat or any(key in self.kept for key in keys):
            return Access(self._buffer(name, "sequence", width, before=before, after=after))
        return Access(self._buffer(name, "ring", width, slots=1 + max(before, after)))

    def _read_elsewhere(self, key: str, loop: int) -> bool:
        """Says whether another loop, or a total, reads a name at some step."""
        for placed in self.placed:
            for node in placed.nodes:
                if self.loop_of[node.number] != loop and any(
                    arg.op == "read" and arg.key == key for arg in node.args
                ):
                    return True
        return any(
            factor.op == "read" and factor.key == key
            for other, pairs in enumerate(self.pairs)
            if other != loop
            for factor in pairs.factors()
        )

    # -- stages --------------------------------------------------------------------------------

    def _loop(self, index: int, placed: Placed) -> Loop:
        levels = self.levels[index]
        keys = sorted({(levels[n.number], *space(n)) for n in placed.nodes if n.op != "outer"})
        keys = sorted({*keys, *((0, *_width(factor)) for factor, _ in self._copies(index))})
        stages = []
        for level, size, scalar in keys:
            nodes = [
                n
                for n in placed.nodes
                if n.op not in ("outer", "concat")
                and (levels[n.number], *space(n)) == (level, size, scalar)
            ]
            stages.append(self._stage(nodes, size, scalar, index, level))
        stages = [stage for stage in stages if stage.body or stage.stores]
        loop = Loop(placed.direction, stages, flat=placed.flat)
        pairs = self.pairs[index]
        if pairs.sums:
            width = (pairs.right_width + 1) * pairs.left_width
            loop.totals = pairs.totals(self._buffer("sums", "sums", width))
        return loop

    def _copies(self, loop: int) -> list[tuple[Node, Access]]:
        """Returns the factors that no stage of a loop computes, and where it must copy them."""
        places = self.pairs[loop].places()
        return [(n, access) for n, access in places if self.loop_of.get(n.number) != loop]

    def _stage(self, nodes: list[Node], size: int, scalar: bool, loop: int, level: int) -> Stage:
        in_place = self.form is Form.IN_PLACE
        few_rows = in_place or (self.form is Form.APART and not self.placed[loop].flat)
        stage = Stage(size, scalar, few_rows, in_place)
        inside = {node.number for node in nodes}
        self._products(stage, nodes)
        stage.body = [n for n in nodes if n.number not in stage.absorbed]
        for node in stage.body:
            for arg in node.args:
                summed = node.op == "matmul" or arg.number in stage.absorbed
                if arg.number not in inside and not summed and arg.op != "number":
                    stage.loads[arg.number] = self._found(arg)
            if node.op == "part":
                stage.loads[node.number] = self._part(node)
                stage.loads.pop(node.args[0].number, None)
        for node in stage.body:
            stage.stores += [(node, access) for access in self._places(node)]
        if level == 0:
            for node, access in self._copies(loop):
                if _width(node) == (size, scalar):
                    stage.loads.setdefault(node.number, self._found(node))
                    stage.stores.append((node, access))
        return stage

    def _part(self, node: Node) -> Access:
        whole = self._found(node.args[0])
        return Access(whole.buffer, whole.lag, whole.column + int(node.key))

    def _places(self, node: Node) -> list[Access]:
        """Returns everywhere a node of a stage must be written."""
        found = [self.homes[node.number]] if node.number in self.homes else []
        for user in self._users(node):
            if user.op == "concat" and user.number in self.homes:
                found += self._joined(user, node)
        pairs = self.pairs[self.loop_of[node.number]]
        found += [access for factor, access in pairs.places() if factor is node]
        unique: dict[tuple[int, int], Access] = {}
        for access in found:
            unique.setdefault((access.buffer.index, access.column), access)
        return list(unique.values())

    def _joined(self, joined: Node, node: Node) -> list[Access]:
        home, column, found = self.homes[joined.number], 0, []
        for part in joined.args:
            if part is node:
                found.append(Access(home.buffer, 0, home.column + column))
            column += columns(part)
        return found

    def _found(self, node: Node) -> Access:
        """Returns where a value that a stage does not compute itself lies."""
        if node.level == "static" and node.op != "copy":
            return Access(self._static(node))
        if node.op != "read":
            return self.homes[node.number]
        defined = self.graph.definitions.get(node.key)
        if defined is None:
            buffer = self.inputs.get(node.key)
            if buffer is None:
                buffer = self._input(node)
            return Access(buffer, node.lag)
        home = self.homes[defined.number]
        return Access(home.buffer, node.lag, home.column)

    def _input(self, node: Node) -> Buffer:
        before, after = self.lags.get(node.key, (0, 0))
        buffer = self._buffer(node.key, "input", columns(node), before=before, after=after)
        self.inputs[node.key] = buffer
        return buffer

    def _static(self, node: Node) -> Buffer:
        known = self.statics.get(node.number)
        if known is None:
            name = node.key or node.op
            known = (self._buffer(name, "static", columns(node)), node)
            self.statics[node.number] = known
        return known[0]

    # -- products ------------------------------------------------------------------------------

    def _products(self, stage: Stage, nodes: list[Node]) -> None:
        """Gives every product of a stage an accumulator, shared by those that are summed."""
        here = {node.number for node in nodes if node.op == "matmul"}
        absorbed: set[int] = set()
        operands: dict[tuple[int, int, int], tuple[Access, int, list[tuple[int, Node]]]] = {}

        def term(product: Node, accumulator: int) -> None:
            operand = self._found(product.args[1])
            place = (operand.buffer.index, operand.lag, operand.column)
            entry = operands.setdefault(place, (operand, columns(product.args[1]), []))
            entry[2].append((accumulator, product.args[0]))

        for node in nodes:
            if node.op == "add":
                own = [a for a in node.args if a.number in here and self._once(a)]
                if own:
                    stage.sums[node.number] = stage.accumulators
                    for product in own:
                        term(product, stage.accumulators)
                    absorbed |= {product.number for product in own}
                    stage.accumulators += 1
        for node in nodes:
            if node.op == "matmul" and node.number not in absorbed:
                stage.sums[node.number] = stage.accumulators
                term(node, stage.accumulators)
                stage.accumulators += 1
        stage.absorbed = frozenset(absorbed)
        parts: list[Part] = [
            (operand, depth, [(number, (matrix,)) for number, matrix in group])
            for operand, depth, terms in operands.values()
            for group in _separate(terms)
        ]
        sources = []
        for operand, depth, joined in _side_by_side(parts):
            source = Source(operand, depth, tuple(joined), len(self.packed))
            sources.append(source)
            if not stage.in_place:
                self.packed.append((source, stage))
                continue
            for _, matrices in joined:
                stage.loads |= {node.number: Access(self._static(node)) for node in matrices}
        stage.sources = tuple(sources)

    def _once(self, node: Node) -> bool:
        uses = sum(arg is node for user in self._users(node) for arg in user.args)
        factor = any(n is node for pairs in self.pairs for n in pairs.factors())
        return uses == 1 and not self._keys(node) and not factor


def _width(node: Node) -> tuple[int, bool]:
    """Returns the size of a copied vector, and whether it is a scalar."""
    return columns(node), not node.shape


def _separate(terms: list[tuple[int, Node]]) -> list[list[tuple[int, Node]]]:
    """Splits terms so that no accumulator occurs twice in one pass over the operand."""
    groups: list[list[tuple[int, Node]]] = []
    for term in terms:
        for group in groups:
            if all(term[0] != other[0] for other in group):
                group.append(term)
                break
        else:
            groups.append([term])
    return [sorted(group, key=lambda term: term[0]) for group in groups]


Part: TypeAlias = tuple[Access, int, list[tuple[int, tuple[Node, ...]]]]


def _side_by_side(parts: list[Part]) -> list[Part]:
    """Makes one operand of those that follow each other in memory and meet the same sums."""
    found: list[Part] = []
    for operand, depth, terms in sorted(
        parts, key=lambda part: (part[0].buffer.index, part[0].lag, part[0].column)
    ):
        numbers = [number for number, _ in terms]
        if found:
            before, length, known = found[-1]
            follows = before.column + length == operand.column
            same_place = before.buffer is operand.buffer and before.lag == operand.lag
            if follows and same_place and [number for number, _ in known] == numbers:
                joined = [
                    (number, first + second)
                    for (number, first), (_, second) in zip(known, terms, strict=True)
                ]
                found[-1] = (before, length + depth, joined)
                continue
        found.append((operand, depth, terms))
    return found


def _lags(graph: StepGraph) -> dict[str, tuple[int, int]]:
    """Returns, per name read at other steps, how far back and how far ahead."""
    found: dict[str, tuple[int, int]] = {}
    for read in reads(graph.roots()):
        if read.lag:
            back, ahead = found.get(read.key, (0, 0))
            found[read.key] = (max(back, read.lag), max(ahead, -read.lag))
    return found
