"""A labelled series, as every reader of a file returns it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError

Values = NDArray[np.float64]

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Series:
    """One labelled series.

    Attributes:
        name: How the file calls it.
        values: [T, I], T at least 1.
        label: Its class, as text.
        part: "train", "validation" or "test" where the file says so, else empty.
    """

    name: str
    values: Values
    label: str
    part: str = ""


def unreadable(path: Path, fact: str) -> DataError:
    """Returns the error that a file does not hold series."""
    return DataError(f"cannot read series from {path}: {fact}\n  docs/data.md shows the format.")
