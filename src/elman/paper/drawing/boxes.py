"""The boxes of a drawing, each with its label, its name and its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from elman.ir.graph import Node
from elman.paper.drawing.items import Item, is_number
from elman.paper.drawing.labels import Labels, plain_label
from elman.viz.diagram import Box


@dataclass(frozen=True)
class Content:
    """What is written in a drawing beside its structure.

    Attributes:
        value: From a static node, or a name or step-level node at a step, to LaTeX; empty for
            nothing. Called with (key of an item, step) for items and starts, (`static:7`, None)
            for static values and totals.
        is_marked: Whether a box is marked; called in the same way.
        mark: What the mark means.
        copies: Whether parameters are repeated at every step.
        runs_back: Whether something runs back along the line from a box to another; called with
            the key and step of both. None where nothing does.
    """

    value: Callable[[str, int | None], str] = lambda key, step: ""
    is_marked: Callable[[str, int | None], bool] = lambda key, step: False
    mark: str = ""
    copies: bool = False
    runs_back: Callable[[str, int | None, str, int | None], bool] | None = None


def item_box(
    item: Item,
    step: int,
    place: tuple[int, int],
    names: tuple[str, ...],
    labels: Labels,
    content: Content,
) -> Box:
    """Returns the box of an input or an operation at a step.

    Args:
        item: Which.
        step: Counted from 1.
        place: Column and row.
        names: What its value is called.
        labels: Of the recurrence.
        content: Values and marks.
    """
    value, marked = content.value(item.key, step), content.is_marked(item.key, step)
    if item.node is None:
        label = labels.name(item.name, step)
        about = f"input {plain_label(label)}"
        return Box("main", step, *place, "circle", label, "input", "", value, marked, about)
    label = "=" if item.key.startswith("same:") else labels.operation(item.node)
    tag = _joined(labels.name(name, step) for name in names)
    about = f"{_described(tag, label)}, step {step}"
    return Box("main", step, *place, "box", label, "operation", tag, value, marked, about)


def copy_box(
    node: Node, step: int, place: tuple[int, int], labels: Labels, content: Content
) -> Box:
    """Returns the copy of a static value at a step; the arguments are those of `item_box`."""
    label = labels.name(node.key) if node.op == "parameter" else labels.static(node)
    value = content.value(f"static:{node.number}", None)
    about = f"{plain_label(label)}, the same value at every step"
    return Box("main", step, *place, "circle", label, "copy", "", value, False, about)


def total_box(
    node: Node, place: tuple[int, int], names: tuple[str, ...], labels: Labels, content: Content
) -> Box:
    """Returns the box of a total; the arguments are those of `item_box`."""
    key = f"static:{node.number}"
    label, tag = labels.operation(node), _joined(map(labels.name, names))
    value, marked = content.value(key, None), content.is_marked(key, None)
    about = _described(tag, label)
    return Box("tail", 0, *place, "box", label, "operation", tag, value, marked, about)


def static_box(
    node: Node, place: tuple[int, int], names: tuple[str, ...], labels: Labels, content: Content
) -> Box:
    """Returns the box of a parameter, a named constant or an operation on them.

    The arguments are those of `item_box`.
    """
    key = f"static:{node.number}"
    value, marked = content.value(key, None), content.is_marked(key, None)
    if node.op == "parameter" or (is_number(node) and names):
        label, tag = labels.name(names[0]), _joined(map(labels.name, names[1:]))
        if node.op == "parameter":
            about = f"parameter {plain_label(label)}"
        else:
            value, about = value or labels.static_text(node), plain_label(label)
        return Box("base", 0, *place, "circle", label, "parameter", tag, value, marked, about)
    label, tag = labels.operation(node), _joined(map(labels.name, names))
    about = _described(tag, label)
    return Box("base", 0, *place, "box", label, "operation", tag, value, marked, about)


def _joined(names: Iterable[str]) -> str:
    return r",\, ".join(names)


def _described(tag: str, label: str) -> str:
    return plain_label(f"{tag} = {label}" if tag else label)
