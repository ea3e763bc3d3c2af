"""What is stored while a backward pass recomputes one segment of k steps at a time.

Loops that are gone back through in the same direction share a sweep over the segments; loops of a
bidirectional network take one sweep for each direction, the one that needs the other's cotangents
after it. At each moment of a sweep there are the values that its segment reads, and the states
from which every segment that is still to come, in this sweep and in later ones, is computed again.

References: Chen and others, 2016, arXiv:1604.06174; Gruslys and others, 2016, arXiv:1606.03401.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from elman.autodiff import Adjoint
from elman.ir import Recurrence
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import find_phases
from elman.paper.memory.walk import Value, find_stored, stored_values

Root = tuple[Node, int | None]


@dataclass(frozen=True)
class Moment:
    """What is stored while one segment is gone back through.

    Attributes:
        sweep: Which sweep, counted from 1.
        first: The first step of the segment.
        last: The last step of the segment.
        values: What is stored.
    """

    sweep: int
    first: int
    last: int
    values: frozenset[Value]


class SegmentWalk:
    """The moments of a backward pass with checkpoints.

    Args:
        recurrence: Whose states are kept.
        adjoint: Its adjoint.
        steps: T.
        every: k.
    """

    def __init__(self, recurrence: Recurrence, adjoint: Adjoint, steps: int, every: int) -> None:
        self.recurrence = recurrence
        self.adjoint = adjoint
        self.graph: StepGraph = adjoint.forward
        self.steps = steps
        starts = range(1, steps + 1, every)
        self.segments = [(first, min(first + every - 1, steps)) for first in starts]
        self.sweeps = Sweeps(adjoint)

    def moments(self, roots: Iterable[Root]) -> list[Moment]:
        """Returns every moment, in order of time.

        Args:
            roots: The nodes of the adjoint that are gradients, at their steps.
        """
        walk = _SweepWalk(self.adjoint, self.sweeps, self.steps)
        walk.follow(list(roots))
        reads = walk.found
        always = walk.kept_for_reductions()
        always |= {v for found in reads.values() for v in found if v[1] is None}
        order = [
            (sweep, segment)
            for sweep, ascends in enumerate(self.sweeps.ascends, 1)
            for segment in (self.segments if ascends else self.segments[::-1])
            if any(at == sweep for at, _ in reads)
        ]
        entries = {sweep: self._entries(reads, sweep) for sweep, _ in order}
        moments = []
        for place, (sweep, (first, last)) in enumerate(order):
            values = set(always)
            for t in range(first, last + 1):
                values |= reads.get((sweep, t), set())
            for later, segment in order[place + 1 :]:
                values |= entries[later][segment]
            moments.append(Moment(sweep, first, last, frozenset(values)))
        return moments

    def _entries(
        self, reads: dict[tuple[int, int], set[Value]], sweep: int
    ) -> dict[tuple[int, int], set[Value]]:
        """Returns segment -> the states from which its values are computed again."""
        numbers = {n for (at, _), found in reads.items() if at == sweep for n, _ in found}
        wanted = self._states_behind(numbers)
        return {segment: self.entry(segment, wanted) for segment in self.segments}

    def entry(self, segment: tuple[int, int], states: Iterable[str]) -> set[Value]:
        """Returns the values of some states that a segment reads from beyond its ends."""
        first, last = segment
        found = set()
        for state in states:
            node = self.graph.definitions[state]
            lags = self.recurrence.lags(state)
            before = [first - lag for lag in range(1, max([0, *lags]) + 1)]
            after = [last - lag for lag in range(-1, min([0, *lags]) - 1, -1)]
            for step in (*before, *after):
                if 1 <= step <= self.steps:
                    found.add(find_stored(self.graph, node, step, self.steps))
        return {value for value in found if value is not None and value[1] is not None}

    def _states_behind(self, numbers: set[int]) -> list[str]:
        """Returns the states that are needed to compute some nodes of the forward graph."""
        nodes = {node.number: node for node in reachable(self.graph.roots())}
        waiting = [nodes[number] for number in numbers if number in nodes]
        seen: set[str] = set()
        while waiting:
            for node in reachable([waiting.pop()]):
                if node.op == "read" and node.key in self.graph.definitions:
                    if node.key not in seen:
                        seen.add(node.key)
                        waiting.append(self.graph.definitions[node.key])
        # What is read at its own step only is computed again without a checkpoint.
        return [key for key in self.recurrence.states if key in seen]


class Sweeps:
    """In which sweep over the segments each node of an adjoint is computed.

    Attributes:
        of: Number of a node -> its sweep, counted from 1; 0 for what only forward values make.
        ascends: For each sweep, whether it goes from the first segment to the last.
    """

    def __init__(self, adjoint: Adjoint) -> None:
        self.of: dict[int, int] = {}
        self.ascends: list[bool] = []
        graph = adjoint.graph
        running = {graph.definitions[key].number for key in adjoint.running}
        for phase in find_phases(graph):
            if any(node.number in running for node in phase.nodes):
                # Sequences for a reduction over time, made of forward values alone.
                self.of.update(dict.fromkeys((node.number for node in phase.nodes), 0))
                continue
            if phase.direction is None:
                for node in phase.nodes:
                    at = max((self._after(graph, node, s) for s in self._needs(graph, node)),
                             default=0)  # fmt: skip
                    self.of[node.number] = at
                continue
            inside = {node.number for node in phase.nodes}
            ascends = phase.direction == "forward"
            earliest = max(
                (
                    self.of[need.number] + self._is_late(node, need, ascends)
                    for node in phase.nodes
                    for need in self._needs(graph, node)
                    if need.number not in inside
                ),
                default=0,
            )
            chosen = self._choose(earliest, ascends)
            self.of.update(dict.fromkeys(inside, chosen))
        self.ascends = self.ascends or [False]

    def _needs(self, graph: StepGraph, node: Node) -> list[Node]:
        if node.op == "read":
            defined = graph.definitions.get(node.key)
            return [defined] if defined is not None and defined.level == "step" else []
        return [arg for arg in node.args if arg.level == "step"]

    def _after(self, graph: StepGraph, node: Node, need: Node) -> int:
        """Returns the sweep in which a node outside of loops is computed, for one of its needs."""
        at = self.of[need.number]
        if at and self._is_late(node, need, self.ascends[at - 1]):
            return self._choose(at + 1, ascends=self.ascends[at - 1])
        return at

    def _is_late(self, node: Node, need: Node, ascends: bool) -> bool:
        """Says whether a node reads a step to which a sweep in this direction has not yet come."""
        at = self.of[need.number]
        if node.op != "read" or not node.lag or not at:
            return False
        return self.ascends[at - 1] == ascends and (node.lag < 0) == ascends

    def _choose(self, earliest: int, ascends: bool) -> int:
        """Returns the first sweep in a direction from one on, a new one if there is none."""
        for sweep in range(max(earliest, 1), len(self.ascends) + 1):
            if self.ascends[sweep - 1] == ascends:
                return sweep
        self.ascends.append(ascends)
        return len(self.ascends)


class _SweepWalk:
    """Follows an adjoint back to what it reads, keeping the sweep and step at which it does."""

    def __init__(self, adjoint: Adjoint, sweeps: Sweeps, steps: int) -> None:
        self.adjoint = adjoint
        self.sweeps = sweeps
        self.steps = steps
        self.running = {adjoint.graph.definitions[key].number for key in adjoint.running}
        self.found: dict[tuple[int, int], set[Value]] = {}
        self.seen: set[tuple[int, int | None, int, int]] = set()
        self.reduced: set[tuple[Node, int]] = set()

    def kept_for_reductions(self) -> set[Value]:
        """Returns what reductions over time read, which needs all steps at once."""
        return stored_values(self.adjoint, self.reduced, self.steps)

    def follow(self, roots: list[Root]) -> None:
        waiting = [(node, step, 1, step or 1) for node, step in roots]
        while waiting:
            node, step, sweep, at = waiting.pop()
            step = step if node.level == "step" else None
            own = self.sweeps.of.get(node.number, 0)
            if own and step is not None:
                sweep, at = own, step
            elif step is not None:
                # Made of forward values alone: computed as soon as the sweep is at its step.
                at = min(at, step) if self.sweeps.ascends[sweep - 1] else max(at, step)
            if (node.number, step, sweep, at) in self.seen:
                continue
            self.seen.add((node.number, step, sweep, at))
            if node.number in self.running and step is not None:
                self.reduced.add((node, step))
                continue
            waiting += self._next(node, step, sweep, at)

    def _next(
        self, node: Node, step: int | None, sweep: int, at: int
    ) -> list[tuple[Node, int | None, int, int]]:
        adjoint, graph = self.adjoint, self.adjoint.graph
        if node.level == "static" and node.number in adjoint.statics:
            self._note(adjoint.statics[node.number], None, sweep, at)
        elif node.op == "parameter":
            if node.key in adjoint.residuals:
                self._note(adjoint.residuals[node.key], None, sweep, at)
        elif node.op == "over_time":
            return [(node.args[0], t, sweep, t) for t in range(1, self.steps + 1)]
        elif node.op == "read":
            assert step is not None, "internal: a read without a step"
            there = step - node.lag
            if node.key in graph.definitions:
                if 1 <= there <= self.steps:
                    return [(graph.definitions[node.key], there, sweep, at)]
            elif node.key in adjoint.residuals and 1 <= there <= self.steps:
                self._note(adjoint.residuals[node.key], there, sweep, at)
        else:
            return [(arg, step, sweep, at) for arg in node.args]
        return []

    def _note(self, node: Node, step: int | None, sweep: int, at: int) -> None:
        value = find_stored(self.adjoint.forward, node, step, self.steps)
        if value is not None:
            self.found.setdefault((sweep, at), set()).add(value)
