"""Values for recurrences, and comparisons that name what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from elman.ir import Recurrence

# Relative RMS error allowed, by dtype.
TOLERANCES = {"float64": 1e-12, "float32": 1e-5}


def random_values(
    recurrence: Recurrence,
    sizes: Mapping[str, int],
    steps: int,
    *,
    batch: int | None = None,
    seed: int = 0,
    scale: float = 0.7,
) -> dict[str, np.ndarray]:
    """Returns a value for every parameter and input.

    Shapes: a parameter has its own; an input is [T, ...], or [T, B, ...] with a batch.
    """
    generator = np.random.default_rng(seed)
    shapes = recurrence.shapes(sizes)
    lead = (steps,) if batch is None else (steps, batch)
    values = {}
    for key in recurrence.parameters:
        shape = tuple(dim.size or 0 for dim in shapes[key])
        values[key] = generator.normal(size=shape) * scale
    for key in recurrence.inputs:
        shape = tuple(dim.size or 0 for dim in shapes[key])
        values[key] = generator.normal(size=lead + shape)
    return values


def relative_error(found: Any, expected: Any) -> float:
    """Returns the RMS of the difference over the RMS of what is expected."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape, f"shapes {found.shape} and {expected.shape}"
    if not expected.size:
        return 0.0
    size = np.sqrt(np.mean(expected**2))
    return float(np.sqrt(np.mean((found - expected) ** 2)) / (size if size > 0 else 1.0))


def assert_close(
    found: Mapping[str, Any], expected: Mapping[str, Any], dtype: str = "float64"
) -> None:
    """Fails with the name of the first value that differs; both must have the expected names."""
    for name, value in expected.items():
        assert name in found, f"{name} is missing among {sorted(found)}"
        error = relative_error(found[name], value)
        assert error <= TOLERANCES[dtype], f"{name}: relative RMS error {error:.2e}"
