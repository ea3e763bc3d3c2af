"""Correctness first, then times: contenders take turns in one process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

# Largest difference from float64, relative to the largest entry; or twice that of the torch loop.
TOLERANCE = 2e-6
# The same for peers, whose rounding is their own: over hundreds of steps torch.nn's gradients may
# be further off than twice the loop's; what is wrong is off by far more than this.
PEER_TOLERANCE = 1e-4
# A gradient that is zero but for float64's rounding, as of a bias that a quotient cancels, has no
# largest entry to speak of: it is this small beside the largest of all results.
_NOTHING = 1e-12
# A turn begins at rest: after a pause of which less than a tenth was used. Threads spin after their
# work, those of ONNX Runtime for some 60 ms, and would take a core from the next contender.
_PAUSE = 0.01
_LONGEST_REST = 0.5
# Calls longer than this need no call before them that is not timed.
_LONG = 0.1


class WrongResultError(Exception):
    """A result is too far from the one in float64; nothing of it is timed."""


@dataclass(frozen=True)
class Timing:
    """Seconds per call.

    Attributes:
        rounds: The mean of each turn, in the order of rounds.
    """

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Over the rounds."""
        return statistics.median(self.rounds)

    @property
    def low(self) -> float:
        """The first quartile."""
        return quantile(self.rounds, 0.25)

    @property
    def high(self) -> float:
        """The third quartile."""
        return quantile(self.rounds, 0.75)

    def over(self, other: Timing) -> Timing:
        """Returns how many times longer this took than another one, round by round.

        Contenders of a round saw the same moments of a shared machine.
        """
        pairs = zip(self.rounds, other.rounds, strict=True)
        return Timing(tuple(mine / theirs for mine, theirs in pairs))


def quantile(values: Sequence[float], share: float) -> float:
    """Returns a quantile, between two values by their distance.

    >>> quantile([1.0, 2.0, 3.0], 0.25)
    1.5
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def largest_error(found: Tensor, exact: Tensor, scale: float = 1.0) -> float:
    """Returns the largest difference over the largest entry; infinite for NaN or a wrong shape.

    Args:
        found: In any type of numbers.
        exact: In float64.
        scale: What differences are taken over where the exact values are nothing beside it.
    """
    if found.shape != exact.shape:
        return float("inf")
    size = _size(exact)
    error = float((found.double() - exact).abs().max()) if exact.numel() else 0.0
    error /= size if size > _NOTHING * scale else scale
    return error if error == error else float("inf")


def _size(value: Tensor) -> float:
    """Returns the largest entry without its sign."""
    return float(value.abs().max()) if value.numel() else 0.0


def gate(
    found: Mapping[str, Tensor],
    exact: Mapping[str, Tensor],
    allowed: Callable[[], float] = lambda: TOLERANCE,
) -> float:
    """Returns the largest error of a contender.

    Args:
        found: Its outputs and gradients by name.
        exact: The same in float64.
        allowed: The largest error that passes; asked for above `TOLERANCE` alone.

    Raises:
        WrongResultError: An error is larger, or a result is missing.
    """
    missing = sorted(set(exact) - set(found))
    if missing:
        raise WrongResultError(f"it gives no {', '.join(missing)}")
    scale = max((_size(value) for value in exact.values()), default=0.0) or 1.0
    errors = {name: largest_error(found[name], value, scale) for name, value in exact.items()}
    worst = max(errors, key=lambda name: errors[name])
    if errors[worst] > TOLERANCE and errors[worst] > allowed():
        raise WrongResultError(
            f"{worst} is wrong by {errors[worst]:.1e} of its largest entry, "
            f"allowed are {max(TOLERANCE, allowed()):.1e}"
        )
    return errors[worst]


def interleave(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
    once: frozenset[str] = frozenset(),
) -> dict[str, Timing]:
    """Measures contenders in turn, so that all see the same moments of a shared machine.

    Each round begins with another contender, so that none always follows the same one.

    Args:
        contenders: Name -> what to time.
        rounds: How often each has its turn.
        seconds: How long a turn takes, about.
        clock: What tells the time; `time.process_time` counts the processor's only.
        once: Those that run once in a turn.
    """
    counts, long = {}, {}
    for name, run in contenders.items():
        run()
        started = clock()
        run()
        taken = max(clock() - started, 1e-7)
        counts[name] = 1 if name in once else max(1, round(seconds / taken))
        long[name] = taken > _LONG
    names = list(contenders)
    found: dict[str, list[float]] = {name: [] for name in contenders}
    with _no_collection():
        for number in range(rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                found[name].append(_turn(contenders[name], counts[name], long[name], clock))
            gc.collect()
    return {name: Timing(tuple(times)) for name, times in found.items()}


def _turn(run: Callable[[], object], count: int, long: bool, clock: Callable[[], float]) -> float:
    """Returns the mean seconds of a call in one turn."""
    _rest()
    if not long:
        run()  # wakes threads and fills caches
    started = clock()
    for _ in range(count):
        run()
    return (clock() - started) / count


def _rest() -> None:
    """Waits until no thread of this process runs, or half a second at most."""
    latest = time.perf_counter() + _LONGEST_REST
    while time.perf_counter() < latest:
        used = time.process_time()
        time.sleep(_PAUSE)
        if time.process_time() - used < _PAUSE / 10:
            return


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keeps Python's collector of cycles out of the turns, and what is there out of its sight."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def matrix_product(size: int = 2048) -> Callable[[], object]:
    """Returns a float32 matrix product, whose best time tells the peak of the machine."""
    left, right = torch.randn(size, size), torch.randn(size, size)
    out = torch.empty(size, size)
    return lambda: torch.mm(left, right, out=out)
