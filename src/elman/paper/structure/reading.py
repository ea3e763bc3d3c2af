"""How equations were read: the role, shape and place of every name, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elman.equations.syntax import Equation, Expression, Name, Statement, children
from elman.errors import ShapeError, Span
from elman.ir import Recurrence, Shape
from elman.paper.naming import canonical_sizes, names_of
from elman.paper.structure.structure import Structure, analyse_structure

_ROLES = (
    ("input", "inputs"),
    ("state", "states"),
    ("total", "totals"),
    ("intermediate", "intermediates"),
    ("output", "outputs"),
    ("parameter", "parameters"),
)


@dataclass(frozen=True)
class NameReading:
    """How one name was read.

    Attributes:
        key: The canonical name.
        role: `input`, `state`, `state and output`, `parameter`, `constant`, ...
        shape: Of one sample at one step.
        place: `line:column` of its definition, or of its first appearance.
        text: The equation that defines it, as it was written; empty where nothing does.
    """

    key: str
    role: str
    shape: Shape
    place: str
    text: str


@dataclass(frozen=True)
class Reading:
    """How equations were read.

    Attributes:
        recurrence: What was read.
        sizes: The sizes given, by canonical name.
        names: Every name, in order of appearance.
        structure: What it is in the field's terms.
        parameter_count: How many numbers the parameters hold, None where a size is open.
        notes: Sentences on what was assumed, and what to write where it was meant otherwise.
    """

    recurrence: Recurrence
    sizes: dict[str, int]
    names: tuple[NameReading, ...]
    structure: Structure
    parameter_count: int | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the reading as `elman show --json` writes it."""
        recurrence = self.recurrence
        return {
            "equations": {"plain": recurrence.plain(), "latex": recurrence.latex()},
            "direction": recurrence.direction,
            "order": recurrence.order,
            "linear": recurrence.linear,
            "online": recurrence.online,
            "states": list(recurrence.states),
            "inputs": list(recurrence.inputs),
            "parameters": list(recurrence.parameters),
            "constants": list(recurrence.roles.constants),
            "derived": list(recurrence.roles.derived),
            "intermediates": list(recurrence.intermediates),
            "outputs": list(recurrence.outputs),
            "totals": list(recurrence.totals),
            "sizes": self.sizes,
            "shapes": {
                name.key: [dim.size or dim.symbol for dim in name.shape] for name in self.names
            },
            "parameter_count": self.parameter_count,
            "starts": recurrence.starts,
            "frozen": sorted(recurrence.frozen),
            "shared": [list(group) for group in recurrence.shared],
            "names": [
                {"name": name.key, "role": name.role, "at": name.place, "text": name.text}
                for name in self.names
            ],
            "structure": [
                {"term": feature.term, "reason": feature.reason}
                for feature in self.structure.features
            ],
            "suits": list(self.structure.suits),
            "notes": list(self.notes),
        }


def read_reading(recurrence: Recurrence, sizes: Mapping[str, int] | None = None) -> Reading:
    """Says how equations were read.

    >>> from elman.ir import parse
    >>> reading = read_reading(parse("h_t = tanh(W h_{t-1} + U x_t)"), {"x": 2, "h": 3})
    >>> reading.parameter_count, [(name.key, name.role) for name in reading.names][:2]
    (15, [('h', 'state and output'), ('W', 'parameter')])

    Args:
        recurrence: Any.
        sizes: Sizes of vectors by name.

    Raises:
        ShapeError: The sizes contradict each other.
        NameResolutionError: A size is given for a name that does not occur.
    """
    given = canonical_sizes(recurrence, sizes or {})
    types = recurrence.types(given)
    places = _places(recurrence.statements)
    order = sorted(names_of(recurrence), key=lambda key: places[key][0].start)
    names = tuple(
        NameReading(
            key=key,
            role=role_of(recurrence, key),
            shape=types.shapes[key],
            place=_line_and_column(places[key][0]),
            text=places[key][1],
        )
        for key in order
    )
    return Reading(
        recurrence=recurrence,
        sizes=given,
        names=names,
        structure=analyse_structure(recurrence, given),
        parameter_count=_count(recurrence, given),
        notes=(*types.assumed, *_notes(recurrence, names, given)),
    )


def role_of(recurrence: Recurrence, key: str) -> str:
    """Returns the role of a name in words, such as `state and output`."""
    roles = [word for word, group in _ROLES if key in getattr(recurrence.roles, group)]
    if key in recurrence.roles.constants:
        roles = ["constant"]
    if key in recurrence.roles.derived:
        roles = ["derived once"]
    if key in recurrence.frozen:
        roles.append("not trained")
    return " and ".join(roles)


def _count(recurrence: Recurrence, sizes: Mapping[str, int]) -> int | None:
    try:
        return recurrence.parameter_count(sizes)
    except ShapeError:
        return None


def _places(statements: tuple[Statement, ...]) -> dict[str, tuple[Span, str]]:
    """Returns, per name, where it is defined and by what, else where it first appears."""
    places: dict[str, tuple[Span, str]] = {}
    for statement in statements:
        if isinstance(statement, Equation):
            for name in _names(statement.right):
                places.setdefault(name.key, (name.span, ""))
    for statement in reversed(statements):
        if isinstance(statement, Equation) and not _is_start(statement):
            text = " ".join(statement.span.text.split())
            places[statement.left.key] = (statement.left.span, text)
    return places


def _is_start(statement: Equation) -> bool:
    return statement.left.index is not None and statement.left.index.letter is None


def _names(expression: Expression) -> list[Name]:
    found: list[Name] = []
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found.append(node)
        waiting.extend(reversed(children(node)))
    return found


def _line_and_column(span: Span) -> str:
    line, column = span.source.position(span.start)
    return f"{line}:{column}"


def _notes(
    recurrence: Recurrence, names: tuple[NameReading, ...], sizes: Mapping[str, int]
) -> list[str]:
    notes = []
    if not sizes and all(not name.shape for name in names):
        vectors = [
            *recurrence.inputs,
            *(s for s in recurrence.states if s not in recurrence.inputs),
        ]
        example = ",".join(f"{key}={size}" for key, size in zip(vectors, (28, 128), strict=False))
        notes.append(
            f"Every name is a scalar, as no size was given; for vectors: --sizes {example}"
        )
    else:
        still_open = dict.fromkeys(
            dim.symbol for name in names for dim in name.shape if dim.size is None
        )
        if still_open:
            notes.append(f"Open sizes: {', '.join(still_open)}; give them with --sizes.")
    ahead = [key for key in recurrence.inputs if any(lag > 0 for lag in recurrence.lags(key))]
    notes += [f"{key} is zero before the first step." for key in ahead]
    return notes
