"""Shapes: which names are scalars, vectors and matrices, and which dimensions are the same.

First ranks, then dimensions. Everything is a scalar until something makes it a vector: a size
given for it, a declaration, or an operation on matrices or vectors. What then follows, follows: a
name beside a vector is a matrix, a name added to one is a vector.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from elman.equations.syntax import ShapeDeclaration
from elman.errors import NameResolutionError
from elman.ir.dims import DimTable
from elman.ir.graph import Shape, StepGraph
from elman.ir.notes import assumptions
from elman.ir.ranks import RankTable
from elman.ir.roles import Roles

Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Types:
    """The shapes of a recurrence.

    Attributes:
        shapes: Name -> shape of one sample at one step.
        node_shapes: Number of an untyped node -> its shape.
        assumed: Sentences on what was inferred rather than stated.
    """

    shapes: dict[str, Shape]
    node_shapes: dict[int, Shape]
    assumed: tuple[str, ...]


def infer_types(
    graph: StepGraph,
    roles: Roles,
    declarations: Sequence[ShapeDeclaration],
    sizes: Sizes,
) -> Types:
    """Infers the shape of every name and node.

    Args:
        graph: The untyped graph.
        roles: Its names.
        declarations: Shapes stated in the text.
        sizes: Sizes of vectors by name (`{"x": 28, "h": 128}`), or of declared symbols.

    Raises:
        ShapeError: Shapes contradict each other, or an input stays open beside given sizes.
        NameResolutionError: A size or a declaration is given for an unknown name.
        ValueError: A size is not a positive integer.
    """
    declared = {d.name.key: d for d in declarations}
    _check_names(graph, declared, sizes)
    ranks = RankTable(graph)
    for key, declaration in declared.items():
        ranks.fix(
            key, len(declaration.dims), declaration.span, f"declared as {declaration.span.text}"
        )
    for key in sizes:
        if key in ranks.keys and key not in declared:
            found = [n for n in ranks.nodes if n.key == key] or [graph.definitions[key]]
            span = found[0].span
            ranks.fix(key, 1, span, f"a size is given for {key}")
    ranks.solve(roles, ask=bool(sizes))
    dims = DimTable(graph, ranks, declared, sizes, roles)
    dims.solve()
    shapes = {key: dims.shape_of_key(key) for key in ranks.keys}
    return Types(
        shapes=shapes,
        node_shapes={node.number: dims.shape(node) for node in ranks.nodes},
        assumed=tuple(assumptions(ranks, shapes, {*declared, *sizes})),
    )


def _check_names(graph: StepGraph, declared: Mapping[str, ShapeDeclaration], sizes: Sizes) -> None:
    known = {*graph.definitions, *graph.derived, *graph.totals, *graph.inputs, *graph.parameters}
    for key, declaration in declared.items():
        if key not in known:
            near = difflib.get_close_matches(key, sorted(known), n=1)
            raise NameResolutionError(
                f"a shape is declared for {key}, which no equation uses",
                declaration.span,
                remedy=f"Did you mean {near[0]}?" if near else "Remove the line.",
            )
    symbols = {str(dim) for declaration in declared.values() for dim in declaration.dims}
    for key, size in sizes.items():
        if key not in known | symbols:
            near = difflib.get_close_matches(key, sorted(known | symbols), n=1)
            raise NameResolutionError(
                f"a size is given for {key!r}, which no equation uses",
                facts=["names: " + ", ".join(sorted(known))],
                remedy=f"Did you mean {near[0]!r}?" if near else "Remove it.",
            )
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"the size of {key!r} is {size!r}; it must be a positive integer")
