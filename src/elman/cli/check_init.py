"""`elman check-init`: which start of the parameters to choose, and why."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from elman.cli import arguments
from elman.cli.cases import gather_cases
from elman.errors import DataError
from elman.ir import Recurrence
from elman.paper.start.judge import Assessment, assess_start, derivative, give_verdict, norm
from elman.paper.start.random_starts import (
    RandomStart,
    Spread,
    assess_random_start,
    judge_random_starts,
)

WIDTH = 96
_MOST_STEPS = 20


def check_init(
    equations: arguments.Equations,
    set_: arguments.Set = None,
    input_: arguments.Input = None,
    initial: arguments.Initial = None,
    case: arguments.Case = None,
    values: arguments.Values = None,
    init: Annotated[
        list[str] | None,
        typer.Option("--init", metavar="SCHEME", help="A random start: orthogonal, lab, xavier."),
    ] = None,
    sizes: arguments.Sizes = None,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Number of steps, where no input gives it.")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Draws of a random start.", min=1)] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Of the random numbers.", min=0)] = 0,
    as_json: arguments.Json = False,
) -> None:
    """Judges starts of the parameters: saturation, gradients, and which to choose.

    For each --case: the slope of every nonlinearity at every step as a share of its steepest
    slope (below a tenth it counts as saturated), the derivative of the state from step to step
    and over all steps (of vectors the largest factor by which a change can grow), and the
    gradient of the total by every parameter.

    For each --init, with --sizes: the same over many random draws. Inputs that are not given are
    drawn as well, normal with standard deviation 1.

    Args:
        equations: A text, a file, `-` or a cell.
        set_: Values of parameters.
        input_: Values of inputs.
        initial: Initial states.
        case: One case each.
        values: A file of arrays.
        init: Schemes of random starts.
        sizes: Sizes of vectors, for random starts.
        steps: T.
        draws: How many draws.
        seed: Of the draws.
        as_json: Whether to write JSON.
    """
    recurrence = arguments.read_recurrence(equations)
    arguments.check_step_count(steps)
    if init:
        _refuse_values(set_, initial, case)
        found = _draw(recurrence, init, sizes, input_, values, steps, draws, seed)
        report, text = _random_dict(found), _random_text(found)
    else:
        cases = gather_cases(recurrence, set_, input_, initial, case, values)
        assessed = [
            assess_start(recurrence, given, label=_label(label, number, len(cases)), steps=steps)
            for number, (label, given) in enumerate(cases, 1)
        ]
        report, text = _case_dict(cases, assessed), _case_text(assessed)
    if as_json:
        print(json.dumps({"equations": recurrence.plain(), **report}, indent=2, ensure_ascii=False))
    else:
        print(f"{recurrence.plain()}\n\n{text}")


def _label(label: str, number: int, count: int) -> str:
    return f"({number}) {label}" if count > 1 else label


def _refuse_values(*words: Sequence[str] | None) -> None:
    for given, option in zip(words, ("--set", "--initial", "--case"), strict=True):
        if given:
            raise DataError(
                f"{option} gives values, and --init draws them\n  Leave one of the two out."
            )


def _draw(
    recurrence: Recurrence,
    init: Sequence[str],
    sizes: Sequence[str] | None,
    input_: Sequence[str] | None,
    values: str | None,
    steps: int | None,
    draws: int,
    seed: int,
) -> list[RandomStart]:
    given = gather_cases(recurrence, None, input_, None, None, values)[0][1]
    inputs = {key: value for key, value in given.items() if key in recurrence.inputs}
    length = {} if steps is None else {"steps": steps}
    return [
        assess_random_start(
            recurrence,
            arguments.read_sizes(sizes),
            _scheme(word),
            label=word,
            inputs=inputs,
            draws=draws,
            seed=seed,
            **length,
        )
        for word in init
    ]


def _scheme(word: str) -> str | dict[str, str]:
    """Reads `orthogonal` or `orthogonal+b_f=3`: a scheme, and parameters of their own."""
    scheme, *own = word.split("+")
    pairs = dict(part.split("=", 1) for part in own if "=" in part)
    return {"*": scheme, **pairs} if len(pairs) == len(own) and own else word


# -- cases ---------------------------------------------------------------------------------------


def _case_dict(
    cases: Sequence[tuple[str, dict[str, Any]]], assessed: Sequence[Assessment]
) -> dict[str, Any]:
    found = [
        {
            "case": label,
            "saturation": [
                {
                    "step": row.step,
                    "function": row.function,
                    "name": row.name,
                    "slope": row.slope,
                    "saturated": row.saturated,
                }
                for row in one.saturation
            ],
            "jacobians": [
                {
                    "states": list(flow.loop.states),
                    "direction": flow.loop.direction,
                    "steps": list(flow.steps),
                    "factors": list(flow.factors),
                    "products": list(flow.products),
                }
                for flow in one.flows
            ],
            "total": one.total,
            "value": None if one.total is None else one.evaluation.values[one.total].item(),
            "gradients": {key: gradient.tolist() for key, gradient in one.gradients.items()},
        }
        for (label, _), one in zip(cases, assessed, strict=True)
    ]
    return {"cases": found, "verdict": give_verdict(assessed)}


def _case_text(assessed: Sequence[Assessment]) -> str:
    lines = [one.label for one in assessed if one.label]
    tables = [_rows(one) for one in assessed]
    heads = [f"({number})" if len(tables) > 1 else "" for number in range(1, len(tables) + 1)]
    if len({tuple(name for name, _ in table) for table in tables}) == 1:
        rows = [
            [table[0][0], *(value for _, value in table)] for table in zip(*tables, strict=True)
        ]
        lines += ["", *_aligned([["", *heads], *rows] if len(tables) > 1 else rows)]
    else:
        for head, table in zip(heads, tables, strict=True):
            lines += ["", head, *_aligned([list(row) for row in table])]
    return "\n".join([*lines, "", *_wrapped(give_verdict(assessed))]).lstrip("\n")


def _rows(one: Assessment) -> list[tuple[str, str]]:
    """Returns the figures of a case, each with what it is."""
    rows = [
        (f"slope of {row.function} in {row.name}", f"{row.slope:.2g}")
        for row in one.saturation
        if row.step <= _MOST_STEPS
    ]
    if one.evaluation.steps > _MOST_STEPS:
        rows.append((f"slopes, mean of all {one.evaluation.steps} steps", f"{one.slope:.2g}"))
    rows.append(("saturated, share of all", f"{one.saturated:.0%}"))
    for flow in one.flows:
        back = -1 if flow.loop.direction == "forward" else 1
        for step, factor in list(zip(flow.steps, flow.factors, strict=True))[:_MOST_STEPS]:
            rows.append((derivative(flow.loop.states, step, step + back), f"{factor:.2g}"))
        whole = derivative(flow.loop.states, flow.steps[-1], flow.steps[0] + back)
        rows.append((f"{whole}, over all steps", f"{flow.product:.2g}"))
    if one.total:
        rows.append((one.total, f"{one.evaluation.values[one.total].item():.4g}"))
    rows += [(f"|d{one.total}/d{key}|", f"{norm(g):.2g}") for key, g in one.gradients.items()]
    return rows


# -- random starts -------------------------------------------------------------------------------


def _random_dict(found: list[RandomStart]) -> dict[str, Any]:
    def spread(value: Spread) -> dict[str, float]:
        return {"low": value.low, "median": value.median, "high": value.high}

    starts = [
        {
            "init": start.scheme,
            "draws": start.draws,
            "steps": start.steps,
            "saturated": spread(start.saturated),
            "slope": spread(start.slope),
            "reach": [
                {"states": list(states), "direction": direction, **spread(flow)}
                for (states, direction), flow in start.flows.items()
            ],
            "total": start.total,
            "gradients": {key: spread(value) for key, value in start.gradients.items()},
        }
        for start in found
    ]
    return {"starts": starts, "verdict": judge_random_starts(found)}


def _random_text(found: list[RandomStart]) -> str:
    lines = [
        f"{found[0].draws} draws of {found[0].steps} steps: median (5 % to 95 %).",
        "Reach: by how much the length of a random direction of the gradient changes on its way.",
        "",
    ]
    table = [["", *(start.scheme for start in found)]]
    table.append(["saturated", *(_percent(start.saturated) for start in found)])
    table.append(["slope of the nonlinearities", *(_percent(start.slope) for start in found)])
    for loop in found[0].flows:
        label = f"reach of the gradient of {','.join(loop[0])}"
        table.append([label, *(_plain(start.flows[loop]) for start in found)])
    for key in found[0].gradients:
        label = f"|d{found[0].total}/d{key}|"
        table.append([label, *(_plain(start.gradients[key]) for start in found)])
    return "\n".join([*lines, *_aligned(table), "", *_wrapped(judge_random_starts(found))])


def _percent(value: Spread) -> str:
    return f"{value.median:.0%} ({value.low:.0%} to {value.high:.0%})"


def _plain(value: Spread) -> str:
    return f"{value.median:.2g} ({value.low:.2g} to {value.high:.2g})"


def _aligned(table: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in table
    ]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)
