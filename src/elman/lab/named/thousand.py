"""A thousand steps: trained from short sequences to long ones, then tested far beyond."""

from __future__ import annotations

from elman.lab.models import read_models
from elman.lab.named.texts import TASKS
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.spec import Lab

TITLE = "Recall over a thousand steps"
QUESTION = (
    "Can a recurrent network keep one digit over a thousand steps, and does it then keep it over a "
    "hundred thousand, for which it was never trained?"
)
CELLS = ("vanilla", "gru", "lstm")
LENGTHS = (1000,)
QUICK_LENGTHS = (100,)
BEYOND = (10, 100, 1000, 10_000, 100_000)
SEEDS = 3


def make_lab(options: LabOptions) -> Lab:
    """Returns the lab: digits read as numbers, and without cells of the user's as one-hot too."""
    models = read_models(options.cells or CELLS)
    lengths = options.lengths or (QUICK_LENGTHS if options.quick else LENGTHS)
    blocks = [
        Block("palindrome", {"length": length}, models, beyond=_beyond(length))
        for length in lengths
    ]
    if not options.cells and "encoding" not in options.settings.task:
        blocks += [
            Block(
                "palindrome",
                {"length": length, "encoding": "one-hot"},
                models,
                variant="one-hot",
                beyond=_beyond(length),
            )
            for length in lengths
        ]
    specs = plan_runs(blocks, options, 1 if options.quick else SEEDS)
    return Lab("thousand", TITLE, QUESTION, specs, options.command, TASKS)


def _beyond(length: int) -> tuple[int, ...]:
    return tuple(other for other in BEYOND if other != length)
