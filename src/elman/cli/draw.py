"""`elman draw`: the unrolled graph as a picture."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from elman.cli import arguments
from elman.errors import DataError
from elman.ir import Recurrence
from elman.paper.drawing.picture import Drawing, Place, draw_values
from elman.paper.drawing.picture import draw as draw_recurrence
from elman.paper.naming import canonical_sizes
from elman.paper.unroll import MAX_STEPS

SUFFIXES = (".svg", ".png", ".dot")
_DEFAULT_STEPS = 2

Steps: TypeAlias = Annotated[
    int | None, typer.Option("--steps", help="Number of steps.", show_default="2")
]
Output: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="A file in .svg, .png or .dot; - is for SVG."
    ),
]
Stored: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--stored", metavar="CONVENTION", help="Mark what is stored: inputs, outputs, ..."
    ),
]
Backward: TypeAlias = Annotated[
    bool, typer.Option("--backward", help="Draw the backward pass over the forward one.")
]
Of: TypeAlias = Annotated[
    str | None, typer.Option("--of", help="With --stored, --backward: of what.")
]
Wrt: TypeAlias = Annotated[
    str | None, typer.Option("--wrt", help="With --stored, --backward: with respect to what.")
]
Copies: TypeAlias = Annotated[
    bool, typer.Option("--copies", help="Repeat the parameters at every step.")
]
Round: TypeAlias = Annotated[
    int | None,
    typer.Option("--round", help="Decimals to which values are rounded.", min=0, max=12),
]


def draw(
    equations: arguments.Equations,
    steps: Steps = None,
    output: Output = None,
    copies: Copies = False,
    sizes: arguments.Sizes = None,
    set_: arguments.Set = None,
    input_: arguments.Input = None,
    initial: arguments.Initial = None,
    values: arguments.Values = None,
    round_: Round = None,
    stored: Stored = None,
    backward: Backward = False,
    of: Of = None,
    wrt: Wrt = None,
) -> None:
    """Draws the unrolled graph: every operation at every step.

    Inputs, states before the first step and parameters stand in circles, computations in
    rectangles; the place where a state is computed carries its name. Of a long sequence the first
    steps and the last are drawn.

    With values (--set, --input, --initial, --values) each box shows its own. A .dot file has every
    step, for Graphviz.

    With --stored, what the backward pass must find stored is marked, under the convention `inputs`,
    `outputs` or `checkpoints` (see `elman memory`). With --backward the backward pass of a total is
    drawn over the forward one: broken lines run back from box to box, and each box carries its
    derivative.

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
        stored: A convention.
        backward: Whether derivatives are written.
        of: What is differentiated.
        wrt: With respect to what.
    """
    path = _target(output)
    arguments.check_step_count(steps, limit=MAX_STEPS)
    recurrence = arguments.read_recurrence(equations)
    words = (set_, input_, initial, values)
    given, count = _given(recurrence, words, steps) if any(words) else ({}, steps or _DEFAULT_STEPS)
    known = canonical_sizes(recurrence, arguments.read_sizes(sizes))
    names = None if wrt is None else [name.strip() for name in wrt.split(",")]
    marks: Collection[Place] = ()
    if stored is not None:
        from elman.paper.memory.stored import stored_places  # here, as below: it takes a while

        marks = stored_places(recurrence, count, stored, of=of, wrt=names, sizes=known)
    if backward and given:
        raise DataError(
            "values and derivatives do not fit into one drawing\n"
            "  Leave out --backward, or the values."
        )
    if backward and path is not None and path.suffix.lower() == ".dot":
        raise DataError(
            "a .dot file has the forward pass alone\n  Draw the backward pass to .svg or .png."
        )
    how: dict[str, Any] = {"copies": copies, "stored": marks}
    if backward:
        from elman.paper.drawing.backward import draw_backward

        drawing = draw_backward(recurrence, of, count, wrt=names, sizes=known or None, **how)
    elif given:
        drawing = draw_values(recurrence, given, steps, places=round_, **how)
    else:
        drawing = draw_recurrence(recurrence, count, sizes=known or None, **how)
    if path is None:
        return print(drawing.svg(), end="")
    write_file(path, render(drawing, path.suffix.lower()))
    print(f"{path}: {drawing.steps:,} step{'s' * (drawing.steps != 1)}")


def _given(
    recurrence: Recurrence, words: tuple[Any, Any, Any, Any], steps: int | None
) -> tuple[dict[str, Any], int]:
    """Returns the values of the command line, and the number of steps that follows from them."""
    from elman.cli.cases import gather_cases  # here: a drawing without values needs no NumPy
    from elman.paper.values.given import bind_values

    set_, input_, initial, values = words
    (_, given), *_ = gather_cases(recurrence, set_, input_, initial, None, values)
    return given, bind_values(recurrence, given, steps).steps


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
