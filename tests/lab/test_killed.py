"""A lab that is killed again and again ends as one that was left alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from elman.lab.record import RunRecord
from elman.lab.session import STORE_NAME
from elman.lab.store import RunStore

KILLS = 50
PATIENCE = 900.0  # seconds until a lab that was left alone must have ended
# What `elman lab` does before it writes the report: every run, its network, its row in the store.
LAB = """
import sys
from functools import partial
from pathlib import Path
from elman.lab.execute import execute
from elman.lab.models import read_models
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.pool import WorkerPool
from elman.lab.progress import LineProgress
from elman.lab.session import Session, run_lab
from elman.lab.spec import Lab
from elman.lab.versions import code_version

TRAINING = {
    "max_steps": 400, "patience_steps": 400, "solved_metric": None, "batch_size": 32,
    "checkpoint_every": 20, "evaluate_every": 20,
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    models = read_models(["vanilla", "gru"])
    blocks = [
        Block("palindrome", {"length": length, "test_size": 100}, models, TRAINING, beyond=(7,))
        for length in (5, 20)
    ]
    lab = Lab("killed", "", "", plan_runs(blocks, LabOptions(hidden_size=24), 2), "")
    session = Session(folder, WorkerPool(2), code_version(), {}, partial(execute, folder=folder))
    run_lab(lab, session, LineProgress(partial(print, flush=True)))
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """Starts the lab in a process group of its own, so that all of it can be killed at once."""
    script = folder.parent / "lab.py"
    script.write_text(LAB)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, script, folder],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def run_to_its_end(folder: Path) -> float:
    """Returns how many seconds the lab took."""
    started = time.monotonic()
    with start(folder) as process:
        told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    return time.monotonic() - started


def kill_at_a_random_moment(folder: Path, chance: random.Random, longest: float) -> bool:
    """Kills the lab, or its main process alone; says whether that came before its end.

    Args:
        folder: Of the lab.
        chance: Decides when and what.
        longest: Seconds within which it is killed, about what a whole lab takes on this machine.
    """
    with start(folder) as process:
        assert process.stdout is not None
        # While it begins, while its workers do, or after a run ended.
        for _ in range(chance.randrange(3)):
            process.stdout.readline()  # "8 runs to do", "[1/8] ..."
        try:
            process.wait(timeout=chance.uniform(0.0, longest))
        except subprocess.TimeoutExpired:
            kill = os.killpg if chance.random() < 0.5 else os.kill
            kill(process.pid, signal.SIGKILL)
        process.stdout.close()
    assert process.returncode in (0, -signal.SIGKILL)
    return process.returncode != 0


def records_in(folder: Path) -> dict[str, RunRecord]:
    if not (folder / STORE_NAME).exists():
        return {}
    with RunStore(folder / STORE_NAME) as store:
        return store.records()


def figures_in(folder: Path) -> dict[str, object]:
    """Everything that does not tell the time: figures by key, and the trained networks."""
    found: dict[str, object] = {}
    for key, record in records_in(folder).items():
        assert record.metrics is not None, record.reason
        found[key] = replace(record.metrics, seconds=0.0)
    for path in (folder / "networks").iterdir():
        # Not the bytes of the file: the order of what its header says is another one each time.
        weights = load_file(path)
        found[path.name] = {name: item.numpy().tobytes() for name, item in weights.items()}
    assert not (folder / "unfinished").exists()
    return found


@pytest.mark.slow
def test_fifty_kills_change_nothing(tmp_path):
    """Where a killed lab comes to its end before the fiftieth kill, a second one goes on."""
    chance = random.Random(50)
    seconds = run_to_its_end(tmp_path / "alone")
    wanted = figures_in(tmp_path / "alone")
    assert sum(isinstance(value, dict) for value in wanted.values()) == 8

    kills, labs, kept = 0, [0], 0
    while kills < KILLS:
        folder = tmp_path / f"killed {labs[-1]}"
        before = records_in(folder)
        kept += bool(before)
        if kill_at_a_random_moment(folder, chance, seconds):
            kills += 1
        else:
            labs.append(labs[-1] + 1)
            seconds *= 0.9  # the machine is less busy than when they were measured
        after = records_in(folder)
        # The same rows, their times included: none was lost, and none was run again.
        assert {key: after.get(key) for key in before} == before
    assert kept, "the kills came too early to try anything"
    for number in labs:
        folder = tmp_path / f"killed {number}"
        before = records_in(folder)
        run_to_its_end(folder)
        assert {key: records_in(folder)[key] for key in before} == before
        assert figures_in(folder) == wanted
