"""A recurrence as HTML for notebooks: its equations, and the role and shape of every name."""

from __future__ import annotations

import re
from html import escape

from elman.ir import Recurrence
from elman.paper.structure.reading import NameReading, read_reading

_TABLE = 'style="border-collapse:collapse;margin:0.4em 0"'
_CELL = 'style="text-align:left;padding:0.15em 1em 0.15em 0"'


def write_page(recurrence: Recurrence) -> str:
    """Returns equations and a table of names as HTML that runs no script.

    Args:
        recurrence: Any.
    """
    reading = read_reading(recurrence)
    equations = "".join(f"<div>{_equation(line)}</div>" for line in recurrence.latex_lines())
    head = "".join(f"<th {_CELL}>{word}</th>" for word in ("name", "role", "shape", "definition"))
    rows = "".join(_row(name) for name in reading.names)
    return f"<div>{equations}<table {_TABLE}><tr>{head}</tr>{rows}</table></div>"


def _row(name: NameReading) -> str:
    shape = f"[{', '.join(dim.symbol for dim in name.shape)}]" if name.shape else "scalar"
    cells = (name.key, name.role, shape, name.text)
    return f"<tr>{''.join(f'<td {_CELL}>{escape(cell)}</td>' for cell in cells)}</tr>"


def _equation(latex: str) -> str:
    """Returns one equation as MathML, or as it is where that fails."""
    from latex2mathml.converter import convert  # here, as only notebooks need its 50 ms

    try:
        text = str(convert(latex))
    except Exception:  # its exceptions have no common root; a notebook must show the rest
        return f"<code>{escape(latex)}</code>"
    return re.sub(r' xmlns="[^"]*"', "", text)
