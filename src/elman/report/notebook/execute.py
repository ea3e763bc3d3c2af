"""Executes the cells of a notebook in a process of its own, without Jupyter.

The cells become one script in which the recorder is told where each begins; the value of a last
line that is an expression is shown, as in Jupyter. The script runs under the Python that runs
elman, so a plain installation is enough.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman.lab.pool import ONE_THREAD
from elman.report.notebook.recorder import PATH_VARIABLE

_RECORDER = "_recorder"
_BACKEND = "module://elman.report.notebook.backend"


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Attributes:
        kind: "markdown" or "code".
        source: Its text.
    """

    kind: str
    source: str


@dataclass(frozen=True)
class Executed:
    """What became of the cells that hold code.

    Attributes:
        outputs: Of each cell that was begun, in order.
        error: The traceback of the one that failed, the last of them; empty where none did.
    """

    outputs: tuple[list[dict[str, Any]], ...]
    error: str

    @property
    def exception(self) -> str:
        """The name and the message of the exception, without the calls that led to it.

        >>> Executed((), "Traceback\\n  File\\nValueError: no\\n  remedy\\n").exception
        'ValueError: no\\n  remedy'
        """
        lines = self.error.strip().splitlines()
        starts = [place for place, line in enumerate(lines) if not line.startswith(" ")]
        return "\n".join(lines[starts[-1] :]) if starts else ""


class Execution:
    """Cells that are being executed; `finish` waits for them."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="elman-notebook-")
        folder = Path(self._folder.name)
        self._outputs = folder / "outputs.jsonl"
        self._errors = folder / "errors.txt"
        script = folder / "cells.py"
        script.write_text(write_script(cells), encoding="utf-8")
        # One thread, as the runs of the lab had: beside it the report is drawn.
        environment = {
            **os.environ, **ONE_THREAD, PATH_VARIABLE: str(self._outputs), "MPLBACKEND": _BACKEND,
        }  # fmt: skip
        with self._errors.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-X", "utf8", str(script)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                env=environment, cwd=folder,
            )  # fmt: skip

    def finish(self) -> Executed:
        """Waits until the cells are done, and returns what they showed."""
        try:
            code = self._process.wait()
            found = []
            if self._outputs.is_file():
                lines = self._outputs.read_text(encoding="utf-8").splitlines()
                found = [json.loads(line)["outputs"] for line in lines]
            error = self._errors.read_text(encoding="utf-8", errors="replace") if code else ""
            return Executed(tuple(found), _without_paths(error, self._folder.name))
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends the process, if it still runs, and removes what it wrote."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _without_paths(error: str, folder: str) -> str:
    """A traceback without the name of a folder that is no longer there."""
    return error.replace(f"{folder}{os.sep}", "")


def write_script(cells: Sequence[Cell]) -> str:
    """Returns the script that executes the code of some cells.

    >>> print(write_script([Cell("code", "x = 1\\nx + 1")]))
    from elman.report.notebook.recorder import start_recorder
    _recorder = start_recorder()
    _recorder.begin(0)
    x = 1
    _recorder.show((
    x + 1
    ))
    _recorder.end()

    Args:
        cells: Of both kinds.
    Raises:
        SyntaxError: The code of a cell is none.
    """
    lines = [
        "from elman.report.notebook.recorder import start_recorder",
        f"{_RECORDER} = start_recorder()",
    ]
    sources = [cell.source for cell in cells if cell.kind == "code"]
    for number, source in enumerate(sources):
        lines += [f"{_RECORDER}.begin({number})", _show_last(source)]
    return "\n".join([*lines, f"{_RECORDER}.end()"])


def _show_last(source: str) -> str:
    body = ast.parse(source).body
    if not body or not isinstance(body[-1], ast.Expr):
        return source
    lines = source.splitlines()
    first, last = body[-1].lineno - 1, body[-1].end_lineno
    shown = "\n".join(lines[first:last])
    return "\n".join([*lines[:first], f"{_RECORDER}.show((\n{shown}\n))"])
