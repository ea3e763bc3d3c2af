"""How cotangents are called: `dtau_2` in text, `\\delta \\tau_2` in LaTeX."""

from __future__ import annotations

import keyword

from elman.autodiff import Adjoint
from elman.equations.names import NameStyle, step_key, write_name
from elman.equations.syntax import Index


class CotangentNames:
    """Writes the names of a forward graph and of its adjoint.

    Args:
        adjoint: The adjoint.
    """

    def __init__(self, adjoint: Adjoint) -> None:
        forward = adjoint.forward
        timed = frozenset([*forward.inputs, *forward.definitions])
        known = timed.union(forward.parameters, forward.derived, forward.totals)
        self.latex_style = NameStyle(True, timed, known)
        self.plain_style = NameStyle(False, timed, known | set(adjoint.graph.definitions))
        self._of = {key: name for name, key in adjoint.cotangents.items()}
        for name in known:
            self._before(adjoint, name)

    def _before(self, adjoint: Adjoint, name: str) -> None:
        """The argument of the function that gives f is written with a bar."""
        key = f"d{name}_in"
        if key in adjoint.graph.definitions and key not in self._of:
            self._of[key] = f"{name}_in"

    def latex(self, key: str, index: Index | None) -> str:
        """Writes a name in LaTeX."""
        if key not in self._of:
            return write_name(key, index, self.latex_style)
        name = self._of[key]
        if not name.endswith("_in") or name in self.latex_style.known:
            return rf"\\delta {write_name(name, index, self.latex_style)}".replace("\\\\", "\\")
        inside = write_name(name.removesuffix("_in"), index, self.latex_style)
        letter, mark, script = inside.partition("_")
        return rf"\delta \bar{{{letter}}}{mark}{script}"

    def step(self, key: str, step: int | None) -> str:
        """Writes a name at a step in LaTeX."""
        return self.latex(key, None if step is None else Index(None, step))

    def plain(self, key: str, index: Index | None) -> str:
        """Writes a name in elman's notation."""
        return write_name(key, index, self.plain_style)


def python_name(key: str, step: int | None) -> str:
    """Writes a name at a step as a Python identifier; a keyword such as lambda gets a `_`."""
    name = key if step is None else step_key(key, step)
    return f"{name}_" if keyword.iskeyword(name) else name
