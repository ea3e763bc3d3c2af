"""The exercises on the graph, the gradient, what is stored, and where the inputs are."""

from __future__ import annotations

from elman.paper.drawing.picture import draw
from elman.paper.gradient.explain import explain_gradient
from elman.paper.memory.stored import stored_places
from elman.report.typeset import typeset_inline, typeset_line
from elman.report.worksheet.exercise import Exercise, bullets, paragraph, text
from elman.report.worksheet.subject import Subject

_WIDEST = 90  # characters of a formula that fit on a line


def ask_graph(subject: Subject) -> Exercise:
    """Asks for the computation graph."""
    outputs = [
        subject.math(key, t)
        for key in subject.plain.outputs
        if key not in subject.plain.totals
        for t in range(1, subject.steps + 1)
    ]
    states = [
        subject.math(key, t) for key in subject.plain.states for t in range(1, subject.steps + 1)
    ]
    kind = "all variables scalar" if subject.is_scalar else _sizes(subject)
    task = paragraph(
        f"Draw the computation graph for {subject.steps} time steps with "
        f"{', '.join(outputs) or 'all results'} ({kind}). Put inputs and parameters in circles, "
        "computations in rectangles."
    )
    if states:
        task += paragraph(f"Indicate where {', '.join(states)} are computed.")
    picture = draw(subject.plain, subject.steps, sizes=subject.sizes or None).svg()
    return Exercise("The computation graph", task, f'<div class="graph">{picture}</div>', 13)


def _sizes(subject: Subject) -> str:
    return ", ".join(f"{key} of size {size}" for key, size in subject.sizes.items())


def ask_gradient(subject: Subject) -> Exercise:
    """Asks for a gradient in closed form, and for what must be stored."""
    form, many = subject.form, subject.request.many
    fraction = typeset_inline(_fraction(subject))
    memory = subject.memory(many)
    two = subject.memory(subject.steps)
    derive = f"Derive {fraction} over {subject.steps} steps"
    if form.variables:
        derive += f" as a function of {subject.named(form.variables)}"
    shown = typeset_line(subject.recurrence.latex_lines()[-1]) if subject.added else ""
    parts = [
        *([f"Let {shown} Add it to your graph."] if shown else []),
        f"{derive}.",
        (
            "Mark the variables that must be stored in the forward pass (in addition to "
            "parameters, inputs and initial states) for the backward pass, if the derivative of "
            "each operation reads what the operation is applied to."
        ),
        f"How many more would have to be stored for {many} steps instead of {subject.steps}?",
        "Answer both again, if results of the forward pass are reused where a derivative can be "
        "written with them, as in "
        + typeset_inline(r"\frac{d}{dx}\tanh(x) = 1 - \tanh^2(x)")
        + ".",
    ]
    solutions = [
        *([_picture(subject, None)] if shown else []),
        _closed_form(subject),
    ]
    for name in ("inputs", "outputs"):
        stored = two.conventions[name]
        found = memory.conventions[name]
        more = paragraph(
            f"{found.count - stored.count} more: {found.count} at T = {many} instead of "
            f"{stored.count} at T = {subject.steps}"
            + (f", <code>{text(found.formula)}</code> in general." if found.formula else ".")
        )
        marked = paragraph(f"{stored.count} stored: {subject.named(stored.variables)}.")
        marked += _picture(subject, name)
        solutions += [marked, more] if name == "inputs" else [marked + more]
    title = "A gradient through time, and what it needs"
    return Exercise(title, bullets(parts, ordered=True), bullets(solutions, ordered=True), 17)


def _fraction(subject: Subject) -> str:
    of, wrt = subject.symbol(subject.total), subject.symbol(subject.wrt)
    return rf"\frac{{\partial {of}}}{{\partial {wrt}}}"


def _picture(subject: Subject, convention: str | None) -> str:
    stored = (
        stored_places(
            subject.recurrence,
            subject.steps,
            convention,
            of=subject.total,
            wrt=[subject.wrt],
            sizes=subject.sizes,
        )
        if convention
        else ()
    )
    drawing = draw(subject.recurrence, subject.steps, sizes=subject.sizes or None, stored=stored)
    return f'<div class="graph">{drawing.svg()}</div>'


def _closed_form(subject: Subject) -> str:
    form = subject.form
    body = form.latex.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
    lines = [typeset_line(line) for line in body.split(" \\\\\n")]
    if not form.terms and len(form.plain) > _WIDEST:  # browsers do not break a formula
        left = f"d{form.of}/d{form.wrt}"
        lines = [paragraph(f"<code>{text(left)} = {text(form.plain)}</code>")]
    steps = bullets(f"<code>{text(step)}</code>" for step in form.steps) if not form.terms else ""
    notes = "".join(paragraph(text(note)) for note in form.notes)
    check = paragraph(
        f'<span class="quiet">Checked at random values: {form.check:.1e} from '
        f"{text(form.checked_by)}.</span>"
    )
    return notes + "".join(lines) + (paragraph("The steps:") + steps if steps else "") + check


def ask_inputs(subject: Subject) -> Exercise:
    """Asks where the gradient depends on the inputs."""
    told = explain_gradient(
        subject.recurrence, subject.total, subject.wrt, subject.steps, sizes=subject.sizes
    )
    inputs = [
        entry
        for entry in told.entries
        if any(entry.name == f"{key}_{t}" for key in subject.recurrence.inputs
               for t in range(1, subject.steps + 1))
    ]  # fmt: skip
    names = subject.named([entry.name for entry in inputs])
    task = paragraph(
        f"Look at your gradient {typeset_inline(_fraction(subject))}: where does it depend on "
        f"{names}?"
    )
    answers = []
    for entry in inputs:
        ways = ["directly, in the formula,"] if entry.directly else []
        ways += [f"through {subject.named(entry.through)}"] if entry.through else []
        answers.append(f"{subject.spelled(entry.name)} {'enters ' if ways else 'does not enter'}"
                       + " and ".join(ways))  # fmt: skip
    return Exercise("Where the inputs are", task, bullets(answers), 5)
