"""How a download shows where it is: a line that is rewritten on a terminal, else plain lines."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

_INTERVAL = 0.2  # seconds between two looks of a terminal
_MEGABYTE = 1_000_000


class Meter:
    """Shows the bytes of one file after another.

    Args:
        stream: Where to show them; standard error without it.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._name = ""
        self._last = 0.0
        self._open_line = False

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_line()

    def __call__(self, name: str, done: int, total: int) -> None:
        """Takes note of how many bytes of a file are there."""
        began, over = name != self._name, done >= total
        self._name = name
        if self._live:
            now = time.monotonic()
            if began or over or now - self._last >= _INTERVAL:
                self._last = now
                self._stream.write(f"\r{describe(name, done, total)}\033[K")
                self._open_line = True
                if over:
                    self._end_line()
        elif began or over:
            self._stream.write(f"{describe(name, done, total)}\n")
        self._stream.flush()

    def _end_line(self) -> None:
        if self._open_line:
            self._stream.write("\n")
            self._stream.flush()
            self._open_line = False


def describe(name: str, done: int, total: int) -> str:
    """Returns one line about a download.

    >>> describe("train-images-idx3-ubyte.gz", 4_200_000, 9_912_422)
    'downloading train-images-idx3-ubyte.gz: 4.2 of 9.9 MB'
    """
    if total < _MEGABYTE:
        return f"downloading {name}: {done / 1000:.1f} of {total / 1000:.1f} kB"
    return f"downloading {name}: {done / _MEGABYTE:.1f} of {total / _MEGABYTE:.1f} MB"
