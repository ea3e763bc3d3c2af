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
    found = _convert(latex, "block")
    return (
        f"<pre>{escape(latex)}</pre>" if found is None else f'<div class="equation">{found}</div>'
    )


def typeset_inline(latex: str) -> str:
    """Returns a formula in LaTeX as MathML for a line of text, or as text where that fails."""
    found = _convert(latex, "inline")
    return f"<code>{escape(latex)}</code>" if found is None else found


def _convert(latex: str, display: str) -> str | None:
    from latex2mathml.converter import convert

    try:
        text = str(convert(latex.replace("&", ""), display=display))
    except Exception:  # its exceptions have no common root; a page must not be lost to one line
        return None
    return re.sub(r' xmlns="[^"]*"', "", text)
