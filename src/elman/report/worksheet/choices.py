"""Multiple-choice questions, of whose answers more than one can be right.

Every statement is judged by the analysis of the recurrence; the wrong ones are statements of the
same form that the analysis refutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from elman.errors import DataError
from elman.paper.naming import find_name
from elman.paper.structure.structure import analyse_structure
from elman.paper.unroll import UnrolledGraph, UnrolledNode, unroll, write_step
from elman.report.worksheet.exercise import Exercise, bullets, paragraph, text
from elman.report.worksheet.subject import Subject

_MOST = 6
# The terms that `analyse_structure` knows and that exclude nothing in each other.
_TERMS = (
    "bidirectional", "backward", "feed-forward", "gated", "Elman network", "Jordan network",
    "leaky integrator", "residual over time", "linear state-space model",
)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A statement, whether it is right, and why, as HTML."""

    content: str
    right: bool
    reason: str = ""


@dataclass(frozen=True)
class Question:
    """A question with its statements."""

    content: str
    statements: tuple[Statement, ...]


def ask_choices(subject: Subject) -> Exercise:
    """Returns all multiple-choice questions as one exercise."""
    questions = [question for question in find_questions(subject) if question.statements]
    tasks = [
        paragraph(question.content) + _boxes([f"☐ {s.content}" for s in question.statements])
        for question in questions
    ]
    solutions = [
        _boxes(
            [
                f"{'☒' if s.right else '☐'} {s.content}"
                + (f' <span class="quiet">{s.reason}</span>' if s.reason else "")
                for s in question.statements
            ]
        )
        for question in questions
    ]
    intro = paragraph("More than one answer can be right. Mark all that are.")
    task = intro + f"<ol>{''.join(f'<li>{item}</li>' for item in tasks)}</ol>"
    solution = f"<ol>{''.join(f'<li>{item}</li>' for item in solutions)}</ol>"
    return Exercise("Multiple choice", task, solution, 0)


def _boxes(items: Iterable[str]) -> str:
    return bullets(items).replace("<ul>", '<ul class="boxes">', 1)


def find_questions(subject: Subject) -> list[Question]:
    """Returns the questions, each with right and wrong answers as the analysis finds them."""
    return [
        _about_type(subject),
        _about_dependence(subject),
        _about_storage(subject),
        _about_counts(subject),
        _about_variables(subject),
        *([_about_slopes(subject)] if subject.cases and subject.is_scalar else []),
    ]


def _chosen(subject: Subject, statements: list[Statement]) -> tuple[Statement, ...]:
    """Takes some, two of each kind at least where there are two, in a random order."""
    pools = [[s for s in statements if s.right], [s for s in statements if not s.right]]
    for pool in pools:
        subject.random.shuffle(pool)
    few = min(pools, key=len)
    taken = few[: _MOST // 2]
    other = pools[1] if few is pools[0] else pools[0]
    taken += other[: _MOST - 1 - len(taken)]
    subject.random.shuffle(taken)
    return tuple(taken)


def _about_type(subject: Subject) -> Question:
    features = {
        f.term: f.reason for f in analyse_structure(subject.plain, subject.sizes or None).features
    }
    right = [Statement(text(term), True, text(reason)) for term, reason in features.items()]
    wrong = [Statement(text(term), False) for term in _TERMS if term not in features]
    return Question("Which terms describe this network?", _chosen(subject, right + wrong))


def _about_dependence(subject: Subject) -> Question:
    """What changes where one input changes, read off the unrolled graph."""
    steps = max(3, subject.steps)
    graph = subject.recurrence.typed(subject.sizes)
    unrolled = unroll(graph, steps)
    inputs = [node for node in unrolled if node.op == "input"]
    if not inputs:
        return Question("", ())
    keys = [*subject.plain.states, *subject.plain.outputs]
    places = [(k, t) for k in dict.fromkeys(keys) for t in range(1, steps + 1)]
    places = [place for place in places if place in unrolled.values]
    begins = subject.random.sample(inputs, len(inputs))
    # An input on which some of them depend and some do not, if there is one.
    for begin in begins:
        reached = _reached(unrolled, begin.number)
        hits = [unrolled.values[place].number in reached for place in places]
        if any(hits) and not all(hits):
            break
    statements = [
        Statement(
            subject.math(*place),
            hit,
            "" if hit else f"no path of the graph leads from {subject.spelled(begin.name)} to it",
        )
        for place, hit in zip(places, hits, strict=True)
    ]
    content = (
        f"Over {steps} steps, only {subject.spelled(begin.name)} is changed. Which of these values "
        "can change?"
    )
    return Question(content, _chosen(subject, statements))


def _reached(unrolled: UnrolledGraph, begin: int) -> set[int]:
    found = {begin}
    for node in unrolled:
        if any(arg.number in found for arg in node.args):
            found.add(node.number)
    return found


def _about_storage(subject: Subject) -> Question:
    """Which values the backward pass reads, where results are reused."""
    memory = subject.memory(subject.steps)
    stored = memory.conventions["outputs"].variables
    keys = subject.recurrence.graph.definitions
    every = [write_step(key, t) for key in keys for t in range(1, subject.steps + 1)]
    values = unroll(subject.graph, subject.steps).values
    same = {
        name: other
        for name in every
        for other in stored
        if name != other and _is_same(subject, values, name, other)
    }
    statements = [
        Statement(
            subject.spelled(name),
            name in stored or name in same,
            f"the same value as {subject.spelled(same[name])}"
            if name in same and name not in stored
            else "",
        )
        for name in every
    ]
    content = (
        f"Which of these must be stored for the gradient of {subject.math(subject.total)} with "
        f"respect to {subject.math(subject.wrt)} over {subject.steps} steps, if results are reused?"
    )
    return Question(content, _chosen(subject, statements))


def _is_same(
    subject: Subject, values: Mapping[tuple[str, int | None], UnrolledNode], one: str, other: str
) -> bool:
    try:
        places = [find_name(name, subject.recurrence) for name in (one, other)]
    except DataError:  # a value without a name is written as its formula
        return False
    found = [values.get(place) for place in places]
    return found[0] is not None and found[0] is found[1]


def _about_counts(subject: Subject) -> Question:
    many = subject.request.many
    memory = subject.memory(many)
    two = subject.memory(subject.steps)
    ways = {"inputs": "derivatives read inputs", "outputs": "results are reused"}
    statements = []
    for name, way in ways.items():
        count = memory.conventions[name].count
        more = count - two.conventions[name].count
        shift = subject.random.choice([-many // 2, many // 2, many, 2 * many])
        for value in (count, count + shift):
            statements.append(
                Statement(
                    f"{value} values are stored at T = {many}, if {way}",
                    value == count,
                    "" if value == count else f"it is {count}",
                )
            )
        for value in (more, count):
            if value == more or count != more:
                statements.append(
                    Statement(
                        f"{value} more at T = {many} than at T = {subject.steps}, if {way}",
                        value == more,
                        "" if value == more else f"it is {more}",
                    )
                )
    known = {statement.content: statement for statement in statements if statement.right}
    known |= {s.content: s for s in statements if not s.right and s.content not in known}
    usable = [s for s in known.values() if not s.content.startswith("-")]
    content = (
        f"What must be stored for the gradient of {subject.math(subject.total)} with respect to "
        f"{subject.math(subject.wrt)}, beside parameters, inputs and initial states?"
    )
    return Question(content, _chosen(subject, usable))


def _about_variables(subject: Subject) -> Question:
    """What stands in the closed form."""
    used = set(subject.form.variables)
    graph = subject.graph
    every = [*graph.parameters]
    every += [write_step(key, t) for key in graph.inputs for t in range(1, subject.steps + 1)]
    every += [
        write_step(key, t) for key in subject.plain.states for t in range(1, subject.steps + 1)
    ]
    statements = [Statement(subject.spelled(name), name in used) for name in every]
    content = (
        f"Write the gradient of {subject.math(subject.total)} with respect to "
        f"{subject.math(subject.wrt)} over {subject.steps} steps in results rather than arguments "
        "of functions. Which of these stand in it?"
    )
    return Question(content, _chosen(subject, statements))


def _about_slopes(subject: Subject) -> Question:
    """What the sets of numbers do."""
    statements = []
    for number, found in enumerate(subject.assessed(subject.cases), 1):
        for row in found.saturation:
            statements.append(
                Statement(
                    f"With ({number}), {text(row.function)} is saturated at step {row.step}"
                    f" (a slope below a tenth of the steepest) in {subject.spelled(row.name)}",
                    row.saturated > 0,
                    f"its slope is {row.slope:.2g} of the steepest",
                )
            )
        for flow in found.flows:
            states = ", ".join(subject.math(key) for key in flow.loop.states)
            statements.append(
                Statement(
                    f"With ({number}), a small change of {states} before the first step is larger "
                    "after the last one",
                    flow.product > 1,
                    f"it is multiplied by {flow.product:.2g}",
                )
            )
    content = (
        "Take the parameters, inputs and states of the exercise on where to start. Which of these "
        "are true?"
    )
    return Question(content, _chosen(subject, statements))
