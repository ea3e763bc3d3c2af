"""One lab, from its specs to its records: what is stored is not run again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from elman.errors import DataError
from elman.lab.pool import Broke, Returned, Started, WorkerPool
from elman.lab.record import CRASHED, FAILED, FINISHED, RunMetrics, RunRecord
from elman.lab.spec import Lab, RunSpec
from elman.lab.store import RunStore

STORE_NAME = "runs.sqlite"


@dataclass(frozen=True)
class Failure:
    """What `execute` returns for a run that would fail again, such as a loss that is not finite."""

    reason: str


class Listener(Protocol):
    """Who wants to know how a lab goes on, such as a progress bar."""

    def begin(self, waiting: list[RunSpec], settled: int) -> None:
        """The runs still to do, longest first, and how many are settled already."""

    def started(self, spec: RunSpec) -> None:
        """A run was taken up by a worker."""

    def ended(self, record: RunRecord) -> None:
        """A run ended, one way or another, and is stored."""


@dataclass(frozen=True)
class Session:
    """How a lab is run.

    Attributes:
        folder: Where the store lies.
        pool: The processes.
        code_version: What identifies the code in keys.
        machine: What identifies the machine in records.
        execute: Computes one run: a picklable function from a spec to `RunMetrics` or `Failure`.
        seconds: After which no run goes on, None for no bound. Short runs come first then.
    """

    folder: Path
    pool: WorkerPool
    code_version: str
    machine: Mapping[str, str]
    execute: Callable[[RunSpec], Any]
    seconds: float | None = None


def make_folder(folder: Path) -> None:
    """Makes a folder with its parents.

    Raises:
        DataError: It cannot be made, or something else has its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make the folder {folder}: {error.strerror}\n"
            "  Give a folder with --out in which you may write."
        ) from error


def run_lab(lab: Lab, session: Session, listener: Listener) -> dict[str, RunRecord]:
    """Runs what is not stored yet, longest first, and stores each run as it ends.

    Where the time is bounded, shortest first: then more is known when it ends.

    It can be stopped at any moment, by Ctrl-C, by SIGKILL, by a full disk: the runs stored by then
    are kept, and the next call with the same lab does the others.

    Returns:
        The records of this lab by key; all of them, unless the time was not enough.
    Raises:
        DataError: The folder or its store cannot be used.
    """
    make_folder(session.folder)
    keys = {spec.key(session.code_version): spec for spec in lab.specs}
    with RunStore(session.folder / STORE_NAME) as store:
        settled = store.settled(keys)
        waiting = {key: spec for key, spec in keys.items() if key not in settled}
        order = _longest_first(waiting, _seconds_known(store))
        if session.seconds is not None:
            order.reverse()
        listener.begin([keys[key] for key in order], len(settled))
        jobs = [keys[key] for key in order]
        for event in session.pool.run(session.execute, jobs, session.seconds):
            if isinstance(event, Started):
                listener.started(jobs[event.index])
                continue
            record = _record(order[event.index], jobs[event.index], event, session)
            store.add(record)
            listener.ended(record)
        return store.records(keys)


def read_lab(lab: Lab, session: Session) -> dict[str, RunRecord]:
    """Returns the records of a lab that are stored by now, by key.

    Raises:
        DataError: The store cannot be read.
    """
    with RunStore(session.folder / STORE_NAME) as store:
        return store.records(spec.key(session.code_version) for spec in lab.specs)


def _record(key: str, spec: RunSpec, event: Returned | Broke, session: Session) -> RunRecord:
    metrics: RunMetrics | None = None
    if isinstance(event, Broke):
        status, reason = CRASHED, "\n".join(filter(None, (event.reason, event.detail)))
    elif isinstance(event.value, Failure):
        status, reason = FAILED, event.value.reason
    else:
        status, reason, metrics = FINISHED, "", event.value
    return RunRecord(
        key=key,
        spec=spec,
        status=status,
        reason=reason,
        metrics=metrics,
        code_version=session.code_version,
        machine=session.machine,
        ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _seconds_known(store: RunStore) -> dict[tuple[str, int | None, str], float]:
    """The longest time seen of each task, length and series, whatever the code was then."""
    known: dict[tuple[str, int | None, str], float] = {}
    for record in store.records().values():
        if record.metrics is not None:
            kind = (record.spec.task, record.spec.length, record.spec.series)
            known[kind] = max(known.get(kind, 0.0), record.metrics.seconds)
    return known


def _longest_first(
    waiting: Mapping[str, RunSpec], seconds: Mapping[tuple[str, int | None, str], float]
) -> list[str]:
    """Orders keys so that no long run is left for the end, when the other cores are idle.

    Runs whose time is not known yet come first.
    """

    def cost(key: str) -> tuple[float, float]:
        spec = waiting[key]
        return seconds.get((spec.task, spec.length, spec.series), math.inf), spec.expected_cost()

    return sorted(waiting, key=cost, reverse=True)
