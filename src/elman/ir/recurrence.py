"""The recurrence that a text describes, as users hold it in their hands."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from elman.equations import parse_statements, to_latex, to_latex_lines, to_plain
from elman.equations.syntax import (
    ListDeclaration,
    Name,
    ShapeDeclaration,
    StartDeclaration,
    Statement,
)
from elman.errors import NameResolutionError, ShapeError, Source, raise_all
from elman.ir.graph import Shape, StepGraph
from elman.ir.lower import lower
from elman.ir.notes import slips
from elman.ir.phases import Phase, find_phases
from elman.ir.resolve import resolve
from elman.ir.roles import Roles, assign_roles
from elman.ir.types import Types, infer_types
from elman.ir.verify import verify


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
    if not isinstance(text, str):
        raise TypeError(f"the equations must be a string, not {type(text).__name__}")
    with _deep_recursion():
        return Recurrence(parse_statements(Source(text, name)))


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Lets texts nest as deep as the notation allows, whatever the depth of the caller."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 50_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Recurrence:
    """Equations, the graph of one step, and the role of every name.

    Attributes:
        statements: The syntax of the text.
        graph: The untyped step graph.
        roles: The role of every name; each is an attribute of the recurrence as well.
        phases: The order in which steps can be computed.
    """

    def __init__(self, statements: tuple[Statement, ...]) -> None:
        self.statements = statements
        self._types: dict[frozenset[tuple[str, int]], Types] = {}
        self.graph: StepGraph = resolve(statements)
        self.phases: tuple[Phase, ...] = find_phases(self.graph)
        self.roles: Roles = assign_roles(statements, self.graph, self.phases)
        self._check_declared()
        declared = {declaration.name.key for declaration in self.declarations}
        if declared.issuperset(self.roles.inputs):
            _ = self._open_types  # contradictions in the text itself are found at once

    @cached_property
    def _open_types(self) -> Types:
        """The shapes as far as the text alone tells them."""
        return infer_types(self.graph, self.roles, self.declarations, {})

    @property
    def declarations(self) -> tuple[ShapeDeclaration, ...]:
        """The shapes that the text states."""
        return tuple(s for s in self.statements if isinstance(s, ShapeDeclaration))

    @property
    def starts(self) -> dict[str, str]:
        """The starts that the text gives for parameters: name -> scheme."""
        found = [s for s in self.statements if isinstance(s, StartDeclaration)]
        return {statement.name.key: statement.scheme for statement in found}

    @property
    def frozen(self) -> frozenset[str]:
        """The parameters that are not trained."""
        return frozenset(
            name.key
            for statement in self.statements
            if isinstance(statement, ListDeclaration) and statement.verb == "freeze"
            for name in statement.names
        )

    @property
    def shared(self) -> tuple[tuple[str, ...], ...]:
        """Groups of parameters that are one value."""
        return tuple(
            tuple(name.key for name in statement.names)
            for statement in self.statements
            if isinstance(statement, ListDeclaration) and statement.verb == "share"
        )

    def _check_declared(self) -> None:
        """Declarations of starts and lists speak of parameters."""
        errors = []
        for statement in self.statements:
            names: tuple[Name, ...] = ()
            if isinstance(statement, StartDeclaration):
                names = (statement.name,)
            elif isinstance(statement, ListDeclaration):
                names = statement.names
            for name in names:
                if name.key not in self.roles.parameters:
                    errors.append(
                        NameResolutionError(
                            f"{name.key} is not a parameter",
                            name.span,
                            facts=["parameters: " + (", ".join(self.roles.parameters) or "none")],
                            remedy="Use one of them, or remove the line.",
                        )
                    )
        raise_all(errors)

    # -- roles -------------------------------------------------------------------------------

    @property
    def states(self) -> tuple[str, ...]:
        """Defined names that are read at another step."""
        return self.roles.states

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names with time that nothing defines."""
        return self.roles.inputs

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names without time that nothing defines."""
        return self.roles.parameters

    @property
    def intermediates(self) -> tuple[str, ...]:
        """Defined names that are read within their step only."""
        return self.roles.intermediates

    @property
    def outputs(self) -> tuple[str, ...]:
        """Defined names that no step reads; without any, the state defined last."""
        return self.roles.outputs

    @property
    def totals(self) -> tuple[str, ...]:
        """Names defined by a reduction over time."""
        return self.roles.totals

    @property
    def direction(self) -> str:
        """`forward`, `backward` or `bidirectional`."""
        return self.roles.direction

    @property
    def order(self) -> int:
        """The largest lag at which a state is read."""
        return self.roles.order

    @property
    def linear(self) -> bool:
        """Whether each state is an affine function of the states."""
        return self.roles.linear

    @property
    def online(self) -> bool:
        """Whether no step reads a later one."""
        return self.roles.online

    def lags(self, state: str) -> tuple[int, ...]:
        """Returns the lags at which a state is read, ascending; negative ones look ahead."""
        nodes = (node for node in self.graph.nodes if node.op == "read" and node.key == state)
        return tuple(sorted({node.lag for node in nodes if node.lag}))

    # -- text --------------------------------------------------------------------------------

    def plain(self) -> str:
        """Returns the equations as plain text, in canonical form."""
        return to_plain(self.statements)

    def latex(self) -> str:
        """Returns the equations as a LaTeX `aligned` block."""
        return to_latex(self.statements)

    def latex_lines(self) -> list[str]:
        """Returns the equations as LaTeX, one string each."""
        return to_latex_lines(self.statements)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        return f"Recurrence({self.plain()!r})"

    # -- shapes ------------------------------------------------------------------------------

    def types(self, sizes: Mapping[str, int] | None = None) -> Types:
        """Returns the shape of every name for given sizes; without sizes, as far as known."""
        if not sizes:
            return self._open_types
        key = frozenset(sizes.items())
        if key not in self._types:
            self._types[key] = infer_types(self.graph, self.roles, self.declarations, dict(sizes))
        return self._types[key]

    def typed(self, sizes: Mapping[str, int] | None = None) -> StepGraph:
        """Returns the step graph with a shape on every node.

        Args:
            sizes: Size of each vector by name, such as `{"x": 28, "h": 128}`. Without any, every
                name is a scalar unless the text says otherwise.

        Raises:
            ShapeError: Sizes contradict each other, or one stays open.
        """
        types = self.types(sizes)
        self.refuse_open(types)
        graph = lower(self.graph, types)
        verify(graph)
        return graph

    def shapes(self, sizes: Mapping[str, int] | None = None) -> dict[str, Shape]:
        """Returns the shape of every name."""
        return self.types(sizes).shapes

    def notes(self, sizes: Mapping[str, int] | None = None) -> tuple[str, ...]:
        """Returns a sentence for each reading that another reader might not share.

        They speak of shapes that had to be assumed for these sizes, and of `x_t-1`, which is often
        a slip.
        """
        return (*self.types(sizes).assumed, *slips(self.statements))

    def parameter_count(self, sizes: Mapping[str, int] | None = None) -> int:
        """Returns how many numbers the parameters hold.

        Raises:
            ShapeError: A size stays open.
        """
        types = self.types(sizes)
        self.refuse_open(types)
        shared = {key for group in self.shared for key in group[1:]}
        count = 0
        for key in self.parameters:
            entries = 1
            for dim in types.shapes[key]:
                entries *= dim.size or 0
            count += 0 if key in shared else entries
        return count

    def refuse_open(self, types: Types) -> None:
        """Asks by name for the sizes that stay open.

        Raises:
            ShapeError: There are some.
        """
        open_symbols: dict[str, str] = {}
        for key, shape in types.shapes.items():
            for dim in shape:
                if dim.size is None:
                    open_symbols.setdefault(dim.symbol, key)
        if not open_symbols:
            return
        asked = [symbol for symbol in open_symbols if "+" not in symbol and "." not in symbol]
        if asked:
            example = ", ".join(f'"{symbol}": ...' for symbol in asked)
            raise ShapeError(
                f"the size of {' and '.join(asked)} is open",
                facts=[f"{s} is a dimension of {k}" for s, k in open_symbols.items()],
                remedy=f"Give sizes={{{example}}} (on the command line --sizes {asked[0]}=...).",
            )
        symbol, key = next(iter(open_symbols.items()))
        raise ShapeError(
            f"a dimension of {key} is open ({symbol})",
            remedy=f"Declare its shape, such as {key}: [32, 64].",
        )

    @cached_property
    def scalar_graph(self) -> StepGraph:
        """The typed graph in which every size that is open is left symbolic."""
        return lower(self.graph, self._open_types)
