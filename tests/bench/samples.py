"""Records as a run writes them, with made-up times."""

from __future__ import annotations

from elman.bench.measure import Timing
from elman.bench.records import PRODUCT, Record, timing_fields

PEAK = 1e11  # operations a second of the made-up matrix product


def record(
    cell: str = "tanh",
    shape: tuple[int, int, int, int] = (28, 128, 28, 128),
    kind: str = "time",
    process: int = 0,
    elman: float = 0.001,
    **peers: float,
) -> Record:
    """Returns a record of a train step.

    Args:
        cell: Of the case.
        shape: T, B, I, H.
        kind: `time`, `memory` or `compile`.
        process: Its number.
        elman: Seconds.
        peers: Seconds; `torch_nn`, `cached` and `least` by their names in tables.
    """
    names = {
        "torch_nn": "torch.nn",
        "torch_compile": "torch.compile",
        "least": "elman, least memory",
        "cached": "elman, from the cache",
    }
    times = {"elman": elman, **{names.get(key, key): value for key, value in peers.items()}}
    if kind == "time":
        times[PRODUCT] = 2 * 2048**3 / PEAK
    steps, batch, inputs, hidden = shape
    return {
        "format": 1,
        "run": f"run{process}",
        "process": process,
        "clock": "wall",
        "machine": {"processor": "a chip", "vectors": "512 bits", "cores": 2, "system": "Linux"},
        "threads": 2,
        "versions": {"Python": "3.11", "torch": "2.13"},
        "commit": "0123456789ab",
        "changed": False,
        "when": "2026-11-26T03:00:00+00:00",
        "kind": kind,
        "cell": cell,
        "shape": list(shape),
        "mode": "train",
        "last": False,
        "contenders": {name: timing_fields(Timing((each,))) for name, each in times.items()},
        "ratios": {
            name: timing_fields(Timing((each / elman,)))
            for name, each in times.items()
            if kind != "compile" and name not in ("elman", PRODUCT)
        },
        "errors": {"elman": 1e-7},
        "red": {},
        "left_out": {},
        "keeps": {"elman": 2**20, "loop": 3 * 2**20},
        "first_call": {},
        "operations": 6 * steps * batch * hidden * (inputs + hidden),
        "backend": "compiled kernels",
    }
