"""A formula in T for a count, found from counts at small T and held against the one asked for."""

from __future__ import annotations

from collections.abc import Callable

# Counts are regular once T exceeds all lags, which are small.
_FIRST, _POINTS = 6, 4


def fit_formula(
    count: Callable[[int], int], steps: int, at_steps: int, every: int | None = None
) -> str:
    """Returns a formula such as `3*T - 1`, or an empty text where none fits.

    Args:
        count: The count at a number of steps.
        steps: T, at which the formula must hold.
        at_steps: The count at T.
        every: Where checkpoints are k steps apart, k: then the formula may have (T + k - 1)//k.
    """
    if every is not None and steps > every:
        return _with_checkpoints(count, steps, at_steps, every)
    points = [(t, count(t)) for t in (2, *range(_FIRST, _FIRST + _POINTS))]
    slope = points[-1][1] - points[-2][1]
    offset = points[-1][1] - slope * points[-1][0]
    regular = [(t, found) for t, found in points if t >= _FIRST]
    if any(found != slope * t + offset for t, found in [*regular, (steps, at_steps)]):
        return ""
    return write_formula([(slope, "T"), (offset, "")])


def _with_checkpoints(count: Callable[[int], int], steps: int, at_steps: int, every: int) -> str:
    """Fits a formula for more than one segment."""
    first = 2 * every + 1
    if every == 1:
        points = [(t, count(t)) for t in (first, first + 1, first + 2)]
        slope = points[1][1] - points[0][1]
        offset = points[0][1] - slope * first
        if any(slope * t + offset != found for t, found in [*points, (steps, at_steps)]):
            return ""
        return write_formula([(slope, "T"), (offset, "")])
    for shift in (every - 1, 0):  # the number of segments begun, or of those completed
        formula = _fit_segments(count, every, shift)
        if formula is not None and formula[0](steps) == at_steps:
            return formula[1]
    return ""


def _fit_segments(
    count: Callable[[int], int], every: int, shift: int
) -> tuple[Callable[[int], int], str] | None:
    """Fits a T + b ((T + shift) // k) + c; None where it does not hold."""
    first = 2 * every + 1
    base, same, later = count(first), count(first + 1), count(first + every)
    per_step = same - base
    per_segment = later - base - per_step * every
    offset = base - per_step * first - per_segment * ((first + shift) // every)

    def formula(t: int) -> int:
        return per_step * t + per_segment * ((t + shift) // every) + offset

    known = [(t, count(t)) for t in (first + every - 2, first + every - 1, first + 2 * every)]
    if any(formula(t) != found for t, found in known):
        return None
    segments = f"((T + {shift})//{every})" if shift else f"(T//{every})"
    return formula, write_formula([(per_step, "T"), (per_segment, segments), (offset, "")])


def write_formula(terms: list[tuple[int, str]]) -> str:
    """Writes a sum of multiples, leaving out those of 0.

    >>> write_formula([(3, "T"), (-1, "")])
    '3*T - 1'
    """
    text = ""
    for factor, name in terms:
        if not factor:
            continue
        size = abs(factor)
        body = name if name and size == 1 else f"{size}*{name}" if name else str(size)
        if not text:
            text = f"-{body}" if factor < 0 else body
        else:
            text += f" {'-' if factor < 0 else '+'} {body}"
    return text or "0"
