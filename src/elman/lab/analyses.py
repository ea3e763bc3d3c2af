"""Looks at some of the trained networks of a lab, once each; the records lie beside the store.

    analyses/<run>-<code>.json      what was found in the network of one run

A record is made anew where the code of the analysis has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING

from elman.lab.networks import network_path
from elman.lab.pool import Broke, Returned, WorkerPool
from elman.lab.record import RunRecord
from elman.lab.spec import RunSpec
from elman.sources import hash_stages
from elman.train.atomic import write_atomically

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis

FOLDER_NAME = "analyses"
MOST = 6  # networks; a report with more of them is not read
# The stages that decide what is found, beside those that decide what a run computes.
_STAGES = ("analysis", "autodiff", "ir", "paper/start")


def choose_runs(records: Iterable[RunRecord]) -> list[RunRecord]:
    """Returns the runs whose networks are looked at: one of each series of each task.

    All series of a task are seen at one length, the longest at which each of them has a finished
    run, and at the seed in the middle by its figure of merit, the lower one of two. The first six
    are taken.

    Args:
        records: The runs of a lab, in its order.
    """
    tasks: dict[str, list[RunRecord]] = {}
    for record in records:
        if record.metrics is not None:
            tasks.setdefault(record.spec.task, []).append(record)
    chosen: list[RunRecord] = []
    for members in tasks.values():
        length = _common_length(members)
        series: dict[str, list[RunRecord]] = {}
        for record in members:
            if length is None or record.spec.length == length:
                series.setdefault(record.spec.series, []).append(record)
        chosen += [_middle(mine) for mine in series.values()]
    return chosen[:MOST]


def _common_length(records: Iterable[RunRecord]) -> int | None:
    """The longest length that every series has, else the longest of all."""
    lengths: dict[str, set[int]] = {}
    for record in records:
        if record.spec.length is not None:
            lengths.setdefault(record.spec.series, set()).add(record.spec.length)
    if not lengths:
        return None
    return max(set.intersection(*lengths.values()) or set.union(*lengths.values()))


def _middle(records: list[RunRecord]) -> RunRecord:
    def figure(record: RunRecord) -> float:
        assert record.metrics is not None, "internal: a run without figures"
        return record.metrics.accuracy

    wanted = median_low([figure(record) for record in records])
    return next(record for record in records if figure(record) == wanted)


def analyse_runs(
    records: Iterable[RunRecord],
    folder: Path,
    pool: WorkerPool,
    told: Callable[[str], object] = lambda line: None,
) -> dict[str, Analysis]:
    """Returns what was found in the chosen runs, by key; what is not stored is computed now.

    A network that is not there, or cannot be looked at, is left out.

    Args:
        records: The chosen runs.
        folder: The lab's folder.
        pool: The processes.
        told: Is told of each network that is looked at, and of those that cannot be.
    """
    chosen = {record.key: record for record in records}
    found = read_analyses(chosen, folder)
    jobs = [
        (key, record.spec)
        for key, record in chosen.items()
        if key not in found and network_path(folder, key).is_file()
    ]
    for event in pool.run(partial(_analyse, folder=folder), jobs):
        if isinstance(event, Returned):
            told(f"looked at the network of {jobs[event.index][1].title}")
        elif isinstance(event, Broke):
            told(f"no look at the network of {jobs[event.index][1].title}: {event.reason}")
    return {**found, **read_analyses((key for key, _ in jobs), folder)}


def read_analyses(keys: Iterable[str], folder: Path) -> dict[str, Analysis]:
    """Returns the records that are stored and can be read, by key."""
    found = {}
    for key in keys:
        path = analysis_path(folder, key)
        if path.is_file():
            from elman.analysis.analyse import read_analysis

            with suppress(OSError, ValueError):  # damaged from outside: it is made anew
                found[key] = read_analysis(path.read_text(encoding="utf-8"))
    return found


def analysis_path(folder: Path, key: str) -> Path:
    """Returns where the record of a run lies."""
    return folder / FOLDER_NAME / f"{key[:16]}-{_analysis_version()}.json"


@cache
def _analysis_version() -> str:
    return hash_stages(_STAGES)[:8]


def _analyse(job: tuple[str, RunSpec], folder: Path) -> None:
    """Looks at one network, in a process of its own, on one thread."""
    import torch

    from elman.analysis.analyse import analyse
    from elman.lab.execute import make_network
    from elman.nn.weights import load
    from elman.tasks import make
    from elman.train.config import TrainConfig

    torch.set_num_threads(1)
    key, spec = job
    trained = load(network_path(folder, key))
    config = TrainConfig(**{**spec.training, "seed": spec.seed})
    task = make(spec.task, **spec.options)
    found = analyse(partial(make_network, spec), trained, task, config)
    path = analysis_path(folder, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, found.to_json().encode())
