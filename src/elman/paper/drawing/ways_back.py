"""Along which lines of a drawing something runs back: the cotangents of the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from elman.viz.diagram import Line
from elman.viz.pattern import Cell, Rail, Wire

# (key of the source, its step, key of the sink, its step); a key is empty where an end is a rail.
RunsBack: TypeAlias = Callable[[str, int | None, str, int | None], bool]
# (region, column, row) -> the key of the box that stands there.
Keys: TypeAlias = Mapping[tuple[str, int, int], str]


def mark_ways_back(
    lines: Iterable[Line],
    wires: Mapping[tuple[str, str], Wire],
    keys: Keys,
    collectors: Mapping[str, list[str]],
    runs_back: RunsBack,
) -> list[Line]:
    """Returns lines that say from which of their sinks something runs back.

    Args:
        lines: All lines of a diagram.
        wires: (region, key) -> wire.
        keys: Which box stands where.
        collectors: Name of a rail to the totals -> the keys of the totals that it leads to.
        runs_back: Says it of two boxes.
    """

    def is_back(line: Line, wire: Wire, position: int) -> bool:
        sink = wire.sinks[position]
        source, at = _source(line, wire, keys)
        if isinstance(sink, Cell):
            step = line.number + sink.shift if line.region == "main" else None
            return runs_back(source, at, keys[line.region, sink.column, sink.row], step)
        if sink.name in collectors:
            return any(runs_back(source, at, key, None) for key in collectors[sink.name])
        return runs_back(source, at, "", None)

    marked = []
    for line in lines:
        wire = wires[line.region, line.wire]
        back = tuple(position for position in line.sinks if is_back(line, wire, position))
        marked.append(replace(line, back=back))
    return marked


def _source(line: Line, wire: Wire, keys: Keys) -> tuple[str, int | None]:
    if isinstance(wire.source, Rail):
        return (wire.source.name if wire.source.name.startswith("static:") else ""), None
    key = keys[line.region, wire.source.column, wire.source.row]
    return key, line.number if not key.startswith("static:") else None
