"""From --set, --input, --initial, --values and --case to the values of each case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.cli import arguments
from elman.ir import Recurrence
from elman.paper.naming import find_name
from elman.paper.values.files import flatten_value, read_values


def gather_cases(
    recurrence: Recurrence,
    set_: Sequence[str] | None,
    input_: Sequence[str] | None,
    initial: Sequence[str] | None,
    case: Sequence[str] | None,
    values: str | None,
) -> list[tuple[str, dict[str, Any]]]:
    """Returns label and values of each case from the words of the command line.

    Raises:
        DataError: A word or the file cannot be read.
    """
    common: dict[tuple[str, int | None], Any] = {}
    if values is not None:
        common.update(_placed(recurrence, read_values(values)))
    for words, option in ((set_, "--set"), (input_, "--input"), (initial, "--initial")):
        common.update(_assigned(recurrence, words, option))
    own = [(word, _assigned(recurrence, [word], "--case")) for word in case or ()]
    cases = [(word, _merged(common, given)) for word, given in own] or [("", common)]
    return [(label, _spelled(given)) for label, given in cases]


_Placed = dict[tuple[str, int | None], Any]


def _merged(common: _Placed, own: _Placed) -> _Placed:
    """Lets a case win over what all cases share; `h` wins over `h_0`, and `h_0` over `h`."""
    keys = {key for key, _ in own}
    return {**{place: value for place, value in common.items() if place[0] not in keys}, **own}


def _placed(recurrence: Recurrence, spelled: dict[str, Any]) -> _Placed:
    return {find_name(spelling, recurrence): value for spelling, value in spelled.items()}


def _assigned(recurrence: Recurrence, words: Sequence[str] | None, option: str) -> _Placed:
    found: _Placed = {}
    for spelling, pieces in arguments.read_assignments(words, option).items():
        place = find_name(spelling, recurrence)
        sequence = place[0] in recurrence.inputs and place[1] is None
        found[place] = flatten_value(pieces, sequence=sequence)
    return found


def _spelled(placed: _Placed) -> dict[str, Any]:
    return {
        key if step is None else f"{key}_{{{step}}}": value for (key, step), value in placed.items()
    }
