"""A recurrence as a picture of its unrolled graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from elman.ir.graph import LEAVES, StepGraph
from elman.paper.drawing.boxes import Content
from elman.paper.drawing.diagram import build_diagram
from elman.paper.drawing.items import find_items
from elman.paper.drawing.labels import Labels, plain_label
from elman.paper.unroll import UnrolledNode, check_steps, unroll
from elman.viz.dot import DotNode, write_dot
from elman.viz.layout import lay_out
from elman.viz.png import write_png
from elman.viz.scene import Scene
from elman.viz.svg import write_svg

if TYPE_CHECKING:
    from elman.ir import Recurrence

STORED = r"\mathrm{kept for the backward pass}"

# A name, or the number of a node of the step graph, at a step; None for totals and parameters.
Place: TypeAlias = tuple[str | int, int | None]


@dataclass(frozen=True)
class Drawing:
    """The unrolled graph of a recurrence as a picture.

    Attributes:
        graph: The step graph.
        steps: T.
        title: The name of the picture.
        content: What is written beside the structure.
    """

    graph: StepGraph
    steps: int
    title: str
    content: Content

    @cached_property
    def scene(self) -> Scene:
        """Everything in its place."""
        description = describe(self.graph, self.steps)
        diagram = build_diagram(self.graph, self.steps, self.title, description, self.content)
        return lay_out(diagram)

    def svg(self) -> str:
        """Returns the picture as an SVG document, the same bytes each time."""
        return write_svg(self.scene)

    def png(self, zoom: float = 2.0) -> bytes:
        """Returns the picture as a PNG.

        Raises:
            BackendUnavailableError: The package resvg-py is missing.
        """
        return write_png(self.svg(), zoom)

    def dot(self) -> str:
        """Returns the whole unrolled graph in the DOT language, with every step."""
        return _write_dot(self.graph, self.steps, self.title)

    def _repr_svg_(self) -> str:
        return self.svg()


def draw(
    recurrence: Recurrence,
    steps: int = 2,
    *,
    sizes: Mapping[str, int] | None = None,
    copies: bool = False,
    stored: Collection[Place] = (),
) -> Drawing:
    """Draws a recurrence over T steps.

    Inputs, states before the first step and parameters stand in circles, computations in
    rectangles. Time runs from left to right; a long sequence is cut after its first steps.

    >>> from elman.ir import parse
    >>> draw(parse("h_t = tanh(W h_{t-1} + U x_t)"), 2).svg()[:4]
    '<svg'

    Args:
        recurrence: Any.
        steps: T.
        sizes: Sizes by name, which decide between products of matrices and of entries.
        copies: Whether parameters are repeated at every step rather than drawn once.
        stored: What is marked as kept for the backward pass: (name or number of a node, step).

    Raises:
        ValueError: The number of steps is not between 1 and 100,000.
        ShapeError: Sizes do not fit.
    """
    check_steps(steps)
    graph = recurrence.typed(sizes) if sizes else recurrence.scalar_graph
    content = Content(is_marked=_marker(graph, stored), mark=STORED, copies=copies)
    return Drawing(graph, steps, title_of(recurrence, steps), content)


def draw_values(
    recurrence: Recurrence,
    values: Mapping[str, Any],
    steps: int | None = None,
    *,
    places: int | None = None,
    copies: bool = False,
    stored: Collection[Place] = (),
) -> Drawing:
    """Draws a recurrence with the value of every box written into it.

    Args:
        recurrence: Any.
        values: As `bind_values` takes them.
        steps: T. Needed only where there is no input.
        places: Decimal places to which every operation is rounded; None for no rounding.
        copies: Whether parameters are repeated at every step.
        stored: What is marked as kept for the backward pass: (name or number of a node, step).

    Raises:
        DataError: A name is unknown.
        EvaluationError: Values are missing, or a result is not finite.
        ShapeError: Shapes do not fit.
        ValueError: The number of steps is not between 1 and 100,000.
    """
    from elman.paper.drawing.values import value_writer
    from elman.paper.values.given import bind_values
    from elman.paper.values.table import compute_case

    graph = bind_values(recurrence, values, steps).graph
    evaluation = compute_case(recurrence, values, steps=steps, places=places).evaluation
    check_steps(evaluation.steps)
    content = Content(
        value=value_writer(graph, evaluation, places),
        is_marked=_marker(graph, stored),
        mark=STORED,
        copies=copies,
    )
    return Drawing(graph, evaluation.steps, title_of(recurrence, evaluation.steps), content)


def title_of(recurrence: Recurrence, steps: int) -> str:
    """Returns the name of the picture of a recurrence."""
    equations = "; ".join(recurrence.plain().splitlines())
    return f"Unrolled graph of {equations} over {_count(steps, 'step')}"


def describe(graph: StepGraph, steps: int) -> str:
    """Says in words what a drawing shows.

    Args:
        graph: The step graph.
        steps: T.
    """
    items = find_items(graph)
    labels = Labels(graph)

    def listed(keys: Collection[str]) -> str:
        return ", ".join(plain_label(labels.name(key)) for key in keys)

    operations = [item for item in items.items.values() if item.node is not None]
    named = [key for key in graph.definitions if key not in items.lagged.values()]
    states = [key for key in items.lagged.values() if key in graph.definitions]
    size = f"{_count(steps, 'step')}, each with the same {_count(len(operations), 'operation')}"
    sentences = [f"The recurrence over {size}."]
    for role, keys in (
        ("Inputs", graph.inputs),
        ("States, each computed in one step and read in another", states),
        ("Computed at each step", named),
        ("Computed over all steps", tuple(graph.totals)),
        ("Parameters, the same at every step", graph.parameters),
    ):
        if keys:
            sentences.append(f"{role}: {listed(keys)}.")
    return " ".join(sentences)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("s" if number != 1 else "")


def _marker(graph: StepGraph, stored: Collection[Place]) -> Callable[[str, int | None], bool]:
    wanted = set(stored)
    if not wanted:
        return lambda key, step: False
    items = find_items(graph)
    names = graph.names_of()
    for node in graph.nodes:
        if node.op == "parameter":
            names.setdefault(node.number, []).append(node.key)

    def is_marked(key: str, step: int | None) -> bool:
        kind, _, rest = key.partition(":")
        known: list[str | int] = [*items.names.get(key, ())]
        if kind in ("op", "static"):
            known += [int(rest), *names.get(int(rest), ())]
        else:
            known.append(rest)
        return any((name, step) in wanted for name in known)

    return is_marked


def _write_dot(graph: StepGraph, steps: int, title: str) -> str:
    unrolled = unroll(graph, steps)
    labels = Labels(graph)
    nodes, edges = [], []
    for node in unrolled:
        kind = {"input": "input", "start": "start", "parameter": "parameter"}.get(node.op)
        if kind is None:
            kind = "parameter" if node.op in LEAVES else "operation"
        group = node.step if node.step is not None and 1 <= node.step <= steps else None
        nodes.append(DotNode(f"n{node.number}", _dot_label(node, labels), kind, group))
        edges += [(f"n{arg.number}", f"n{node.number}") for arg in node.args]
    return write_dot(nodes, edges, title, "t = ")


def _dot_label(node: UnrolledNode, labels: Labels) -> str:
    names = ", ".join(plain_label(labels.name(*name)) for name in node.names)
    if node.op in ("input", "start", "parameter") or node.source is None:
        return names
    written = plain_label(labels.static_text(node.source))
    return f"{names}\n{written}" if names else written
