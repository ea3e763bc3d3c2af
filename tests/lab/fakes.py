"""Stand-ins for training runs; in a module of their own, so that spawned processes find them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from elman.lab.record import RunMetrics, RunRecord
from elman.lab.session import Failure
from elman.lab.spec import Lab, RunSpec
from elman.train.config import TrainConfig

METRICS = RunMetrics(
    accuracy=0.5,
    validation_accuracy=0.6,
    chance=0.1,
    loss=1.25,
    best_step=20,
    steps=30,
    ending="step limit",
    converged_at=None,
    seconds=2.0,
    parameters=17,
    test_size=1000,
    curves={"loss": [2.3, 1.25]},
    notes=("a note",),
)


DEFAULTS = {key: value for key, value in TrainConfig().to_dict().items() if key != "seed"}


def make_spec(length: int = 5, cell: str = "vanilla", seed: int = 0, **training: object) -> RunSpec:
    return RunSpec(
        task="palindrome",
        options={"length": length},
        cell=cell,
        start="lab",
        equations="h[t] = tanh(W @ h[t-1] + U @ x[t])",
        sizes={"x": 1, "h": 4},
        init="lab",
        training={**DEFAULTS, "max_steps": 100, **training},
        seed=seed,
        data_version="1",
    )


def make_record(spec: RunSpec | None = None, **changes: object) -> RunRecord:
    spec = spec or make_spec()
    record = RunRecord(
        key=spec.key("code 1"),
        spec=spec,
        status="finished",
        reason="",
        metrics=METRICS,
        code_version="code 1",
        machine={"torch": "1.2.3", "processor": "abacus"},
        ended_at="2024-01-01T00:00:00+00:00",
    )
    return replace(record, **changes)


def make_lab(specs: list[RunSpec]) -> Lab:
    return Lab("test", "A title", "A question?", tuple(specs), "elman lab --test")


def double(job: int) -> int:
    return 2 * job


def obey(job: str) -> str:
    """Does what the job says: returns, raises, dies, or dies by a signal."""
    if job == "raise":
        raise ZeroDivisionError("on purpose")
    if job == "exit":
        os._exit(7)
    if job == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return job.upper()


def sleep_and_tell(path: str) -> None:
    """Writes its process id to a file, then sleeps."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def execute(spec: RunSpec) -> RunMetrics | Failure:
    """A run: leaves a mark in the folder named by its training, then ends as that says."""
    mark = Path(str(spec.training["marks"])) / f"{spec.length}-{spec.seed}-{uuid4().hex}"
    mark.touch()
    how = spec.training.get("how", "finish")
    if how == "fail":
        return Failure("the loss is nan at step 3")
    if how == "break":
        raise ZeroDivisionError("on purpose")
    time.sleep(float(str(spec.training.get("sleep", 0.0))))
    return replace(METRICS, accuracy=spec.seed / 10)
