"""What every lab can be told, whatever its name."""

from __future__ import annotations

from dataclasses import dataclass, field

from elman.lab.settings import Settings

HIDDEN_SIZE = 128  # where neither the user nor the lab names another


@dataclass(frozen=True)
class LabOptions:
    """The options that all labs share; None and the empty tuple leave the choice to the lab.

    Attributes:
        cells: What `--cells` names, each with an optional start.
        lengths: Sequence lengths.
        seeds: Number of seeds, from 0.
        hidden_size: Size of the states.
        presets: Names of the presets of the lab, where it has some.
        data: Files and folders with the data of the lab's tasks.
        settings: Training settings and options of tasks that win over the lab's own.
        digits: Whether the handwritten digits are learned too, where the lab has them.
        quick: Less of everything.
        command: The command that repeats the lab.
    """

    cells: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    seeds: int | None = None
    hidden_size: int | None = None
    presets: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    digits: bool = True
    quick: bool = False
    command: str = "elman lab"
