"""`elman draw`: the unrolled graph as a picture."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from elman.cli import arguments
from elman.cli.cases import gather_cases
from elman.errors import DataError
from elman.paper.drawing import Drawing, draw_values
from elman.paper.drawing import draw as draw_recurrence
from elman.paper.naming import canonical_sizes
from elman.paper.unroll import MAX_STEPS

SUFFIXES = (".svg", ".png", ".dot")
_DEFAULT_STEPS = 2


def draw(
    equations: arguments.Equations,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Number of steps.", show_default="2")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="A file in .svg, .png or .dot; - is for SVG."
        ),
    ] = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="Repeat the parameters at every step.")
    ] = False,
    sizes: arguments.Sizes = None,
    set_: arguments.Set = None,
    input_: arguments.Input = None,
    initial: arguments.Initial = None,
    values: arguments.Values = None,
    round_: Annotated[
        int | None,
        typer.Option("--round", help="Decimals to which values are rounded.", min=0, max=12),
    ] = None,
) -> None:
    """Draws the unrolled graph: every operation at every step.

    Inputs, states before the first step and parameters stand in circles, computations in
    rectangles; the place where a state is computed carries its name. Of a long sequence the first
    steps and the last are drawn.

    With values (--set, --input, --initial, --values) each box shows its own. A .dot file has every
    step, for Graphviz.

    Args:
        equations: A text, a file, `-` or a cell.
        steps: T.
        output: Where to write.
        copies: Whether parameters are repeated.
        sizes: Sizes by name.
        set_: Values of parameters.
        input_: Values of inputs.
        initial: Initial states.
        values: A file of arrays.
        round_: Decimal places.
    """
    path = _target(output)
    arguments.check_step_count(steps, limit=MAX_STEPS)
    recurrence = arguments.read_recurrence(equations)
    (_, given), *_ = gather_cases(recurrence, set_, input_, initial, None, values)
    if given:
        drawing = draw_values(recurrence, given, steps, places=round_, copies=copies)
    else:
        known = canonical_sizes(recurrence, arguments.read_sizes(sizes))
        drawing = draw_recurrence(
            recurrence, steps or _DEFAULT_STEPS, sizes=known or None, copies=copies
        )
    if path is None:
        sys.stdout.write(drawing.svg())
        return
    write_file(path, render(drawing, path.suffix.lower()))
    print(f"{path}: {drawing.steps:,} step{'s' * (drawing.steps != 1)}")


def _target(output: str | None) -> Path | None:
    """Returns the file to write, None for standard output."""
    if output == "-" or (output is None and not sys.stdout.isatty()):
        return None
    if output is None:
        raise DataError("where to draw is not said\n  Give a file: -o graph.svg")
    path = Path(output)
    if path.suffix.lower() not in SUFFIXES:
        found = f"ends in {path.suffix}" if path.suffix else "has no ending"
        raise DataError(
            f"cannot draw to {output}, which {found}\n"
            f"  Choose one of {', '.join(SUFFIXES)}: -o {path.with_suffix('.svg')}"
        )
    return path


def render(drawing: Drawing, suffix: str) -> bytes:
    """Returns a drawing in the format of a file's ending.

    Args:
        drawing: What to write.
        suffix: `.svg`, `.png` or `.dot`.
    """
    if suffix == ".png":
        return drawing.png()
    return (drawing.svg() if suffix == ".svg" else drawing.dot()).encode()


def write_file(path: Path, content: bytes) -> None:
    """Writes a file in one piece: an interruption leaves the one from before.

    Raises:
        OSError: It cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(path))
    if path.exists() and not path.is_file():  # a device, such as /dev/null
        path.write_bytes(content)
        return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        error.filename, error.filename2 = str(path), None
        raise
