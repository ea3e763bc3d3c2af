"""Equations as MathML, which browsers typeset themselves, offline and without a script."""

from __future__ import annotations

import re
from html import escape

from elman.errors import RecurrenceError
from elman.ir import parse


def typeset_equations(equations: str) -> str:
    """Returns a block of MathML, one line an equation; what cannot be typeset stays text.

    Args:
        equations: A recurrence in any spelling that `elman.parse` reads.
    """
    try:
        lines = parse(equations).latex_lines()
    except RecurrenceError:
        return f"<pre>{escape(equations)}</pre>"
    return "\n".join(typeset_line(line) for line in lines)


def typeset_line(latex: str) -> str:
    """Returns one equation in LaTeX as a block of MathML, or as text where that fails."""
    from latex2mathml.converter import convert

    try:
        text = convert(latex.replace("&", ""), display="block")
    except Exception:  # its exceptions have no common root; a page must not be lost to one line
        return f"<pre>{escape(latex)}</pre>"
    without_namespace = re.sub(r' xmlns="[^"]*"', "", text)
    return f'<div class="equation">{without_namespace}</div>'
