"""Rounding as one does by hand: to decimal places, halves away from zero.

What is rounded is the result of every operation: a product `a x_t`, each sum of two terms, the
nonlinearity, the square, the sum over all steps. A product of a matrix and a vector is one
operation, and so is a sum over time: each entry is rounded once, when it is complete. Values that
are given are used as they are given.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

# Floats hold 0.15 * 0.3 as 0.0449999...; to this many digits it is the 0.045 of the person.
_DIGITS = 13
_EXACT = 1e15  # above, floats have no decimals to round


def round_half_away(values: Array, places: int) -> Array:
    """Rounds to decimal places, halves away from zero.

    Numbers are first taken to 13 significant digits, so that a half which a float misses by its
    last bits counts as the half that it is on paper.

    >>> round_half_away(np.array([0.125, -0.125, 0.15 * 0.3]), 2).tolist()
    [0.13, -0.13, 0.05]

    Args:
        values: Of any shape.
        places: Decimal places, 0 or more.
    """
    flat = [_round(float(value), places) for value in np.ravel(values)]
    return np.asarray(flat, dtype=np.float64).reshape(np.shape(values))


def _round(value: float, places: int) -> float:
    if not abs(value) < _EXACT:  # nor what is not finite
        return value
    step = Decimal(1).scaleb(-places)
    rounded = Decimal(f"{value:.{_DIGITS}g}").quantize(step, rounding=ROUND_HALF_UP)
    return float(rounded) + 0.0  # + 0.0 turns -0.0 into 0.0
