"""`elman worksheet`: exercises on a recurrence with solutions, as a page to print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from elman.cli import arguments
from elman.cli.cases import gather_cases
from elman.cli.draw import write_file
from elman.errors import DataError
from elman.report.worksheet.sheet import write_worksheet
from elman.report.worksheet.subject import Request

_MOST_STEPS = 4


def worksheet(
    equations: arguments.Equations,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="A file in .html.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of numbers and questions.", min=0)] = 0,
    steps: Annotated[int, typer.Option("--steps", help="Steps done by hand.")] = 2,
    many: Annotated[int, typer.Option("--many", help="Steps with which counts compare.")] = 100,
    round_: Annotated[
        int, typer.Option("--round", help="Decimals of calculations by hand.", min=0, max=12)
    ] = 2,
    of: Annotated[
        str | None, typer.Option("--of", help="A scalar total; one is added without any.")
    ] = None,
    wrt: Annotated[
        str | None, typer.Option("--wrt", help="The parameter whose gradient is asked for.")
    ] = None,
    sizes: arguments.Sizes = None,
    set_: arguments.Set = None,
    input_: arguments.Input = None,
    initial: arguments.Initial = None,
    case: arguments.Case = None,
    values: arguments.Values = None,
    title: Annotated[str, typer.Option("--title", help="The heading.")] = (
        "Recurrent neural networks"
    ),
) -> None:
    """Writes exercises on a recurrence with solutions, as a page to print.

    The computation graph; a gradient through time in closed form and what must be stored for it;
    where the inputs enter; a gradient that is too large; the type of the network; two sets of
    parameters, and which to start from; sequences that are cut; and multiple-choice questions of
    which more than one answer can be right. Every solution is computed from the equations, and
    stands on pages of its own after the exercises.

    Numbers are drawn by --seed, or given: --case twice for the sets of parameters, with --input.

    Args:
        equations: A text, a file, `-` or a cell.
        output: Where to write.
        seed: Of numbers and questions.
        steps: T of what is done by hand.
        many: T with which counts compare.
        round_: Decimal places.
        of: A scalar total.
        wrt: A parameter.
        sizes: Sizes by name.
        set_: Values of parameters.
        input_: Values of inputs.
        initial: Initial states.
        case: One set of values each.
        values: A file of arrays.
        title: The heading.
    """
    if output is None or Path(output).suffix.lower() not in (".html", ".htm"):
        raise DataError(
            f"{'where to write is not said' if output is None else f'cannot write to {output}'}\n"
            "  Give a file in .html: -o worksheet.html"
        )
    recurrence = arguments.read_recurrence(equations)
    arguments.check_step_count(steps, limit=_MOST_STEPS)
    arguments.check_step_count(many, "--many", limit=10_000)
    given = any((set_, input_, initial, case, values))
    cases = gather_cases(recurrence, set_, input_, initial, case, values) if given else ()
    request = Request(
        recurrence, seed, steps, many, round_, arguments.read_sizes(sizes), of, wrt, cases
    )
    write_file(Path(output), write_worksheet(request, title=title).encode())
    print(f"{output}: exercises, and solutions on pages after them")
