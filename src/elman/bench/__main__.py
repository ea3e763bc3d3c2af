"""`python -m elman.bench`: train steps of compiled cells beside torch.nn and the torch loop."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from elman.bench.cells import CELLS, fused, loop, peer
from elman.bench.measure import gate, interleave, train_step
from elman.codegen.native import host_target

SHAPES = ["20,128,1,128", "28,128,28,128", "784,64,1,128"]


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m elman.bench", description=__doc__)
    parser.add_argument("--cells", nargs="+", default=list(CELLS), choices=list(CELLS))
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="T,B,I,H each")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of a turn")
    parser.add_argument("--last", action="store_true", help="the loss reads the last step only")
    parser.add_argument("--quick", action="store_true", help="three short rounds")
    parser.add_argument(
        "--cpu-time", action="store_true", help="count processor time, on a busy machine"
    )
    parser.add_argument("--json", type=Path, help="add one line per measurement to this file")
    return parser.parse_args(given)


def measure(
    name: str, shape: tuple[int, int, int, int], options: argparse.Namespace
) -> dict[str, object]:
    """Checks one cell at one shape, times it and its peers, and returns a record."""
    steps, batch, inputs, hidden = shape
    torch.manual_seed(0)
    cell = CELLS[name]
    ours = fused(cell, inputs, hidden)
    contenders = {"elman": ours, "loop": loop(ours)}
    library = peer(cell, ours)
    if library is not None:
        contenders["torch.nn"] = library
    x = torch.randn(steps, batch, inputs)
    weight = torch.randn(steps, batch, hidden)
    runs = {key: train_step(m, x, weight, options.last) for key, m in contenders.items()}
    exact = train_step(loop(ours).double(), x.double(), weight.double(), options.last)()
    error = gate(runs["elman"](), exact, runs["loop"]())
    rounds, seconds = (3, 0.02) if options.quick else (options.rounds, options.seconds)
    clock = time.process_time if options.cpu_time else time.perf_counter
    timings = interleave(runs, rounds, seconds, clock)
    return {
        "cell": name,
        "shape": list(shape),
        "threads": options.threads,
        "last": options.last,
        "clock": "processor" if options.cpu_time else "wall",
        "error": error,
        "milliseconds": {key: 1e3 * t.median for key, t in timings.items()},
        "spread": {key: [1e3 * t.low, 1e3 * t.high] for key, t in timings.items()},
        "machine": f"{platform.machine()} {host_target().bytes * 8}-bit vectors",
        "torch": torch.__version__,
    }


def main(given: Sequence[str] | None = None) -> None:
    """Measures what the command line asks for and prints a table."""
    options = arguments(given)
    torch.set_num_threads(options.threads)
    print("cell       T,B,I,H           elman ms   vs torch.nn   vs loop   largest error")
    for name in options.cells:
        for text in options.shapes:
            steps, batch, inputs, hidden = (int(part) for part in text.split(","))
            record = measure(name, (steps, batch, inputs, hidden), options)
            times = record["milliseconds"]
            assert isinstance(times, dict), "internal: a record without times"
            ours = times["elman"]
            ratio = f"{times['torch.nn'] / ours:.2f}" if "torch.nn" in times else "-"
            print(
                f"{name:<10} {text:<17} {ours:8.2f}   {ratio:>11}   "
                f"{times['loop'] / ours:7.2f}   {record['error']:.1e}",
                flush=True,
            )
            if options.json:
                with options.json.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
