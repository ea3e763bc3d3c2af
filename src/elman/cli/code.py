"""`elman code`: the recurrence as source that runs without elman."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman.cli import arguments
from elman.paper.code.source import write_code
from elman.train.atomic import write_atomically


def code(
    equations: arguments.Equations,
    framework: Annotated[
        str, typer.Option("--framework", help="torch for a module, numpy for a function.")
    ] = "torch",
    sizes: arguments.Sizes = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
) -> None:
    """Writes equations as plain source that runs without elman.

    The source follows the equations line by line, under their own names. Without --sizes every
    name is a scalar unless the equations say otherwise.

    Args:
        equations: A text, a file, `-` or a cell.
        framework: `torch` or `numpy`.
        sizes: Sizes by name.
        output: A file; standard output without it.
    """
    recurrence = arguments.read_recurrence(equations)
    source = write_code(recurrence, arguments.read_sizes(sizes), framework=framework)
    if output is None:
        print(source, end="")
    else:
        write_atomically(Path(output), source.encode())
        print(f"wrote {output}")
