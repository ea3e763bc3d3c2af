"""The lab of the lab document: highest accuracy against the length of the sequence."""

from __future__ import annotations

from elman.lab.models import read_models
from elman.lab.named.texts import TASKS
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.spec import Lab
from elman.train.presets import ONE_LENGTH

TITLE = "Recall over time: accuracy against sequence length"
QUESTION = (
    "How long a sequence can a recurrent network remember, and how much of that is its equations, "
    "how much the way it is trained?"
)
CELLS = ("vanilla", "gru", "lstm")
LENGTHS = (5, 10, 20, 50, 100)
QUICK_LENGTHS = (5, 10)
# Trained on one length, these begin to fail at 20 and are at chance at 100: what lies between is
# left out, as such runs take longest of all.
PLAIN_LENGTHS = (5, 10, 20, 100)
SEEDS = 3


def make_lab(options: LabOptions) -> Lab:
    """Returns the lab: each cell at each length with each seed, and on the digits.

    Without cells of the user's, the network of the lab document is there twice: trained as it
    says, on one length from weights of 0.01, and trained from short sequences to long ones.
    """
    models = read_models(options.cells or CELLS)
    lengths = options.lengths or (QUICK_LENGTHS if options.quick else LENGTHS)
    plain = () if options.cells else read_models(["vanilla:lab"])
    plain_lengths = options.lengths or PLAIN_LENGTHS
    blocks = []
    for length in lengths:
        block = Block("palindrome", {"length": length}, models)
        blocks.append(block)
        if plain and length in plain_lengths:
            blocks.append(
                Block("palindrome", {"length": length}, plain, ONE_LENGTH, variant="one length")
            )
    if options.digits:
        blocks.append(Block("digits", {}, models))
    specs = plan_runs(blocks, options, 1 if options.quick else SEEDS)
    return Lab("length", TITLE, QUESTION, specs, options.command, TASKS)
