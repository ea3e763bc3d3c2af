"""One side of `elman bench check`: a process that runs one version of elman.

It is run as a file, with the folder of a version's source on PYTHONPATH, and uses nothing of elman
but `elman.nn.module`, so that old versions can be measured. It reads a JSON line for each request
and answers with one:

    {"do": "pose", "text", "sizes", "output", "shape", "mode", "last", "threads"}  -> {"error"}
    {"do": "count", "seconds": s}   -> {"count": calls that take about as long}
    {"do": "turn", "count": n}      -> {"seconds": of one call}
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from elman.nn import module

Results = list[torch.Tensor]


def prepare(made: Any, request: dict[str, Any], dtype: torch.dtype) -> Callable[[], Results]:
    """Returns what computes the outputs, and in training all gradients."""
    steps, batch, inputs, hidden = request["shape"]
    torch.manual_seed(1)
    x = torch.randn(steps, batch, inputs).to(dtype)
    cotangent = torch.randn(steps, batch, hidden).to(dtype)
    made = made.to(dtype)
    if request["mode"] == "inference":

        def infer() -> Results:
            with torch.no_grad():
                return [made(x)[0]]

        return infer
    x.requires_grad_()
    targets = [x, *made.parameters()]

    def train() -> Results:
        output = made(x)[0]
        if request["last"]:
            found = torch.autograd.grad(output[-1], targets, cotangent[-1])
        else:
            found = torch.autograd.grad(output, targets, cotangent)
        return [output.detach(), *found]

    return train


def pose(request: dict[str, Any]) -> tuple[Callable[[], Results], float]:
    """Returns what is timed, and its largest error over the one that is allowed."""
    torch.set_num_threads(request["threads"])

    def make(backend: str) -> Any:
        torch.manual_seed(0)
        return module(
            request["text"], request["sizes"], request["output"], init="torch", backend=backend
        )

    run = prepare(make("auto"), request, torch.float32)
    exact = prepare(make("eager"), request, torch.float64)()
    loop = prepare(make("eager"), request, torch.float32)()
    allowed = max(2e-6, 2 * largest_error(loop, exact))
    return run, largest_error(run(), exact) / allowed


def largest_error(found: Results, exact: Results) -> float:
    """Returns the largest difference over the largest entry."""
    return max(
        float((mine.double() - theirs).abs().max()) / (float(theirs.abs().max()) or 1.0)
        for mine, theirs in zip(found, exact, strict=True)
    )


def turn(run: Callable[[], Results], count: int) -> float:
    """Returns the mean seconds of a call, after one that wakes threads and fills caches."""
    run()
    started = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - started) / count


def serve() -> None:
    """Answers until the other side closes the pipe."""
    run: Callable[[], Results] = list
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, float]
        if request["do"] == "pose":
            run, error = pose(request)
            gc.collect()
            gc.freeze()
            answer = {"error": error}
        elif request["do"] == "count":
            answer = {"count": max(1, round(request["seconds"] / max(turn(run, 1), 1e-7)))}
        else:
            answer = {"seconds": turn(run, request["count"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
