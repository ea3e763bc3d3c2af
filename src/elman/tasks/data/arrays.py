"""Series in NumPy arrays, from an `.npz` file."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.errors import DataError
from elman.tasks.data.labelled import Series, Values, unreadable

_SHOWN = 5  # places listed in an error


def read_arrays(path: Path) -> list[Series]:
    """Returns the series of an `.npz` file.

    `labels` is [S]; `values` is [S, T, I], padded at the end, with `lengths` [S] where they differ,
    or [N, I], all series one after the other, with `lengths`; `part` [S] is optional.

    Raises:
        DataError: An array is missing or has a wrong shape, or a value is not finite.
    """
    arrays = _load(path)
    for needed in ("values", "labels"):
        if needed not in arrays:
            held = ", ".join(arrays) or "nothing"
            raise unreadable(path, f"it has no array {needed!r}; it holds {held}")
    values, labels = arrays["values"], arrays["labels"]
    if labels.ndim != 1 or len(labels) == 0:
        raise unreadable(path, f"labels has shape {list(labels.shape)}, wanted [S] with S from 1")
    if values.dtype.kind not in "fiub":
        raise unreadable(path, f"values has dtype {values.dtype}, wanted numbers")
    pieces = _pieces(path, values.astype(np.float64), arrays.get("lengths"), len(labels))
    parts = arrays.get("part", np.full(len(labels), ""))
    if parts.shape != labels.shape:
        raise unreadable(path, f"part has shape {list(parts.shape)}, wanted {list(labels.shape)}")
    series = [
        Series(str(place), piece, str(label), str(part))
        for place, (piece, label, part) in enumerate(zip(pieces, labels, parts, strict=True))
    ]
    _check_finite(path, series)
    return series


def _pieces(path: Path, values: Values, lengths: Any, count: int) -> list[Values]:
    """Cuts the values into one array a series."""
    if values.ndim not in (2, 3) or (values.ndim == 3 and len(values) != count):
        wanted = f"[{count}, T, I] or [N, I]"
        raise unreadable(path, f"values has shape {list(values.shape)}, wanted {wanted}")
    if lengths is None and values.ndim == 2:
        raise unreadable(path, "values is [N, I], and there are no lengths to cut it by")
    if lengths is None:
        lengths = np.full(count, values.shape[1])
    if lengths.shape != (count,) or lengths.dtype.kind not in "iu":
        fact = f"lengths has shape {list(lengths.shape)} and dtype {lengths.dtype}"
        raise unreadable(path, f"{fact}, wanted [{count}] whole numbers")
    most = values.shape[1] if values.ndim == 3 else len(values)
    for place in np.flatnonzero((lengths < 1) | (lengths > most))[:1]:
        raise unreadable(path, f"lengths[{place}] is {lengths[place]}, wanted 1 to {most:,}")
    if values.ndim == 3:
        return [piece[:length] for piece, length in zip(values, lengths, strict=True)]
    if lengths.sum() != len(values):
        raise unreadable(
            path, f"lengths add up to {lengths.sum():,}, and values has {len(values):,} rows"
        )
    return np.split(values, np.cumsum(lengths)[:-1])


def _check_finite(path: Path, series: Sequence[Series]) -> None:
    places = [
        f"series {one.name}, step {step + 1}, feature {feature}: {one.values[step, feature]}"
        for one in series
        for step, feature in np.argwhere(~np.isfinite(one.values))
    ]
    if places:
        listed = "\n".join(f"  {place}" for place in places[:_SHOWN])
        more = f"\n  and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
        count = f"{len(places):,} value{'s are' if len(places) > 1 else ' is'}"
        raise DataError(
            f"{path}: {count} not finite\n{listed}{more}\n  Leave those steps out, or fill them in."
        )


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """Reads all arrays; objects, which would have to be unpickled, are refused."""
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array, not an archive of several")
        with archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise unreadable(path, str(error).splitlines()[0] if str(error) else "damaged") from error
