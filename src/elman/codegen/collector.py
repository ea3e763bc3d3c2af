"""Python's collector of garbage, held back while much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Lets the collector rest, also as a decorator.

    A recurrence becomes kernels by way of tens of thousands of small objects. They make the
    collector look through all objects of the process, which with torch loaded takes longer than
    all else that is done when kernels come from the cache.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
