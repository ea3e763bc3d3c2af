"""`elman show`: how equations were read."""

from __future__ import annotations

import json
import textwrap

from elman.cli import arguments
from elman.paper.structure.reading import NameReading, Reading, read_reading

WIDTH = 96


def show(
    equations: arguments.Equations,
    sizes: arguments.Sizes = None,
    as_json: arguments.Json = False,
) -> None:
    """Shows how equations were read: roles, sizes, order.

    For every name its role and shape and where it was found, then what the recurrence is in the
    field's terms, what suits it, and how many parameters it has. Misreadings are seen here first.

    Args:
        equations: A text, a file, `-` or a cell.
        sizes: Sizes by name.
        as_json: Whether to write JSON instead of text.
    """
    recurrence = arguments.read_recurrence(equations)
    reading = read_reading(recurrence, arguments.read_sizes(sizes))
    if as_json:
        print(json.dumps(reading.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(write_reading(reading))


def write_reading(reading: Reading) -> str:
    """Returns the reading as text for a terminal."""
    recurrence = reading.recurrence
    parts = [recurrence.plain(), "", *_name_table(reading.names), "", _summary(reading)]
    parts += ["", "Structure"]
    for feature in reading.structure.features:
        parts += _wrapped(f"{feature.term}: {feature.reason}")
    parts += ["", "What suits it"]
    for sentence in reading.structure.suits:
        parts += _wrapped(sentence)
    if reading.notes:
        parts += ["", "Notes"]
        for note in reading.notes:
            parts += _wrapped(note)
    return "\n".join(parts)


def _summary(reading: Reading) -> str:
    recurrence = reading.recurrence
    facts = [
        f"direction {recurrence.direction}",
        f"order {recurrence.order}",
        "linear in its states" if recurrence.linear else "not linear",
        "online" if recurrence.online else "not online",
    ]
    if reading.parameter_count is None:
        facts.append("number of parameters open")
    else:
        plural = "s" * (reading.parameter_count != 1)
        facts.append(f"{reading.parameter_count:,} trained number{plural}")
    return ", ".join(facts)


def _name_table(names: tuple[NameReading, ...]) -> list[str]:
    rows = [("name", "role", "shape", "at", "definition")]
    rows += [(name.key, name.role, _shape(name), name.place, name.text) for name in names]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[4]]).rstrip())
    return lines


def _shape(name: NameReading) -> str:
    if not name.shape:
        return "scalar"
    symbols = ", ".join(dim.symbol for dim in name.shape)
    sizes = ", ".join(str(dim) for dim in name.shape)
    return f"[{symbols}]" if symbols == sizes else f"[{symbols}] = [{sizes}]"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
