"""`elman memory`: what the backward pass must find stored, under three conventions."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from elman.cli import arguments
from elman.ir import Recurrence
from elman.paper.memory.stored import Convention, Memory, MemoryCounter, count_memory
from elman.paper.naming import canonical_sizes
from elman.paper.unroll import MAX_STEPS

_MEANING = {
    "inputs": "each derivative reads what its operation is applied to",
    "outputs": "results are used where the derivative can be written with them",
    "checkpoints": "every k-th state, the rest computed again",
}


def memory(
    equations: arguments.Equations,
    of: Annotated[
        str | None,
        typer.Option("--of", help="What is differentiated: a total, or an output over time."),
    ] = None,
    wrt: Annotated[
        str | None,
        typer.Option("--wrt", help="With respect to what; every parameter that enters a state."),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", help="Number of steps T.")] = 2,
    every: Annotated[
        int | None, typer.Option("--every", help="Steps between checkpoints; about sqrt(T).")
    ] = None,
    sizes: arguments.Sizes = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure a module as well; needs --sizes or scalars.")
    ] = False,
    batch: Annotated[int, typer.Option("--batch", help="Sequences, for --measure.", min=1)] = 1,
    as_json: arguments.Json = False,
) -> None:
    """Counts what the backward pass must find stored, by name.

    Beside parameters, inputs and initial states, under three conventions: `inputs`, each
    derivative reads what its operation is applied to; `outputs`, results are used where the
    derivative can be written with them (tanh, sigmoid, exp, ...); `checkpoints`, every k-th state
    is stored and the rest computed again. A product over time is one operation. With --sizes the
    bytes for one sequence in float32.

    With --measure, the bytes that a module of these equations keeps between its forward and its
    backward pass, for all parameters, beside the prediction.

    Args:
        equations: A text, a file, `-` or a cell.
        of: What is differentiated.
        wrt: With respect to what.
        steps: T.
        every: k of the checkpoints.
        sizes: Sizes by name, for bytes.
        measure: Whether to run a module and measure it.
        batch: B.
        as_json: Whether to write JSON instead of text.
    """
    recurrence = arguments.read_recurrence(equations)
    arguments.check_step_count(steps, limit=MAX_STEPS)
    arguments.tell_of_many_steps(steps, "the formulas are the same at fewer")
    arguments.check_step_count(every, "--every")
    names = None if wrt is None else [name.strip() for name in wrt.split(",") if name.strip()]
    found = count_memory(
        recurrence, of, wrt=names, steps=steps, sizes=arguments.read_sizes(sizes), every=every
    )
    shown, text = found.to_dict(), write_memory(found)
    if measure:
        measured = measure_module(recurrence, arguments.read_sizes(sizes), steps, batch)
        shown["module"] = measured
        text += (
            f"\n\nA module with B = {batch} keeps {measured['bytes']:,} bytes between forward and "
            f"backward for all parameters\n(blocks of memory, pooled ones included: "
            f"{measured['blocks']:,}). Predicted: {measured['predicted_outputs']:,} under "
            f"outputs, {measured['predicted_inputs']:,} under inputs."
        )
    print(json.dumps(shown, indent=2, ensure_ascii=False) if as_json else text)


def measure_module(
    recurrence: Recurrence, sizes: dict[str, int], steps: int, batch: int
) -> dict[str, int]:
    """Returns the bytes that a module keeps, beside what is predicted for all its parameters."""
    from elman.nn import module  # here: it imports torch
    from elman.nn.saved import measure_saved

    known = canonical_sizes(recurrence, sizes)
    saved = measure_saved(module(recurrence, sizes=known), steps, batch)
    # Scalars take 4 bytes as well, whether or not sizes are given.
    counter = MemoryCounter(recurrence, None, recurrence.parameters, sizes)
    predicted = {
        name: batch * counter.count_bytes(counter.stored(name, steps))
        for name in ("inputs", "outputs")
    }
    return {
        "batch": batch,
        "bytes": saved.tensors,
        "blocks": saved.blocks,
        "predicted_inputs": predicted["inputs"],
        "predicted_outputs": predicted["outputs"],
    }


def write_memory(memory: Memory) -> str:
    """Returns what is stored as text for a terminal."""
    title = f"Stored for the gradient of {', '.join(memory.of)} with respect to "
    lines = [
        f"{title}{', '.join(memory.wrt)},",
        f"beside parameters, inputs and initial states, at T = {memory.steps}",
        "",
    ]
    rows = [("convention", "count", "at T = 2", "more", "formula", "bytes")]
    for found in memory.conventions.values():
        more = str(found.count - found.at_two)
        size = "" if found.bytes is None else f"{found.bytes:,}"
        rows.append(
            (found.name, str(found.count), str(found.at_two), more, found.formula or "-", size)
        )
    if all(found.bytes is None for found in memory.conventions.values()):
        rows = [(*row[:5], "") for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [
            cell.rjust(width) if 0 < column < 4 or column == 5 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    for found in memory.conventions.values():
        lines += ["", f"{found.name}: {_meaning(found)}", *_groups(found)]
    lines += ["", *_additions(memory)]
    return "\n".join(lines).rstrip()


def _groups(found: Convention) -> list[str]:
    if not found.groups:
        return ["  nothing"]
    widest = max(len(label) for label, _ in found.groups)
    return [
        f"  {label.ljust(widest)}  t = {write_steps(steps)}" if steps else f"  {label}"
        for label, steps in found.groups
    ]


def _meaning(found: Convention) -> str:
    text = _MEANING[found.name]
    if found.every is not None:
        text = text.replace("k-th", f"{found.every}-th" if found.every > 3 else "k-th")
        text += f" (k = {found.every}); the most at one time"
    return text


def _additions(memory: Memory) -> list[str]:
    lines = []
    for key, names in memory.extra.items():
        shown = [*names[:6], f"... {len(names) - 6} more"] if len(names) > 6 else [*names]
        what = ", ".join(shown) or "nothing"
        lines.append(f"The gradient of {key} needs in addition (outputs): {what}")
    return lines


def write_steps(steps: tuple[int, ...]) -> str:
    """Writes steps, runs of them by their ends.

    >>> write_steps((1, 2, 3, 7, 9, 10))
    '1-3, 7, 9-10'
    """
    runs: list[list[int]] = []
    for step in steps:
        if runs and step == runs[-1][1] + 1:
            runs[-1][1] = step
        else:
            runs.append([step, step])
    written = [f"{first}-{last}" if last > first else str(first) for first, last in runs]
    if len(written) > 12:
        written = [*written[:6], "...", *written[-3:]]
    return ", ".join(written)
