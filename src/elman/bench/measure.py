"""Correctness first, then times: contenders take turns in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

# Largest difference from float64, relative to the largest entry; or twice the peer's own.
_TOLERANCE = 2e-6


@dataclass(frozen=True)
class Timing:
    """Seconds per call.

    Attributes:
        median: Over the rounds.
        low: The fastest round.
        high: The slowest.
    """

    median: float
    low: float
    high: float


def train_step(
    module: torch.nn.Module, x: Tensor, weight: Tensor, last: bool
) -> Callable[[], tuple[Tensor, ...]]:
    """Returns a function that runs forward and backward and gives all gradients.

    Args:
        module: Returns (output, state).
        x: The input, [T, B, I].
        weight: The cotangent of the output, [T, B, H].
        last: Whether only the last step's output enters the loss.
    """
    given = x.detach().clone().requires_grad_()
    targets = [given, *module.parameters()]

    def run() -> tuple[Tensor, ...]:
        output = module(given)[0]
        if last:
            found = torch.autograd.grad(output[-1], targets, weight[-1], allow_unused=True)
        else:
            found = torch.autograd.grad(output, targets, weight, allow_unused=True)
        return (output.detach(), *found)

    return run


def largest_error(found: Tensor, exact: Tensor) -> float:
    """Returns the largest difference over the largest entry."""
    size = float(exact.abs().max())
    return float((found.double() - exact).abs().max()) / (size or 1.0)


def gate(
    ours: tuple[Tensor, ...], exact: tuple[Tensor, ...], peer: tuple[Tensor, ...] | None
) -> float:
    """Returns the largest error of ours.

    Args:
        ours: The output, the gradient of the input, then those of the parameters.
        exact: The same in float64.
        peer: The same from another implementation, to measure its error by.

    Raises:
        AssertionError: An error is above max(2e-6, twice that of the peer).
    """
    allowed = _TOLERANCE
    errors = [largest_error(o, e) for o, e in zip(ours, exact, strict=True)]
    if peer is not None:
        theirs = [largest_error(p, e) for p, e in zip(peer, exact, strict=True)]
        allowed = max(allowed, 2 * max(theirs))
    assert max(errors) <= allowed, f"wrong by {max(errors):.1e}, allowed {allowed:.1e}"
    return max(errors)


def interleave(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Measures contenders in turn, so that all see the same moments of a shared machine.

    Args:
        contenders: Name -> what to time.
        rounds: How often each has its turn.
        seconds: How long a turn takes, about.
        clock: What tells the time; `time.process_time` counts the processor's only.
    """
    counts = {}
    for name, run in contenders.items():
        run()
        started = clock()
        run()
        counts[name] = max(1, int(seconds / (clock() - started)))
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = clock()
            for _ in range(counts[name]):
                run()
            found[name].append((clock() - started) / counts[name])
    return {
        name: Timing(statistics.median(times), min(times), max(times))
        for name, times in found.items()
    }
