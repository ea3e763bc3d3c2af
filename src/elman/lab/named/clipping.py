r"""Exercise 4 of the tutorial: a gradient that is large, a loss that does not decrease.

The answer is **gradient clipping**: where the norm of the gradient exceeds a bound, the gradient is
scaled down to that bound, and keeps its direction,

.. math:: g \leftarrow g \min(1, c / \|g\|).
"""

from __future__ import annotations

from typing import Any

from elman.lab.models import read_models
from elman.lab.named.texts import TASKS
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.spec import Lab

TITLE = "Gradient clipping: exercise 4 of the tutorial"
QUESTION = (
    "The gradient of a recurrent network turns out large, and its loss does not decrease. What is "
    "to be done to go on training the same network? Clipping: where the norm of the gradient is "
    "above a bound c, g becomes g · min(1, c / |g|): no longer than c, in the same direction. Here "
    "is one network, from the same start and at the same learning rate, without it and with it."
)
CELLS = ("vanilla:orthogonal",)
LENGTHS = (20,)
QUICK_LENGTHS = (5,)
SEEDS = 3
# Plain gradient descent: Adam divides by the size of the gradient, which hides what is shown here.
TRAINING = {
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "grow_from": None,
    "rate_length": None,
    "max_steps": 1500,
    "patience_steps": 1500,
    "clip_norm": None,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "not clipped": {"clip_norm": None, "clip_value": None},
    "norm clipped at 1": {"clip_norm": 1.0, "clip_value": None},
    "norm clipped at 0.1": {"clip_norm": 0.1, "clip_value": None},
    "entries clipped at 0.01": {"clip_norm": None, "clip_value": 0.01},
}


def make_lab(options: LabOptions) -> Lab:
    """Returns the lab: the same network, not clipped and clipped."""
    models = read_models(options.cells or CELLS)
    lengths = options.lengths or (QUICK_LENGTHS if options.quick else LENGTHS)
    blocks = [
        Block("palindrome", {"length": length}, models, TRAINING, variation, variant)
        for length in lengths
        for variant, variation in VARIANTS.items()
    ]
    specs = plan_runs(blocks, options, 1 if options.quick else SEEDS)
    return Lab("clipping", TITLE, QUESTION, specs, options.command, TASKS)
