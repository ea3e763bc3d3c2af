"""What `elman.parse` returns: a recurrence with everything that one does with it on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elman import ir

if TYPE_CHECKING:
    from elman.paper.unroll import UnrolledGraph


def parse(text: str, name: str = "<text>") -> Recurrence:
    r"""Reads the equations of a recurrence, in plain text or LaTeX.

    >>> recurrence = parse("h_t = tanh(W h_{t-1} + U x_t + b)")
    >>> recurrence.states, recurrence.inputs, recurrence.parameters
    (('h',), ('x',), ('W', 'U', 'b'))

    Args:
        text: Equations and declarations, as `docs/notation.md` describes.
        name: How errors call the text, such as a file's name.

    Raises:
        SourceError: The text does not make sense; the message shows the place and a remedy.
        SourceErrorGroup: Several places do not.
        TypeError: `text` is not a string.
    """
    return Recurrence.extend(ir.parse(text, name))


class Recurrence(ir.Recurrence):
    """Equations, the graph of one step, and the role of every name.

    The stages know `elman.ir.Recurrence`, which holds the graph; this adds what is built on top.
    """

    @classmethod
    def extend(cls, recurrence: ir.Recurrence) -> Recurrence:
        """Returns the same recurrence with everything that this class adds."""
        extended = cls.__new__(cls)
        extended.__dict__.update(recurrence.__dict__)
        return extended

    def unroll(self, steps: int) -> UnrolledGraph:
        """Returns the graph over T steps; a notebook shows it as a picture.

        Args:
            steps: T.

        Raises:
            ValueError: The number of steps is not between 1 and 10,000.
        """
        from elman.paper.drawing import title_of
        from elman.paper.unroll import unroll

        return unroll(self.scalar_graph, steps, title_of(self, steps))

    def _repr_html_(self) -> str:
        from elman.paper.page import write_page

        return write_page(self)
