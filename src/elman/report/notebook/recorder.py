"""Keeps what the cells of a notebook show; imported by the process that executes them.

Figures come here through `elman.report.notebook.backend`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

PATH_VARIABLE = "ELMAN_NOTEBOOK_OUTPUTS"
# How a value shows itself, in the order in which a notebook prefers it.
_METHODS = {
    "image/svg+xml": "_repr_svg_",
    "text/html": "_repr_html_",
    "text/latex": "_repr_latex_",
}


class Recorder:
    """Writes one line of JSON a cell: its number and its outputs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number: int | None = None
        self._outputs: list[dict[str, Any]] = []
        self._printed = io.StringIO()
        self._before: TextIO = sys.stdout

    def begin(self, number: int) -> None:
        """Ends the cell before, and keeps what the next one shows.

        Args:
            number: Its place among the cells that hold code.
        """
        self.end()
        self._number = number
        self._printed = io.StringIO()
        sys.stdout = self._printed

    def end(self) -> None:
        """Writes the outputs of the cell that was begun, where there is one."""
        if self._number is None:
            return
        self._take_printed()
        sys.stdout = self._before
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"cell": self._number, "outputs": self._outputs}) + "\n")
        self._number, self._outputs = None, []

    def show(self, value: object) -> None:
        """Shows the value of the last line of a cell; None shows nothing."""
        if value is None:
            return
        self._take_printed()
        data: dict[str, Any] = {}
        for kind, method in _METHODS.items():
            shown = getattr(value, method, None)
            if shown is not None:
                data[kind] = _lines(shown())
        data["text/plain"] = _lines(repr(value))
        number = None if self._number is None else self._number + 1
        self._outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": number,
                "data": data,
                "metadata": {},
            }
        )

    def show_image(self, png: bytes) -> None:
        """Shows a figure."""
        self._take_printed()
        data = {"image/png": base64.b64encode(png).decode(), "text/plain": ["<Figure>"]}
        self._outputs.append({"output_type": "display_data", "data": data, "metadata": {}})

    def _take_printed(self) -> None:
        text = self._printed.getvalue()
        self._printed.seek(0)
        self._printed.truncate()
        if text:
            self._outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(text)})


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def start_recorder() -> Recorder:
    """Returns the recorder of this process, which figures are shown to as well."""
    from elman.report.notebook import backend

    recorder = Recorder(Path(os.environ[PATH_VARIABLE]))
    backend.Manager.listener = recorder.show_image
    with contextlib.suppress(AttributeError):
        sys.stderr.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    return recorder
