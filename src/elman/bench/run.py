"""Measures rows: each contender's result first, then all of them in turn."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from elman.bench.case import Case, Problem, pose
from elman.bench.cells import loop
from elman.bench.first_call import measure_first_calls
from elman.bench.machine import describe
from elman.bench.measure import (
    PEER_TOLERANCE,
    TOLERANCE,
    WrongResultError,
    gate,
    interleave,
    matrix_product,
)
from elman.bench.peers.base import Contender, NotComputedError, Peer, Results
from elman.bench.peers.elman_module import FAST, LEAST, contender_of
from elman.bench.peers.registry import OURS
from elman.bench.records import FORMAT, PRODUCT, Record, timing_fields
from elman.bench.targets import SETS, Row, merged
from elman.bench.work import useful_operations

_TAKES_LONG = "torch.compile"
# What is timed beside what they keep: elman with each choice of memory.
_SETTINGS = frozenset([OURS.name, LEAST.name, FAST.name])


@dataclass(frozen=True)
class Settings:
    """How everything is measured.

    Attributes:
        peers: What is measured beside elman, if it computes the case.
        threads: For each contender.
        rounds: How often each has its turn.
        seconds: How long a turn takes, about.
        chosen: Whether the peers were asked for by name; then all of them take part everywhere.
        bound_only: Whether only the peers take part that a row's targets name, if it has any.
        clock: What tells the time.
        clock_name: `wall` or `processor`.
    """

    peers: tuple[Peer, ...]
    threads: int
    rounds: int = 7
    seconds: float = 0.1
    chosen: bool = True
    bound_only: bool = False
    clock: Callable[[], float] = time.perf_counter
    clock_name: str = "wall"


@dataclass
class Session:
    """One process that measures.

    Attributes:
        settings: How.
        number: Of the process, from 0.
    """

    settings: Settings
    number: int = 0
    _head: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        torch.set_num_threads(self.settings.threads)
        self._head = {
            "format": FORMAT,
            "run": uuid.uuid4().hex[:12],
            "process": self.number,
            "clock": self.settings.clock_name,
            **describe(self.settings.threads),
        }

    def measure(self, row: Row) -> Record:
        """Measures one row and returns its record.

        Raises:
            WrongResultError: A result of elman's own is wrong; nothing was timed.
            DataError: The cell is not known.
            SourceError: Its equations do not make sense.
        """
        case = row.case
        record: Record = {
            **self._head,
            "kind": row.kind,
            "cell": case.cell,
            "shape": [case.steps, case.batch, case.inputs, case.hidden],
            "mode": case.mode,
            "last": case.last,
            "contenders": {},
            "ratios": {},
            "errors": {},
            "red": {},
            "left_out": {},
            "keeps": {},
            "first_call": {},
            "operations": 0,
            "backend": "",
        }
        if row.kind == "compile":
            record.update(measure_first_calls(case, self.peers(row), self.settings.threads))
            return record
        problem = pose(case)
        graph = problem.ours.recurrence.typed(problem.ours.sizes)
        record["operations"] = useful_operations(graph, case.steps, case.batch, case.mode)
        record["backend"] = problem.ours.backend_reason or "compiled kernels"
        contenders = self._prepare(problem, row, record)
        self._check(problem, contenders, record)
        if row.kind == "time":
            self._time(row, contenders, record)
        elif row.kind == "memory":
            priced = {name: made for name, made in contenders.items() if name in _SETTINGS}
            self._time(row, priced, record)
        for name, contender in contenders.items():
            if contender.keeps is not None:
                record["keeps"][name] = contender.keeps().tensors
        return record

    def peers(self, row: Row) -> list[Peer]:
        """Returns who is measured beside elman in a row."""
        peers = list(self.settings.peers)
        if self.settings.chosen:
            return peers
        bound = {target.of for target in row.targets}
        best = "best" in bound
        if self.settings.bound_only and bound:
            return [peer for peer in peers if peer.name in bound or best]
        # What compiles for seconds to minutes is measured once, except where a target is about it.
        once = self.number == 0 and (row.kind == "compile" or best)
        return [peer for peer in peers if peer.name != _TAKES_LONG or once or _TAKES_LONG in bound]

    def _prepare(self, problem: Problem, row: Row, record: Record) -> dict[str, Contender]:
        peers = [OURS, *self.peers(row)]
        if row.kind == "memory":
            peers += [peer for peer in (LEAST, FAST) if peer.installed()]
        contenders = {}
        for peer in peers:
            try:
                made = peer.prepare(problem)
                if row.kind == "memory" and made.keeps is None:
                    raise NotComputedError("what it keeps is not measured")
            except NotComputedError as reason:
                record["left_out"][peer.name] = str(reason)
            else:
                contenders[peer.name] = made
        return contenders

    def _check(self, problem: Problem, contenders: dict[str, Contender], record: Record) -> None:
        """Runs every contender once and takes away those whose results are wrong."""
        check = Check(problem)
        for name, contender in list(contenders.items()):
            started = time.perf_counter()
            try:
                result = contender.run()
                record["first_call"][name] = float(f"{time.perf_counter() - started:.4g}")
                record["errors"][name] = float(
                    f"{check.error(contender.read(result), peer=name != OURS.name):.3g}"
                )
            except WrongResultError as error:
                if name == OURS.name:
                    raise
                record["red"][name] = str(error)
                del contenders[name]

    def _time(self, row: Row, contenders: dict[str, Contender], record: Record) -> None:
        runs: dict[str, Callable[[], object]] = {
            name: contender.run for name, contender in contenders.items()
        }
        if row.kind == "time" and row.case.mode == "train" and row.case.batch > 1:
            runs[PRODUCT] = matrix_product()
        settings = self.settings
        timings = interleave(
            runs, settings.rounds, settings.seconds, settings.clock, frozenset([PRODUCT])
        )
        record["contenders"] = {name: timing_fields(t) for name, t in timings.items()}
        ours = timings[OURS.name]
        for name, timing in timings.items():
            if name not in (OURS.name, PRODUCT):
                fields = timing_fields(timing.over(ours))
                del fields["rounds"]
                record["ratios"][name] = fields


class Check:
    """The results that a problem must have.

    Args:
        problem: What is computed. The reference is the loop of torch operations in float64.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.exact = self._loop(torch.float64)
        self._allowed: float | None = None

    def error(self, found: Results, *, peer: bool = False) -> float:
        """Returns the largest error of a contender's results.

        Raises:
            WrongResultError: It is above max(2e-6, twice that of the torch loop in float32), of a
                peer above 1e-4.
        """
        return gate(found, self.exact, lambda: PEER_TOLERANCE if peer else self._twice_the_loop())

    def _twice_the_loop(self) -> float:
        if self._allowed is None:
            found = self._loop(torch.float32)
            infinite = float("inf")
            self._allowed = max(TOLERANCE, 2 * gate(found, self.exact, lambda: infinite))
        return self._allowed

    def _loop(self, dtype: torch.dtype) -> Results:
        problem = self.problem
        made = loop(problem.ours).to(dtype)
        wide = Problem(
            problem.case,
            problem.cell,
            problem.ours,
            {key: value.to(dtype) for key, value in problem.inputs.items()},
            {key: value.to(dtype) for key, value in problem.cotangents.items()},
        )
        contender = contender_of(wide, made)
        return contender.read(contender.run())


def rows_for(
    cells: Sequence[str], shapes: Sequence[tuple[int, int, int, int]], mode: str, last: bool
) -> list[Row]:
    """Returns rows for cells and shapes, with the targets of those that stand in the set `wide`."""
    known = [row for row in SETS["wide"]() if row.kind == "time"]
    found = {row.case: row for row in merged(known)}
    cases = [Case(cell, *shape, mode, last) for shape in shapes for cell in cells]
    return [found.get(case, Row(case)) for case in cases]
