"""How long the first call takes beyond a later one: each contender in a process of its own."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict

import torch

from elman.bench.case import Case, pose
from elman.bench.cells import find_cell
from elman.bench.peers.base import NotComputedError, Peer
from elman.bench.peers.registry import OURS, PEERS

CACHED = "elman, from the cache"
# Without these, compiling is not part of the first call.
_COMPILING = ("torch.compile", "jax")
_LATER = 3
_SMALL = Case("tanh", 2, 2, 2, 2)


def measure_first_calls(case: Case, peers: Sequence[Peer], threads: int) -> dict[str, object]:
    """Returns the fields of a record: seconds of compiling, from nothing and from elman's cache.

    Args:
        case: What is computed.
        peers: Those among them that compile are measured.
        threads: For each.
    """
    contenders: dict[str, object] = {}
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        names = [OURS.name, CACHED, *(peer.name for peer in peers if peer.name in _COMPILING)]
        for name in names:
            found = _in_a_process(case, name, threads, folder)
            if isinstance(found, str):
                left_out[name] = found
            else:
                contenders[name] = {"median": found, "low": found, "high": found, "rounds": [found]}
    ours = contenders.get(OURS.name)
    return {"contenders": contenders, "left_out": left_out, "backend": "" if ours else "none"}


def _in_a_process(case: Case, name: str, threads: int, folder: str) -> float | str:
    """Returns the seconds, or why the case is not computed."""
    words = json.dumps({"case": asdict(case), "name": name, "threads": threads})
    environment = {
        **os.environ,
        "ELMAN_CACHE": f"{folder}/elman",
        "TORCHINDUCTOR_CACHE_DIR": f"{folder}/inductor",
    }
    done = subprocess.run(
        [sys.executable, "-m", "elman.bench.first_call", words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the process that compiles {case.title} failed:\n{done.stderr}")
    found: float | str = json.loads(done.stdout.splitlines()[-1])
    return found


def first_call(case: Case, name: str) -> float | str:
    """Returns by how many seconds the first call of a contender exceeds a later one."""
    peer = _peer(name)
    first = 0.0
    if peer is OURS:  # to read the equations and to make a module of them counts
        started = time.perf_counter()
        find_cell(case.cell).module(case.inputs, case.hidden, "auto")
        first = time.perf_counter() - started
    problem = pose(case)
    started = time.perf_counter()
    try:
        contender = peer.prepare(problem)
    except NotComputedError as reason:
        return str(reason)
    contender.run()
    first += time.perf_counter() - started
    later = []
    for _ in range(_LATER):
        started = time.perf_counter()
        contender.run()
        later.append(time.perf_counter() - started)
    return first - statistics.median(later)


def _peer(name: str) -> Peer:
    return OURS if name in (OURS.name, CACHED) else PEERS[name]


def _warm(name: str) -> None:
    """Computes something small once: imports and start-up are no part of compiling.

    Neither is what they left to Python's collector, which would look through it some time later.
    """
    _peer(name).prepare(pose(_SMALL)).run()
    gc.collect()


def main(words: str) -> None:
    """Prints what one contender takes, as JSON."""
    given = json.loads(words)
    torch.set_num_threads(given["threads"])
    _warm(given["name"])
    print(json.dumps(first_call(Case(**given["case"]), given["name"])))


if __name__ == "__main__":
    main(sys.argv[1])
