"""`elman bench check REF`: what became slower in the working tree since a git ref.

Two processes, one for each version, take turns over pipes, so that both see the same moments of a
shared machine. What looks slower is measured again in fresh processes before it is reported.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from elman.bench.case import Case, read_shape
from elman.bench.cells import CELLS
from elman.bench.grid import write_seconds
from elman.bench.measure import Timing
from elman.errors import DataError

_SOURCE = Path(__file__).parents[2]  # the folder that holds `elman`
_PAUSE = 0.01  # threads of the other version, which may still spin, go to sleep
_LEAST = 1.02  # less is not told from chance, whatever the spread says
_WIDTH = 120  # of a table that goes to a file
_CASES = (
    Case("tanh", 20, 128, 1, 128),
    Case("gru", 28, 128, 28, 128),
    Case("lstm", 28, 128, 28, 128),
    Case("minimal", 28, 128, 28, 128),
    Case("layernorm", 28, 128, 28, 128),
    Case("gru", 784, 64, 1, 128),
    Case("lstm", 128, 64, 512, 512),
    Case("lstm", 1000, 1, 16, 64),
    Case("gru", 28, 1, 128, 128, "inference"),
    Case("lstm", 28, 1, 512, 512, "inference"),
)


def choose_cases(cells: Sequence[str] | None, shapes: Sequence[str] | None) -> list[Case]:
    """Returns what is compared: a choice of all kinds, or cells and shapes that are asked for.

    Raises:
        DataError: A cell or a shape is unknown.
    """
    names = [name for word in cells or () for name in word.split(",")]
    for name in names:
        if name not in CELLS:
            raise DataError(f"there is no cell {name!r}\n  Choose among {', '.join(CELLS)}.")
    if shapes:
        sizes = [read_shape(text) for text in shapes]
        return [Case(name, *size) for size in sizes for name in names or CELLS]
    return [case for case in _CASES if not names or case.cell in names]


@dataclass(frozen=True)
class Compared:
    """One case in two versions.

    Attributes:
        case: What was measured.
        before: Of the ref.
        after: Of the working tree.
        wrong: Whether the working tree's result is wrong; then it was not timed.
    """

    case: Case
    before: Timing
    after: Timing
    wrong: bool = False

    @property
    def ratio(self) -> Timing:
        """How many times longer the working tree takes, round by round."""
        return self.after.over(self.before)

    @property
    def slower(self) -> bool:
        """Whether three quarters of the rounds were slower, by more than chance makes them."""
        return not self.wrong and self.ratio.low > _LEAST

    @property
    def faster(self) -> bool:
        """The same the other way round."""
        return not self.wrong and self.ratio.high < 1 / _LEAST


class Worker:
    """A process with one version of elman.

    Args:
        source: The folder that holds its `elman`.
    """

    def __init__(self, source: Path) -> None:
        self._process = subprocess.Popen(
            # -P: the folder of the file, with names such as `case`, stays out of the way
            [sys.executable, "-P", str(Path(__file__).with_name("worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(source)},
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin and self._process.stdout, "internal: a worker without pipes"
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def ask(self, do: str, **values: object) -> dict[str, Any]:
        """Sends a request and waits for the answer.

        Raises:
            DataError: The process ended, after it wrote why.
        """
        assert self._process.stdin and self._process.stdout, "internal: a worker without pipes"
        try:
            self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise DataError("a version does not run; its error stands above\n  Compare others.")
        answer: dict[str, Any] = json.loads(line)
        return answer


def compare(
    case: Case, before: Path, after: Path, threads: int, rounds: int, seconds: float
) -> Compared:
    """Measures a case in two versions.

    Args:
        case: What to measure.
        before: The source folder of one version.
        after: Of the other.
        threads: For each.
        rounds: How often each has its turn.
        seconds: How long a turn takes, about.

    Raises:
        DataError: A version does not run.
    """
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(source)) for source in (before, after)]
        request = {
            "text": CELLS[case.cell].text,
            "sizes": {"x": case.inputs, "h": case.hidden},
            "output": "h",
            "shape": [case.steps, case.batch, case.inputs, case.hidden],
            "mode": case.mode,
            "last": case.last,
            "threads": threads,
        }
        # An error is told over the largest that is allowed.
        if [worker.ask("pose", **request)["error"] for worker in workers][1] > 1:
            return Compared(case, Timing((1.0,)), Timing((1.0,)), wrong=True)
        counts = [worker.ask("count", seconds=seconds)["count"] for worker in workers]
        found: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds):
            for place in (0, 1) if number % 2 else (1, 0):
                time.sleep(_PAUSE)
                taken = workers[place].ask("turn", count=min(counts))["seconds"]
                found[place].append(taken)
    return Compared(case, Timing(tuple(found[0])), Timing(tuple(found[1])))


def check_ref(
    ref: str, cases: Sequence[Case], threads: int | None, rounds: int, seconds: float
) -> int:
    """Compares the working tree with a git ref and prints a table.

    Returns:
        0; 1 where a case became slower or wrong.

    Raises:
        DataError: The ref is unknown, or a version does not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        extract(ref, Path(folder))
        return check_folders(Path(folder) / "src", _SOURCE, cases, threads, rounds, seconds)


def check_folders(
    before: Path,
    after: Path,
    cases: Sequence[Case],
    threads: int | None,
    rounds: int,
    seconds: float,
) -> int:
    """Compares two source folders and prints a table.

    Returns:
        0; 1 where a case became slower or wrong.
    """
    errors = Console(stderr=True)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    table = Table("case", "before", "after", "after / before", "quartiles", "")
    found = []
    for case in cases:
        measured = compare(case, before, after, threads or torch.get_num_threads(), rounds, seconds)
        if measured.slower:
            errors.print(f"{case.title}: {measured.ratio.median:.2f} ×, again", highlight=False)
            again = (threads or torch.get_num_threads(), rounds, seconds)
            measured = compare(case, before, after, *again)
        found.append(measured)
        errors.print(f"{case.title}: {measured.ratio.median:.2f} ×", highlight=False)
        table.add_row(*_row(measured))
    console.print(table)
    bad = [measured for measured in found if measured.slower or measured.wrong]
    console.print(f"{len(bad)} of {len(found)} cases became slower or wrong")
    return 1 if bad else 0


def _row(measured: Compared) -> list[str]:
    if measured.wrong:
        return [measured.case.title, "", "", "", "", "[bold red]wrong, not timed[/]"]
    ratio = measured.ratio
    word = "[bold red]slower[/]" if measured.slower else "faster" if measured.faster else ""
    return [
        measured.case.title,
        write_seconds(measured.before.median),
        write_seconds(measured.after.median),
        f"{ratio.median:.3f}",
        f"{ratio.low:.3f}–{ratio.high:.3f}",
        word,
    ]


def extract(ref: str, folder: Path, checkout: Path = _SOURCE.parent) -> None:
    """Writes the source of a git ref into a folder.

    Args:
        ref: A commit, a branch or a tag.
        folder: Gets a folder `src`.
        checkout: Where git looks.

    Raises:
        DataError: This is no git checkout, or the ref is unknown.
    """
    words = ["git", "-C", str(checkout), "archive", ref, "src"]
    try:
        done = subprocess.run(words, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        raise DataError(
            f"cannot read {ref!r} from git\n  {said.decode(errors='replace').strip()}\n"
            "  Name a commit, a branch or a tag of this checkout."
        ) from None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
