"""What makes it better: the whole recipe, and the same with one part of it switched off."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elman.errors import DataError
from elman.lab.models import Model, read_models
from elman.lab.named.texts import TASKS
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.record import RunRecord
from elman.lab.session import STORE_NAME
from elman.lab.spec import Lab
from elman.lab.starts import read_start
from elman.lab.store import RunStore

TITLE = "What makes training better, one option at a time"
QUESTION = (
    "Which of the things that one does for long dependencies is worth it? Each is switched off by "
    "itself; what then gets worse is what it brought."
)
CELLS = ("vanilla",)
LENGTHS = (200,)
QUICK_LENGTHS = (20,)
SEEDS = 3
# Long enough for the whole recipe several times over; a variant that needs more has lost.
TRAINING = {"max_steps": 3000}


@dataclass(frozen=True)
class Variant:
    """One difference from the whole recipe.

    Attributes:
        name: As in tables and figures.
        training: Settings of its own.
        start: A start of its own, or empty.
        options: Options of the task of its own.
    """

    name: str
    training: dict[str, Any] = field(default_factory=dict)
    start: str = ""
    options: dict[str, Any] = field(default_factory=dict)


VARIANTS = (
    Variant("the whole recipe"),
    Variant("no curriculum", {"grow_from": None}),
    Variant("no shorter sequences", {"shorter_share": 0.0}),
    Variant("short strides", {"grow_faster": 1.0}),
    Variant("no going back", {"collapse_metric": None, "grow_patience": None}),
    Variant("no fall of the rate", {"rate_length": None}),
    Variant("no clipping", {"clip_norm": None}),
    Variant("entries clipped", {"clip_norm": None, "clip_value": 0.1}),
    Variant("with warm-up", {"warmup_steps": 100}),
    Variant("raw digits", options={"standardise": False}),
    Variant("one-hot digits", options={"encoding": "one-hot"}),
    Variant("start of the lab", start="lab"),
    Variant("start of torch", start="torch"),
    Variant("identity start", start="identity"),
)


def gate_starts(cell: str | None, length: int) -> tuple[Variant, ...]:
    """Returns starts for the bias of the gate that remembers, where a cell has one.

    >>> [variant.start for variant in gate_starts("gru", 200)]
    ['orthogonal+b_z=chrono(200)']

    Args:
        cell: Its name in the catalogue, by which the bias is known.
        length: T, over which the chrono start spreads what the units remember.
    """
    if cell == "gru":
        return (Variant("chrono start", start=f"orthogonal+b_z=chrono({length})"),)
    if cell != "lstm":
        return ()
    return (
        Variant("forget bias 0", start="orthogonal"),
        Variant("forget bias 1", start="orthogonal+b_f=1"),
        Variant("chrono start", start=f"orthogonal+b_f=chrono({length})+b_i=chrono(-{length})"),
    )


def make_lab(options: LabOptions) -> Lab:
    """Returns the lab: every model with every variant at one length.

    Raises:
        DataError: More than one length was given.
    """
    if len(options.lengths) > 1:
        raise DataError(
            f"the lab better has one length, and --lengths gives {len(options.lengths)}\n"
            "  Give one, as in --lengths 100."
        )
    (length,) = options.lengths or (QUICK_LENGTHS if options.quick else LENGTHS)
    blocks = []
    for model in read_models(options.cells or CELLS):
        for variant in (*VARIANTS, *gate_starts(model.cell, length)):
            started = _with_start(model, variant.start)
            if variant.start and started == model:
                continue  # the model has that start already
            blocks.append(
                Block(
                    "palindrome",
                    {"length": length, **variant.options},
                    (started,),
                    TRAINING,
                    variant.training,
                    variant.name,
                )
            )
    specs = plan_runs(blocks, options, 1 if options.quick else SEEDS)
    return Lab("better", TITLE, QUESTION, specs, options.command, TASKS)


def read_runs(folder: Path, code_version: str) -> list[RunRecord]:
    """Returns the runs of this lab that lie in a folder, in the order in which it shows them.

    Args:
        folder: The lab's folder; without one, or without a store in it, there are none.
        code_version: Runs of other versions are left out.
    Raises:
        DataError: The store is there and cannot be read.
    """
    path = folder / STORE_NAME
    if not path.is_file():
        return []
    variants = (*VARIANTS, *gate_starts("gru", 1), *gate_starts("lstm", 1))
    places = {variant.name: place for place, variant in enumerate(variants)}
    with RunStore(path) as store:
        records = store.records().values()
    ours = [
        record
        for record in records
        if record.code_version == code_version and record.spec.variant in places
    ]
    return sorted(
        ours, key=lambda found: (places[found.spec.variant], found.spec.cell, found.spec.seed)
    )


def _with_start(model: Model, start: str) -> Model:
    init = read_start(start) if start else model.init
    return Model(model.name, model.equations, init, model.cell)
