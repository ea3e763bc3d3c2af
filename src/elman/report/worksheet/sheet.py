"""The worksheet as one HTML page that prints well: exercises first, solutions on pages after."""

from __future__ import annotations

from html import escape
from importlib import resources

from elman.report.mathfont import embed_math_font
from elman.report.typeset import typeset_line
from elman.report.worksheet.by_hand import ask_gradient, ask_graph, ask_inputs
from elman.report.worksheet.choices import ask_choices
from elman.report.worksheet.exercise import Exercise
from elman.report.worksheet.subject import Request, Subject
from elman.report.worksheet.with_numbers import ask_clipping, ask_split, ask_start, ask_type


def make_exercises(subject: Subject) -> list[Exercise]:
    """Returns every exercise that the recurrence allows, in the order of a sheet."""
    asked = [
        ask_graph(subject),
        ask_gradient(subject),
        ask_inputs(subject) if subject.recurrence.inputs else None,
        ask_clipping(subject),
        ask_type(subject),
        ask_start(subject),
        ask_split(subject),
        ask_choices(subject),
    ]
    return [exercise for exercise in asked if exercise is not None]


def write_worksheet(request: Request, *, title: str = "Recurrent neural networks") -> str:
    """Returns a worksheet as HTML that needs nothing outside it.

    The same request gives the same bytes. Every solution is computed from the equations.

    >>> from elman.ir import parse
    >>> request = Request(parse("h_t = tanh(w h_{t-1} + u x_t); y_t = v h_t"), seed=7)
    >>> page = write_worksheet(request)
    >>> page.count('<section class="exercise">') == page.count('<section class="solution">') == 8
    True

    Args:
        request: What is asked for.
        title: The heading.

    Raises:
        DataError: A name is unknown, or nothing could be asked.
        DifferentiationError: What is asked for has no gradient.
        ShapeError: Sizes do not fit, or stay open.
    """
    subject = Subject(request)
    exercises = make_exercises(subject)
    equations = "\n".join(typeset_line(line) for line in request.recurrence.latex_lines())
    tasks = "\n".join(_show_task(number, found) for number, found in enumerate(exercises, 1))
    answers = "\n".join(_show_answer(number, found) for number, found in enumerate(exercises, 1))
    body = (
        f"<header><h1>{escape(title)}</h1>"
        '<p class="fields"><span>Name</span><span>Date</span></p></header>\n'
        "<p>The following recurrent neural network is given:</p>\n"
        f'<div class="given">{equations}</div>\n{tasks}\n'
        f'<div class="solutions">\n<h1>Solutions</h1>\n'
        f'<div class="given">{equations}</div>\n{answers}\n</div>'
    )
    style = resources.files("elman.report.worksheet").joinpath("sheet.css")
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>\n{style.read_text(encoding='utf-8')}{embed_math_font(body)}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _show_task(number: int, exercise: Exercise) -> str:
    space = f'<div class="space" style="height: {1.6 * exercise.space:g}em"></div>'
    return (
        f'<section class="exercise">\n<h2>{number}. {escape(exercise.title)}</h2>\n'
        f"{exercise.task}\n{space if exercise.space else ''}</section>"
    )


def _show_answer(number: int, exercise: Exercise) -> str:
    return (
        f'<section class="solution">\n<h2>{number}. {escape(exercise.title)}</h2>\n'
        f"{exercise.solution}\n</section>"
    )
