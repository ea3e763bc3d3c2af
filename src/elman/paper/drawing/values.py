"""The values that a drawing writes into its boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from elman.ir.graph import StepGraph
from elman.ir.interpreter import Evaluation
from elman.paper.drawing.items import StepItems, find_items

_MOST = 3  # entries of a vector


def value_writer(
    graph: StepGraph, evaluation: Evaluation, places: int | None = None
) -> Callable[[str, int | None], str]:
    """Returns a function from the key of a box and its step to its value in LaTeX.

    Args:
        graph: The graph that was evaluated.
        evaluation: Its values.
        places: Decimal places that are shown; None for four significant digits.
    """
    items = find_items(graph)
    static = {node.number: node.key for node in graph.nodes if node.op == "parameter"}
    for group in (graph.derived, graph.totals):
        static.update({node.number: key for key, node in group.items()})

    def write(key: str, step: int | None) -> str:
        value = _find(items, evaluation, static, key, step)
        return "" if value is None else write_value(value, places)

    return write


def _find(
    items: StepItems,
    evaluation: Evaluation,
    static: dict[int, str],
    key: str,
    step: int | None,
) -> Any:
    kind, _, rest = key.partition(":")
    if kind == "static":
        return evaluation.values.get(static.get(int(rest), ""))
    assert step is not None, "internal: a box of a step without a step"
    if not 1 <= step <= evaluation.steps:
        name = items.lagged.get(key, "")
        found = evaluation.starts.get((name, step))
        return 0.0 if found is None and kind == "input" else found
    if kind == "op":
        return evaluation.nodes[int(rest)][step - 1]
    return evaluation.sequences[rest][step - 1]


def write_value(value: Any, places: int | None = None) -> str:
    r"""Writes a value that stands in a box: a number, the first entries, or a matrix's shape.

    >>> write_value(np.array([0.25, -1.0])), write_value(np.zeros((2, 3)))
    ('\\mathrm{[0.25, -1]}', '2 \\times 3')

    Args:
        value: A scalar, vector or matrix.
        places: Decimal places; None for four significant digits.
    """
    array = np.asarray(value)
    if array.ndim == 2:
        return rf"{array.shape[0]} \times {array.shape[1]}"
    if array.ndim == 0:
        return rf"\mathrm{{{_number(float(array), places)}}}"
    shown = [_number(float(entry), places) for entry in array[:_MOST]]
    more = [r"\ldots"] if array.shape[0] > _MOST else []
    return rf"\mathrm{{[{', '.join([*shown, *more])}]}}"


def _number(number: float, places: int | None) -> str:
    return f"{number + 0.0:.4g}" if places is None else f"{number + 0.0:.{places}f}"
