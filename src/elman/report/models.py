"""The models of a report: typeset equations, sizes, and the starts they were given."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from elman.errors import RecurrenceError
from elman.ir import parse
from elman.lab.spec import InitChoice
from elman.paper.drawing.picture import Drawing, draw
from elman.report.rows import Row, finished
from elman.report.summary import join_words
from elman.report.typeset import typeset_equations

_STEPS, _WIDEST = 2, 800  # as many steps are drawn as fit into the column, which is so wide
_STARTS = {
    "lab": "every matrix normal with standard deviation 0.01, biases zero",
    "orthogonal": "recurrent matrices orthogonal, other matrices Xavier, biases zero",
    "xavier": "matrices Xavier, biases zero",
    "kaiming": "matrices Kaiming, biases zero",
    "identity": "recurrent matrices the identity, other matrices Xavier, biases zero",
    "torch": "everything uniform within one over the root of the hidden size",
}


def show_models(rows: Sequence[Row]) -> str:
    """Returns one card for each recurrence."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.spec.cell, row.spec.equations), []).append(row)
    cards, drawn = [], set()
    for (name, equations), members in groups.items():
        graph = "" if equations in drawn else _show_graph(equations)
        drawn.add(equations)
        cards.append(_show_model(name, equations, members, graph))
    return f'<div class="models">{"".join(cards)}</div>'


def describe_start(init: InitChoice) -> str:
    """Returns in words how parameters begin.

    >>> describe_start({"*": "identity", "b_f": 3.0}).rpartition("; ")[2]
    'b_f = 3'
    """
    if isinstance(init, dict):
        most = describe_start(str(init["*"])) if "*" in init else ""
        own = [
            f"{name} = {value:g}" if isinstance(value, int | float) else f"{name}: {value}"
            for name, value in init.items()
            if name != "*"
        ]
        return "; ".join(filter(None, [most, ", ".join(own)]))
    return _STARTS.get(init or "torch", str(init))


def _show_model(name: str, equations: str, rows: Sequence[Row], graph: str) -> str:
    starts = {row.spec.start: row.spec.init for row in rows}
    items = [
        f"<li>start <b>{escape(start)}</b>: {escape(describe_start(init))}</li>"
        for start, init in starts.items()
    ]
    return (
        f'<div class="model"><h3>{escape(name)}</h3>\n{typeset_equations(equations)}\n'
        f"<ul>{''.join(items)}<li>{escape(_describe_size(rows))}</li></ul>"
        f"{graph}</div>\n"
    )


def _show_graph(equations: str) -> str:
    """The drawing of two steps, or of one where two are too wide to be read."""
    try:
        recurrence = parse(equations)
    except RecurrenceError:
        return ""
    drawing: Drawing | None = None
    for steps in range(_STEPS, 0, -1):
        drawing = draw(recurrence, steps)
        if drawing.scene.width <= _WIDEST:
            break
    assert drawing is not None, "internal: no step was drawn"
    shown = "one step" if drawing.steps == 1 else f"{drawing.steps} steps"
    return (
        f'<div class="graph">{_inside_a_page(drawing.svg())}</div>\n'
        f'<p class="note">The graph of {shown}: inputs, '
        "first states and parameters in circles, operations in boxes. What is handed from step to "
        "step is drawn thick; a parameter is one and the same at all steps.</p>"
    )


def _inside_a_page(svg: str) -> str:
    """A drawing without the name space that only a file of its own needs."""
    return svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)


def _describe_size(rows: Sequence[Row]) -> str:
    """Sizes of the sequences and numbers of parameters, task by task."""
    parts = []
    for task in dict.fromkeys(row.spec.task for row in rows):
        mine = [row for row in rows if row.spec.task == task]
        sizes = ", ".join(f"{name} {size}" for name, size in mine[0].spec.sizes.items())
        counts = sorted({metrics.parameters for _, metrics in finished(mine)})
        numbers = f", {join_words(f'{count:,}' for count in counts)} parameters" if counts else ""
        parts.append(f"{task}: sizes {sizes}{numbers}")
    return "; ".join(parts)
