"""What `elman.parse` returns: a recurrence with everything that one does with it on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from elman import ir

if TYPE_CHECKING:
    from elman.paper.unroll import UnrolledGraph
    from elman.paper.values.check import Check


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
            ValueError: The number of steps is not between 1 and 100,000.
        """
        from elman.paper.drawing.picture import title_of
        from elman.paper.unroll import unroll

        return unroll(self.scalar_graph, steps, title_of(self, steps))

    def check(
        self,
        forward: Callable[..., Any],
        values: Mapping[str, Any] | None = None,
        *,
        sizes: Mapping[str, int] | None = None,
        steps: int | None = None,
        tolerance: float | None = None,
    ) -> Check:
        """Runs your own forward function beside this recurrence; says where they first differ.

        >>> recurrence = parse("h_t = a h_{t-1} + x_t")
        >>> print(recurrence.check(lambda x, a: x, {"a": 2.0, "x": [1.0, 1.0]}))
        h differs first at step 2: 1, and 3 is right
          h_2 = a h_1 + x_2
          The value is that of h_1: the steps are shifted.

        Args:
            forward: A function of NumPy arrays or torch tensors. Its arguments are found by name;
                it returns the output as [T, ...], a tuple of all outputs, or a dictionary by name.
            values: Parameters, inputs as [T] or [T, size], and initial states as `h_0`. Without
                them, values are drawn.
            sizes: Sizes of the vectors, for values that are drawn.
            steps: T, where no input gives it.
            tolerance: How far values may differ, relative to one plus their size.

        Raises:
            DataError: The function asks for, or returns, a name that does not occur.
            EvaluationError: Values are missing or do not fit.
        """
        from elman.paper.values.check import check_forward

        return check_forward(self, forward, values, sizes=sizes, steps=steps, tolerance=tolerance)

    def code(self, sizes: Mapping[str, int] | None = None, *, framework: str = "torch") -> str:
        """Returns plain Python source that computes this recurrence without elman.

        Args:
            sizes: Sizes of the vectors; without any, every name is a scalar unless the text says
                otherwise.
            framework: `torch` for a module, `numpy` for a function.

        Raises:
            ShapeError: A size stays open, or sizes contradict each other.
            ValueError: The framework is unknown.
        """
        from elman.paper.code.source import write_code

        return write_code(self, sizes, framework=framework)

    def _repr_html_(self) -> str:
        from elman.paper.structure.page import write_page

        return write_page(self)
