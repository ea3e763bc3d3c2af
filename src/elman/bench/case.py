"""What is measured: one cell at one shape, in training or inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.bench.cells import Cell, find_cell
from elman.errors import DataError
from elman.nn import RecurrentModule

MODES = ("train", "inference")


@dataclass(frozen=True, order=True)
class Case:
    """One thing to measure.

    Attributes:
        cell: A name of `elman.bench.cells`, of the catalogue, a file or a text.
        steps: T.
        batch: B.
        inputs: I, the size of every input.
        hidden: H, the size of everything else.
        mode: `train` (forward, backward, all gradients) or `inference` (forward alone).
        last: Whether only the last step's output enters the loss.
    """

    cell: str
    steps: int
    batch: int
    inputs: int
    hidden: int
    mode: str = "train"
    last: bool = False

    @property
    def shape(self) -> str:
        """T,B,I,H as it is written on the command line."""
        return f"{self.steps},{self.batch},{self.inputs},{self.hidden}"

    @property
    def title(self) -> str:
        """What a person reads: `train lstm 28,128,28,128`."""
        loss = ", loss at the last step" if self.last else ""
        return f"{self.mode} {self.cell} {self.shape}{loss}"


def read_shape(text: str) -> tuple[int, int, int, int]:
    """Reads T,B,I,H.

    >>> read_shape("28,128,28,128")
    (28, 128, 28, 128)

    Raises:
        DataError: It is not four positive whole numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise DataError(
            f"cannot read the shape {text!r}\n"
            "  Write steps, batch, inputs and hidden units: --shapes 28,128,28,128"
        )
    steps, batch, inputs, hidden = (int(part) for part in parts)
    return steps, batch, inputs, hidden


@dataclass(frozen=True)
class Problem:
    """A case with its numbers: what every contender computes.

    Attributes:
        case: The case.
        cell: Its equations.
        ours: The module with compiled kernels; its parameters are everyone's.
        inputs: Name -> [T, B, I].
        cotangents: Output -> [T, B, H], or [B, H] of the last step.
    """

    case: Case
    cell: Cell
    ours: RecurrentModule
    inputs: dict[str, Tensor]
    cotangents: dict[str, Tensor]

    @property
    def parameters(self) -> dict[str, Tensor]:
        """Name -> value, detached."""
        return {key: value.detach() for key, value in self.ours.named_parameters()}


def pose(case: Case, seed: int = 0) -> Problem:
    """Makes a module, inputs and cotangents for a case.

    Raises:
        DataError: The cell is not known.
        SourceError: Its equations do not make sense, or sizes do not fit.
    """
    torch.manual_seed(seed)
    cell = find_cell(case.cell)
    ours = cell.module(case.inputs, case.hidden, "auto")
    inputs = _random(ours, ours.recurrence.inputs, case)
    cotangents = _random(ours, ours.outputs, case)
    if case.last:
        cotangents = {key: value[-1] for key, value in cotangents.items()}
    return Problem(case, cell, ours, inputs, cotangents)


def _random(module: RecurrentModule, names: tuple[str, ...], case: Case) -> dict[str, Tensor]:
    sizes: Mapping[str, tuple[int, ...]] = {
        key: tuple(dim.size or 0 for dim in module.shapes[key]) for key in names
    }
    return {key: torch.randn(case.steps, case.batch, *size) for key, size in sizes.items()}
