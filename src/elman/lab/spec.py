"""What one run of a lab is: the task, the recurrence, its start, the training, the seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_GIVEN_LENGTH = 8  # what tasks without a length of choice have, about
_BESIDE = 100  # time steps that take as long as what a step of training does beside them, about

InitChoice = str | dict[str, str | float] | None


@dataclass(frozen=True)
class RunSpec:
    """One run, described by plain values only, so that it can be stored, sent and compared.

    Attributes:
        task: Name of the task.
        options: Arguments of the task, such as `{"length": 30}`.
        cell: Display name of the recurrence; not part of the key.
        start: Display name of the initialisation; not part of the key.
        equations: The recurrence in its canonical plain print.
        sizes: Size of each sequence by name.
        init: The initialisation, as `elman.module` takes it.
        training: Fields of the training configuration, without the seed.
        seed: Seed of parameters and batches.
        data_version: Version of the task's data, as the task states it.
        variant: Display name of what sets this run apart from others of its cell and start, such as
            "without clipping"; not part of the key.
        beyond: Lengths at which the trained network is tested as well, without more training.
        study: What is measured beside the training: "" for nothing, or the name of one of
            `elman.lab.studies`, such as "truncation".
    """

    task: str
    options: Mapping[str, Any]
    cell: str
    start: str
    equations: str
    sizes: Mapping[str, int]
    init: InitChoice
    training: Mapping[str, Any]
    seed: int
    data_version: str
    variant: str = ""
    beyond: tuple[int, ...] = ()
    study: str = ""

    @property
    def length(self) -> int | None:
        """The sequence length T, where the task has one to choose."""
        length = self.options.get("length")
        return None if length is None else int(length)

    @property
    def series(self) -> str:
        """The name of the curve that this run belongs to: cell, start and variant."""
        variant = f", {self.variant}" if self.variant else ""
        return f"{self.cell}, start {self.start}{variant}"

    @property
    def title(self) -> str:
        """One line that names the run.

        >>> RunSpec("palindrome", {"length": 5}, "vanilla", "lab", "", {}, None, {}, 0, "1").title
        'palindrome, T = 5, vanilla, start lab, seed 0'
        """
        length = "" if self.length is None else f"T = {self.length}, "
        return f"{self.task}, {length}{self.series}, seed {self.seed}"

    def key(self, code_version: str) -> str:
        """Returns the content hash of configuration, data and code.

        Two specs have the same key exactly when they describe the same computation; the display
        names are not part of it.

        Args:
            code_version: What `elman.lab.versions.code_version` returns.
        Returns:
            64 hexadecimal digits.
        """
        content = asdict(self) | {"code_version": code_version}
        del content["cell"], content["start"], content["variant"]
        # Where files lie changes nothing: their content is part of the version of the data.
        content["options"] = {k: v for k, v in self.options.items() if k != "data"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def expected_cost(self) -> float:
        """Returns a rough relative cost, by which long runs are started first.

        How many steps of training a run takes is not known before: most end long before the limit.
        """
        equations = max(1, self.equations.count("="))
        return float((self.length or _GIVEN_LENGTH) + _BESIDE) * equations


@dataclass(frozen=True)
class Published:
    """What others reached on one of the lab's tasks.

    Attributes:
        task: Name of the task.
        variant: Variant of the runs to which it is compared.
        model: The recurrence, in their words.
        figure: What it reached.
        source: Who published it, where.
    """

    task: str
    variant: str
    model: str
    figure: str
    source: str


@dataclass(frozen=True)
class Lab:
    """A set of runs that answers one question.

    Attributes:
        name: Name of the lab.
        title: Title of its report.
        question: The question that the report answers.
        specs: The runs.
        command: The command that repeats the lab.
        tasks: What each task asks, one sentence or two by name.
        published: What others reached on the same tasks.
    """

    name: str
    title: str
    question: str
    specs: tuple[RunSpec, ...]
    command: str
    tasks: Mapping[str, str] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
