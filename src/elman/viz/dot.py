"""A graph in the DOT language, for those who want to lay it out with Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_STYLES = {
    "input": 'shape=circle, style=filled, fillcolor="#dcebfa"',
    "start": "shape=circle",
    "parameter": 'shape=circle, style=filled, fillcolor="#fbeccb"',
    "operation": "shape=box",
}


@dataclass(frozen=True)
class DotNode:
    """A node.

    Attributes:
        key: Unique, letters and digits.
        label: What stands in it; a line break is written as such.
        kind: `input`, `start`, `parameter` or `operation`.
        group: The number of its cluster, None outside of all.
    """

    key: str
    label: str
    kind: str
    group: int | None = None


def write_dot(
    nodes: Iterable[DotNode], edges: Iterable[tuple[str, str]], title: str, group: str
) -> str:
    """Returns a graph in the DOT language.

    Args:
        nodes: Its nodes.
        edges: From key to key.
        title: Its label.
        group: What the label of a cluster begins with, before its number.
    """
    listed = list(nodes)
    lines = [
        "digraph {",
        "  rankdir=LR;",
        f"  label={_quoted(title)};",
        '  node [fontname="serif"];',
    ]
    groups = dict.fromkeys(node.group for node in listed if node.group is not None)
    lines += [f"  {_node(node)}" for node in listed if node.group is None]
    for number in groups:
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label={_quoted(f'{group}{number}')};")
        lines += [f"    {_node(node)}" for node in listed if node.group == number]
        lines.append("  }")
    lines += [f"  {source} -> {sink};" for source, sink in edges]
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: DotNode) -> str:
    return f"{node.key} [{_STYLES[node.kind]}, label={_quoted(node.label)}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
