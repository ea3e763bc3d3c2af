"""`elman gradient`: gradients through time in closed form, and the equations of BPTT."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

import numpy as np
import typer

from elman.cli import arguments
from elman.cli.cases import gather_cases
from elman.errors import DataError
from elman.paper.gradient.bptt import derive_bptt
from elman.paper.gradient.closed_form import ClosedForm, derive
from elman.paper.gradient.closed_form_check import Array, Judge
from elman.paper.gradient.explain import explain_gradient
from elman.paper.gradient.plot import plot_flows
from elman.paper.gradient.query import Query
from elman.paper.unroll import MAX_STEPS

SHOWN_LINES = 24


Of: TypeAlias = Annotated[
    str | None,
    typer.Option("--of", help="What is differentiated: a total such as L, or y_2."),
]
Wrt: TypeAlias = Annotated[
    str | None,
    typer.Option("--wrt", help="With respect to what: W, x_1, h_0. All of it with --bptt."),
]
Within: TypeAlias = Annotated[
    str | None,
    typer.Option("--in", metavar="NAMES", help="The variables to use: y_1,y_2,tau_1,W."),
]
Bptt: TypeAlias = Annotated[
    bool, typer.Option("--bptt", help="The general equations for all steps instead.")
]
Explain: TypeAlias = Annotated[
    bool, typer.Option("--explain", help="What enters the gradient, and where it vanishes.")
]
Check: TypeAlias = Annotated[
    bool, typer.Option("--check", help="Check with torch's automatic differentiation.")
]
Plot: TypeAlias = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", help="With --explain: the norms, as .svg or .png."),
]


def gradient(
    equations: arguments.Equations,
    of: Of = None,
    wrt: Wrt = None,
    steps: Annotated[int, typer.Option("--steps", help="Number of steps T.")] = 2,
    within: Within = None,
    bptt: Bptt = False,
    explain: Explain = False,
    check: Check = False,
    sizes: arguments.Sizes = None,
    set_: arguments.Set = None,
    input_: arguments.Input = None,
    initial: arguments.Initial = None,
    values: arguments.Values = None,
    plot: Plot = None,
    as_json: arguments.Json = False,
) -> None:
    """Derives gradients through time in closed form.

    Without --bptt, the gradient of one scalar over a number of steps, in Python syntax, with the
    steps that lead to it and how far it is at random values from a derivative that was found
    without any rule, by the complex step; with --check, from torch's automatic differentiation
    (where torch is not installed, from the complex step). With --in it is written in just those
    variables.

    With --bptt, the equations of backpropagation through time for all steps, in matrix form; dh_t
    is the derivative with respect to h_t. Without --of, of any loss of the outputs.

    With --explain, the variables through which each input, state and parameter enters, and the
    product of Jacobians that makes a gradient vanish or explode: at given values (--set, --input,
    --initial), else at random ones.

    Args:
        equations: A text, a file, `-` or a cell.
        of: What is differentiated.
        wrt: With respect to what.
        steps: T.
        within: Variables to use.
        bptt: Whether to derive the equations for all steps.
        explain: Whether to explain what enters the gradient.
        check: Whether torch is the judge.
        sizes: Sizes by name.
        set_: Values of parameters, for `--explain`.
        input_: Values of inputs.
        initial: Initial states.
        values: A file with arrays.
        plot: Where to draw the norms.
        as_json: Whether to write JSON instead of text.
    """
    recurrence = arguments.read_recurrence(equations)
    known_sizes = arguments.read_sizes(sizes)
    if bptt:
        if check:
            raise DataError(
                "the equations for all steps are no numbers to check\n"
                "  Leave out --bptt: a closed form is checked."
            )
        found = derive_bptt(recurrence, of, wrt=_names(wrt), sizes=known_sizes)
        _print(found.to_dict() if as_json else found.text(), as_json)
        return
    of, wrt = _asked(of, wrt, recurrence.totals, recurrence.parameters)
    arguments.check_step_count(steps, limit=MAX_STEPS)
    arguments.tell_of_many_steps(steps, "--bptt gives the equations for all steps at once")
    question: dict[str, Any] = {"within": _names(within), "sizes": known_sizes}
    form = derive(recurrence, of, wrt, steps, **question, judge=_judge() if check else None)
    shown: dict[str, Any] = form.to_dict()
    text = write_form(form, chain=not explain)
    if explain:
        ((_, spelled),) = gather_cases(recurrence, set_, input_, initial, None, values)
        told = explain_gradient(recurrence, of, wrt, steps, **question, values=spelled)
        shown["explain"] = told.to_dict()
        text += f"\n\n{told.text()}"
        if plot is not None:
            plot_flows(told.flows, plot)
    _print(shown if as_json else text, as_json)


def _judge() -> Judge | None:
    """Returns torch as the judge, None where it is not installed."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch  # here, as it takes a second

    from elman.codegen.autograd import differentiate_by_torch

    def derivatives(query: Query, values: Mapping[str, Array], directions: Array) -> Array:
        found = differentiate_by_torch(
            query.graph, values, query.steps, query.source, query.targets
        )
        axes = tuple(range(1, directions.ndim))
        return np.asarray(np.sum(directions * found, axis=axes))

    return Judge(f"the automatic differentiation of torch {torch.__version__}", derivatives)


def write_form(form: ClosedForm, *, chain: bool = True) -> str:
    """Returns a closed form as text for a terminal, shortened where it would not fit."""
    lines = [*form.notes]
    *parts, last = form.plain.splitlines()
    lines += _shortened(parts)
    lines.append(f"d{form.of}/d{form.wrt} = {last}" if len(last) < 4000 else _cut(form, last))
    if chain and not parts and not form.notes:
        lines += ["", "Steps", *(f"  {line}" for line in _shortened(list(form.steps)))]
    size = "" if _is_usual(form.check_size) else f", where the gradient is {form.check_size:.1e}"
    lines += ["", f"Check: {form.check:.1e} from {form.checked_by} at random values{size}"]
    return "\n".join(lines)


def _is_usual(size: float) -> bool:
    """Says whether a difference can be judged without knowing of what it is one."""
    return not size or 1e-3 <= size <= 1e3


def _cut(form: ClosedForm, last: str) -> str:
    return f"d{form.of}/d{form.wrt} = {last[:2000]} ... {last[-500:]}"


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= SHOWN_LINES:
        return lines
    first, last = lines[: SHOWN_LINES // 2], lines[-SHOWN_LINES // 2 :]
    left_out = len(lines) - len(first) - len(last)
    return [*first, f"... {left_out} more lines (all of them with --json)", *last]


def _asked(
    of: str | None, wrt: str | None, totals: tuple[str, ...], parameters: tuple[str, ...]
) -> tuple[str, str]:
    """Takes the only total and the only parameter where none is named."""
    if of is None and len(totals) == 1:
        of = totals[0]
    if wrt is None and len(parameters) == 1:
        wrt = parameters[0]
    if of is None:
        raise DataError(
            "what to differentiate is open\n"
            f"  totals: {', '.join(totals) or 'none'}\n"
            "  Name it: --of L, or --of y_2; or ask for all equations: --bptt"
        )
    if wrt is None:
        raise DataError(
            f"with respect to what {of} is differentiated is open\n"
            f"  parameters: {', '.join(parameters) or 'none'}\n"
            f"  Name it: --wrt {parameters[0] if parameters else 'x_1'}"
        )
    return of, wrt


def _names(word: str | None) -> list[str] | None:
    if word is None:
        return None
    return [name.strip() for name in word.split(",") if name.strip()]


def _print(content: object, as_json: bool) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False) if as_json else content)
