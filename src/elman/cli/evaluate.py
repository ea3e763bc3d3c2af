"""`elman evaluate`: every intermediate value, case by case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from elman.cli import arguments
from elman.cli.cases import gather_cases
from elman.errors import DataError
from elman.ir import Recurrence
from elman.paper.values.table import Case, Row, compute_case, show_value

ROW_LIMIT = 400
_LONGEST_LABEL = 64


def evaluate(
    equations: arguments.Equations,
    set_: arguments.Set = None,
    input_: arguments.Input = None,
    initial: arguments.Initial = None,
    case: arguments.Case = None,
    values: arguments.Values = None,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Number of steps, where there is no input.")
    ] = None,
    round_: Annotated[
        int | None,
        typer.Option(
            "--round", help="Decimals to which every operation is rounded.", min=0, max=12
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="STEPS", help="Steps to show: 1,7,15 or 3-5.")
    ] = None,
    as_json: arguments.Json = False,
) -> None:
    """Computes every value by hand: each operation at each step.

    Every operation has a row, named ones and the steps towards them. With --round the result of
    every operation is rounded, halves away from zero; given values are used as they are. A
    product of a matrix and a vector is one operation, and so is a sum over time.

    Several --case stand side by side; each may set parameters, inputs and initial states, and
    wins over --set, --input, --initial and --values.

    Args:
        equations: A text, a file, `-` or a cell.
        set_: Values of parameters.
        input_: Values of inputs.
        initial: Initial states.
        case: One case each.
        values: A file of arrays.
        steps: T.
        round_: Decimal places.
        at: Steps to show.
        as_json: Whether to write JSON.
    """
    recurrence = arguments.read_recurrence(equations)
    arguments.check_step_count(steps)
    wanted = arguments.read_steps(at)
    cases = gather_cases(recurrence, set_, input_, initial, case, values)
    computed = [
        (label, compute_case(recurrence, given, steps=steps, places=round_, at=wanted))
        for label, given in cases
    ]
    _check_wanted(wanted, min(case.evaluation.steps for _, case in computed))
    if as_json:
        print(json.dumps(to_dict(recurrence, computed, wanted), indent=2, ensure_ascii=False))
    else:
        print(write_tables(recurrence, computed, wanted))


def _check_wanted(wanted: list[int] | None, steps: int) -> None:
    beyond = [step for step in wanted or () if step > steps]
    if beyond:
        raise DataError(f"--at {beyond[0]} is after the last step\n  There are {steps} steps.")


# -- writing -------------------------------------------------------------------------------------


def to_dict(
    recurrence: Recurrence, cases: Sequence[tuple[str, Case]], wanted: list[int] | None
) -> dict[str, Any]:
    """Returns what `--json` writes."""
    found = []
    for label, case in cases:
        rows = [row for row in case.rows if _is_wanted(row, wanted)]
        steps = set(wanted or range(1, case.evaluation.steps + 1))
        values = {
            name: value.tolist()
            for name, value in case.by_name().items()
            if _step_of(name, case) in {None, *steps}
        }
        operations = [
            {"step": row.step, "formula": row.name, "value": row.value.tolist()}
            for row in rows
            if not row.named
        ]
        found.append({"case": label, "values": values, "operations": operations})
    return {
        "equations": recurrence.plain(),
        "steps": cases[0][1].evaluation.steps,
        "round": cases[0][1].places,
        "cases": found,
    }


def _step_of(name: str, case: Case) -> int | None:
    """Returns the step of a value inside the sequence, None for starts and what has no time."""
    stem, _, step = name.rpartition("_")
    inside = stem in case.evaluation.sequences and step.isdecimal()
    return int(step) if inside and 1 <= int(step) <= case.evaluation.steps else None


def write_tables(
    recurrence: Recurrence, cases: Sequence[tuple[str, Case]], wanted: list[int] | None
) -> str:
    """Returns the table of all cases for a terminal."""
    places = cases[0][1].places
    lines = [recurrence.plain(), ""]
    if places is not None:
        said = f"Every operation is rounded to {places} decimals, halves away from zero"
        lines += [f"{said}; given values are not.", ""]
    columns = [[row for row in case.rows if _is_wanted(row, wanted)] for _, case in cases]
    if len({tuple(row.name for row in column) for column in columns}) == 1:
        return "\n".join([*lines, *_table(columns, [label for label, _ in cases], places)])
    for (label, _), column in zip(cases, columns, strict=True):
        lines += [*_table([column], [label], places), ""]
    return "\n".join(lines).rstrip()


def _is_wanted(row: Row, wanted: list[int] | None) -> bool:
    return wanted is None or row.step is None or row.step in wanted or row.step < 1


def _table(columns: list[list[Row]], labels: list[str], places: int | None) -> list[str]:
    """Writes one row per value and one column per case."""
    lines = []
    for number, label in enumerate(labels, 1):
        lines += [f"case ({number}): {label}"] if label else []
    if lines:
        lines.append("")
    table: list[list[str]] = []
    if len(labels) > 1:
        table.append(["", "", *(f"({number})" for number in range(1, len(labels) + 1))])
    before = ""
    for rows in _shortened(list(zip(*columns, strict=True))):
        if rows is None:
            table.append(["...", "", *[""] * len(labels)])
            continue
        heading = _heading(rows[0])
        given = rows[0].group == "given"
        shown = [show_value(row.value, None if given else places) for row in rows]
        table.append([heading if heading != before else "", _label(rows[0]), *shown])
        before = heading
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    hidden = len(columns[0]) - ROW_LIMIT
    if hidden > 0:
        lines.append(f"{hidden:,} rows are left out; --at 1,2 shows steps, --json everything.")
    return lines


def _shortened(rows: list[tuple[Row, ...]]) -> list[tuple[Row, ...] | None]:
    """Leaves out the middle of a very long table."""
    if len(rows) <= ROW_LIMIT:
        return list(rows)
    half = ROW_LIMIT // 2
    return [*rows[:half], None, *rows[-half:]]


def _heading(row: Row) -> str:
    if row.group == "given" and (row.step is None or row.step < 1):
        return "given"
    if row.step is not None:
        return f"step {row.step}"
    return {"once": "before", "total": "total"}[row.group]


def _label(row: Row) -> str:
    text = f"{row.name} = {row.formula}" if row.formula else row.name
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 3] + "..."
