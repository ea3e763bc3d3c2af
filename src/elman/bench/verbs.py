"""Times the commands of the paper kind as whole processes: `elman bench verbs`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TUTORIAL = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i; \tau_i = Wh_{i-1} + Ux_i"
LOSS = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
ROUNDS = 5


def commands(folder: Path) -> dict[str, list[str]]:
    """Returns the words of each timed command; pictures go to a folder."""
    picture = str(folder / "picture.svg")
    return {
        "show": ["show", TUTORIAL],
        "evaluate": ["evaluate", LOSS, "--input", "x=0.5,-1", "--case", "a=20,b=1,c=1"],
        "draw": ["draw", TUTORIAL, "--steps", "2", "-o", picture],
        "draw, LSTM, 100 steps": ["draw", "lstm", "--steps", "100", "-o", picture],
        "gradient": ["gradient", TUTORIAL, "--of", "z", "--wrt", "W", "--steps", "2"],
        "gradient, LSTM, 100 steps": ["gradient", "lstm", "--of", "y_100", "--wrt", "Wf",
                                      "--steps", "100"],
        "memory": ["memory", TUTORIAL, "--of", "z", "--steps", "100"],
    }  # fmt: skip


def seconds(words: list[str]) -> float:
    """Returns the wall-clock seconds of one command, from start to end of its process."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "elman", *words], check=True, capture_output=True)
    return time.perf_counter() - begun


def time_verbs() -> None:
    """Prints the median and the range of each command, taken in turns."""
    with tempfile.TemporaryDirectory() as folder:
        timed = commands(Path(folder))
        found: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(ROUNDS + 1):
            for name, words in timed.items():
                found[name].append(seconds(words))
    for name, values in found.items():
        counted = values[1:]  # the first round fills caches
        middle = statistics.median(counted)
        print(f"{name:<26} {middle:.2f} s  ({min(counted):.2f} to {max(counted):.2f})")
