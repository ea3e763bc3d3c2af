"""Which sizes a recurrence needs to fit a task."""

from __future__ import annotations

from collections.abc import Mapping

from elman.errors import ShapeError
from elman.ir import Recurrence


def choose_sizes(
    recurrence: Recurrence,
    input_size: int,
    output_size: int,
    hidden_size: int,
    given: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Returns a size for each sequence of a recurrence, so that it fits a task.

    The input has the task's size, the output has one number for each answer, states and whatever
    else stays open have the hidden size.

    Args:
        recurrence: One with one input and one output.
        input_size: Features that the task gives at each step.
        output_size: Outputs that the task reads.
        hidden_size: Size of every state that is not the output.
        given: Sizes by name that the user chose; they win over the hidden size.
    Raises:
        ShapeError: The recurrence does not have one input and one output, a size does not fit the
            task, or sizes contradict each other.
    """
    fixed = {
        _only(recurrence.inputs, "input"): input_size,
        _only(recurrence.outputs, "output"): output_size,
    }
    chosen = dict(given or {})
    for name, size in chosen.items():
        if fixed.get(name, size) != size:
            raise ShapeError(
                f"the size {name}={size} does not fit the task",
                facts=[f"the task needs {name}={fixed[name]}"],
                remedy=f"Leave {name} out of --sizes.",
            )
    declared = {declaration.name.key for declaration in recurrence.declarations}
    free = (state for state in recurrence.states if state not in declared)
    sizes = {**dict.fromkeys(free, hidden_size), **chosen, **fixed}
    for symbol in _open_symbols(recurrence, sizes):
        sizes.setdefault(symbol, hidden_size)
    recurrence.typed(sizes)
    return sizes


def _only(names: tuple[str, ...], role: str) -> str:
    if len(names) != 1:
        listed = ", ".join(names) or "none"
        raise ShapeError(
            f"a task needs a recurrence with one {role}",
            facts=[f"{role}s: {listed}"],
            remedy=f"Write the equations with one {role}; `elman show` tells how they were read.",
        )
    return names[0]


def _open_symbols(recurrence: Recurrence, sizes: Mapping[str, int]) -> list[str]:
    """The names whose sizes nothing says yet, such as an intermediate before the output."""
    shapes = recurrence.types(sizes).shapes
    return [
        dim.symbol
        for shape in shapes.values()
        for dim in shape
        if dim.size is None and dim.symbol in shapes
    ]
