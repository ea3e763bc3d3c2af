"""Exercise 7 of the tutorial: long sequences split into shorter ones, for good and for ill."""

from __future__ import annotations

from elman.lab.models import read_models
from elman.lab.named.texts import TASKS
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.spec import Lab
from elman.train.presets import ONE_LENGTH

TITLE = "Truncated backpropagation: exercise 7 of the tutorial"
QUESTION = (
    "Gradients look back over a window of k steps only. That keeps memory and time of the backward "
    "pass small, whatever the length of the sequence is; but how far is the gradient from the true "
    "one, and what becomes of a dependency that is longer than the window?"
)
# From weights of 0.01 a state is forgotten at once: a gradient that sees the first digit has to
# teach the network to keep it. From large random weights the digit stays in the states by itself,
# and a window as short as a few steps learns to read it there.
CELLS = ("vanilla:lab",)
LENGTHS = (10,)
QUICK_LENGTHS = (6,)
SEEDS = 3


def make_lab(options: LabOptions) -> Lab:
    """Returns the lab: the same training with windows from one step to the whole sequence."""
    models = read_models(options.cells or CELLS)
    lengths = options.lengths or (QUICK_LENGTHS if options.quick else LENGTHS)
    blocks = [
        Block(
            "palindrome",
            {"length": length},
            models,
            ONE_LENGTH,
            {"window": window},
            "all steps" if window is None else f"window {window}",
            study="truncation",
        )
        for length in lengths
        for window in windows(length)
    ]
    specs = plan_runs(blocks, options, 1 if options.quick else SEEDS)
    return Lab("truncation", TITLE, QUESTION, specs, options.command, TASKS)


def windows(length: int) -> list[int | None]:
    """Returns windows that double, and None for all of the T - 1 steps that are read.

    >>> windows(20)
    [1, 2, 4, 8, 16, None]

    Args:
        length: T.
    """
    found: list[int | None] = []
    window = 1
    while window < length - 1:
        found.append(window)
        window *= 2
    return [*found, None]
