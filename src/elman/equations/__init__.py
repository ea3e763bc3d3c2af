"""TEXT -> SYNTAX: reads equations as people write them, and writes them back."""

from elman.equations.printer import to_latex, to_latex_lines, to_plain
from elman.equations.statements import parse_statements

__all__ = ["parse_statements", "to_latex", "to_latex_lines", "to_plain"]
