"""Published cells, one short equation file each with its citation, and where equations come from.

>>> from elman.cells import names
>>> "lstm" in names()
True
"""

from elman.cells.catalogue import describe, names, read_cell
from elman.cells.sources import read_equations

__all__ = ["describe", "names", "read_cell", "read_equations"]
