"""The exercises on numbers: too large a gradient, two starts, sequences that are cut."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from elman.autodiff import differentiate, gradients
from elman.errors import RecurrenceError
from elman.ir import evaluate
from elman.paper.start.judge import give_verdict
from elman.paper.structure.structure import analyse_structure
from elman.paper.values.table import Case, Row, compute_case, show_value
from elman.report.typeset import typeset_inline
from elman.report.worksheet.exercise import Exercise, bullets, paragraph, table, text
from elman.report.worksheet.subject import Subject


def ask_clipping(subject: Subject) -> Exercise | None:
    """Asks for the measure against a gradient that is too large, and its effect in numbers."""
    found = subject.gradients_of_cases()
    norms = [math.sqrt(sum(value**2 for value in one.values())) for one in found]
    large = max(norms, default=0.0)
    if not large or not math.isfinite(large):
        return None
    bound = _one_digit(large / subject.random.choice((2.0, 4.0, 5.0)))
    rows = [
        [subject.math(key), *(f"{one[key]:.4g}" for one in found)]
        for key in subject.recurrence.parameters
    ]
    head = ["", *(f"({n})" for n in range(1, len(found) + 1))]
    what = "gradients" if subject.is_scalar else "norms of the gradients"
    sets = "the two sets of values of a later exercise" if len(found) == 2 else "some values"
    task = (
        paragraph(
            "The loss of a network does not decrease, and its gradient turns out to be large. "
            "Which measure lets you go on training the same network? Name the technical term and "
            "describe its precise effect."
        )
        + paragraph(
            f"These are the {what} of {subject.math(subject.total)} with respect to each "
            f"parameter, for {sets}. Apply the measure with the bound "
            f"{typeset_inline(f'c = {bound:g}')} on the norm of the whole gradient: what becomes "
            "of it?"
        )
        + table(head, rows)
    )
    formula = typeset_inline(r"g \leftarrow g \cdot \min(1,\, c / \|g\|)")
    answers = [
        f"({n}) {typeset_inline(f'|g| = {norm:.4g}')}, "
        + (
            f"above the bound: every entry is multiplied by {bound / norm:.4g}, so the gradient is "
            f"{_entries(subject, one, bound / norm)} with norm {bound:g}; its direction stays."
            if norm > bound
            else "within the bound: it stays as it is."
        )
        for n, (one, norm) in enumerate(zip(found, norms, strict=True), 1)
    ]
    return Exercise(
        "A gradient that is too large",
        task,
        paragraph(f"Gradient clipping, by the norm: {formula}.") + bullets(answers),
        7,
    )


def _entries(subject: Subject, sizes: dict[str, float], factor: float) -> str:
    keys = [key for key in sizes if sizes[key]]
    return ", ".join(f"{subject.math(key)}: {sizes[key] * factor:.4g}" for key in keys)


def _one_digit(value: float) -> float:
    return float(f"{value:.0e}")


def ask_type(subject: Subject) -> Exercise:
    """Asks what the network is, and what it is good for."""
    structure = analyse_structure(subject.plain, subject.sizes or None)
    kinds = bullets(f"<b>{text(f.term)}</b>: {text(f.reason)}" for f in structure.features)
    suits = bullets(text(sentence) for sentence in structure.suits)
    task = bullets(
        [
            "What type of recurrent neural network is this? Say by what you see it.",
            "Name a task that it suits, and one that it does not.",
        ],
        ordered=True,
    )
    return Exercise("The type of network", task, bullets([kinds, suits], ordered=True), 6)


def ask_start(subject: Subject) -> Exercise | None:
    """Asks for the total at two sets of parameters, and which of them to start from."""
    if len(subject.cases) < 1 or not subject.is_scalar:
        return None
    recurrence, places = subject.recurrence, subject.request.places
    try:
        computed = [
            compute_case(recurrence, values, steps=_length(subject), places=places)
            for _, values in subject.cases
        ]
    except RecurrenceError:
        return None
    task = paragraph(f"Let {_given(subject, computed[0])}.")
    task += bullets(
        [f"({n}) {_parameters(subject, values)}" for n, (_, values) in enumerate(subject.cases, 1)]
    )
    total = subject.math(subject.total)
    parts = [
        (
            f"Calculate {total} over {computed[0].evaluation.steps} steps for each set. Round all "
            f"results and intermediate results to {places} decimals."
        )
    ]
    several = len(subject.cases) > 1
    parts.append(
        "From which of them should training start? Explain by your calculations."
        if several
        else "Is it a good start for training? Explain by your calculations."
    )
    columns = [[row for row in case.rows if row.group != "given"] for case in computed]
    head = ["", *(f"({n})" for n in range(1, len(computed) + 1))]
    rows = [
        [_row_name(subject, same[0]), *(text(show_value(row.value, places)) for row in same)]
        for same in zip(*columns, strict=True)
    ]
    verdict = text(give_verdict(subject.assessed(subject.cases)))
    solution = bullets([table(head, rows), verdict], ordered=True)
    return Exercise("Two starts" if several else "A start",
                    task + bullets(parts, ordered=True), solution, 12)  # fmt: skip


def _row_name(subject: Subject, row: Row) -> str:
    name = subject.spelled(row.name) if row.named else f"<code>{text(row.name)}</code>"
    formula = f' <span class="quiet">= {text(row.formula)}</span>' if row.formula else ""
    return f"<b>{name}</b>{formula}" if row.named else f'<span class="quiet">{name}</span>'


def _length(subject: Subject) -> int | None:
    return None if subject.recurrence.inputs else subject.steps


def _parameters(subject: Subject, values: dict[str, Any]) -> str:
    known = [key for key in subject.recurrence.parameters if key in values]
    return ", ".join(typeset_inline(f"{subject.symbol(key)} = {values[key]:g}") for key in known)


def _given(subject: Subject, case: Case) -> str:
    values = subject.cases[0][1]
    parts = []
    for key in subject.recurrence.inputs:
        for step, value in enumerate(np.ravel(values.get(key, ())), 1):
            parts.append(typeset_inline(f"{subject.symbol(key, step)} = {value:g}"))
    for (key, step), start in case.evaluation.starts.items():
        parts.append(typeset_inline(f"{subject.symbol(key, step)} = {float(start):g}"))
    return ", ".join(parts)


def ask_split(subject: Subject) -> Exercise:
    """Asks what is gained and lost where long sequences are cut."""
    many, pieces = subject.request.many, 4
    short = max(1, many // pieces)
    counts = [subject.memory(t).conventions["outputs"].count for t in (many, short)]
    task = paragraph(
        f"Before training you split sequences of {many} steps into {pieces} of {short}. Name an "
        "advantage and a disadvantage, and say by numbers what is gained and what is lost."
    )
    gain = (
        f"<b>Advantage</b>: less is stored at a time, {counts[1]} values instead of "
        f"{counts[0]}, and the backward pass is shorter."
    )
    loss = "<b>Disadvantage</b>: what depends on an input before the cut is not learned. "
    answers = [gain, loss + _lost(subject)]
    return Exercise("Long sequences in pieces", task, bullets(answers), 7)


def _lost(subject: Subject) -> str:
    """What the gradient of the last output loses where it ends at a cut, in numbers."""
    recurrence, length = subject.plain, 8
    if not recurrence.states:
        return "Here no step reads what another has computed, so nothing is lost."
    if recurrence.direction != "forward" or not recurrence.inputs:
        return (
            "A state that runs backward begins anew at the end of each piece, so it does not see "
            "what comes after it."
            if recurrence.direction != "forward"
            else "The state is carried over, but its gradient ends at the cut."
        )
    graph = recurrence.typed(subject.sizes)
    output = next(k for k in (*recurrence.outputs, *recurrence.states) if k in graph.definitions)
    adjoint = differentiate(graph, outputs=[output], wrt=[*recurrence.inputs, *recurrence.states])
    values = _random_values(subject, length)
    shape = tuple(dim.size or 0 for dim in graph.definitions[output].shape)
    last = np.zeros((length, *shape))
    last[-1] = 1.0
    found = gradients(adjoint, values, {output: last}, length)
    forward = evaluate(graph, values, length)
    cut = length // 2
    key = recurrence.inputs[0]
    by_step = np.sqrt(np.square(found[key]).reshape(length, -1).sum(1))
    lost = ", ".join(f"{value:.3g}" for value in by_step[:cut])
    kept = ", ".join(f"{value:.3g}" for value in by_step[cut:])
    assert forward.steps == length, "internal: another number of steps"
    size = typeset_inline(
        rf"|\partial {subject.symbol(output, length)}/\partial {subject.symbol(key)}_t|"
    )
    return (
        f"At random values over {length} steps, cut after step {cut}, {size} is {lost} for the "
        f"steps before the cut, which the shortened gradient takes for 0, and {kept} for those "
        "after it, which it keeps."
    )


def _random_values(subject: Subject, length: int) -> dict[str, Any]:
    generator = np.random.default_rng(subject.request.seed)
    graph = subject.plain.typed(subject.sizes)
    shapes = {
        node.key: tuple(dim.size or 0 for dim in node.shape)
        for node in graph.nodes
        if node.op in ("parameter", "read")
    }
    values = {key: generator.uniform(-1, 1, shapes.get(key, ())) for key in graph.parameters}
    inputs = {key: generator.uniform(-1, 1, (length, *shapes[key])) for key in graph.inputs}
    return values | inputs
