"""The report as one HTML page that needs nothing outside it: no script, no font, no image file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from elman.lab.spec import Lab
from elman.report.figures import (
    NARROW,
    WIDE,
    draw_accuracy,
    draw_dots,
    draw_losses,
    draw_seconds,
)
from elman.report.legend import draw_legend
from elman.report.marks import MARKS, Mark, marks_for
from elman.report.mathfont import embed_math_font
from elman.report.models import show_models
from elman.report.rows import Row, finished, series_of, with_lengths, without_lengths
from elman.report.setup import show_setup
from elman.report.summary import SOLVED, summarise
from elman.report.tables import show_accuracies, show_runs, show_troubles


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        title: Plain text.
        body: HTML; an empty body leaves the section out.
    """

    title: str
    body: str


def render_page(lab: Lab, rows: Sequence[Row]) -> str:
    """Returns the whole page.

    Args:
        lab: What was asked.
        rows: Its runs, with those that failed or are missing.
    """
    marks = marks_for(series_of(rows))
    body = "\n".join(_show_section(section) for section in _sections(lab, rows, marks))
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(lab.title)}</title>\n"
        f"<style>\n{_style()}{embed_math_font(body)}</style>\n</head>\n<body>\n"
        f"<h1>{escape(lab.title)}</h1>\n"
        f'<p class="question">{escape(lab.question)}</p>\n'
        f'<p class="byline">{escape(_byline(rows))}</p>\n'
        f"{body}\n</body>\n</html>\n"
    )


def _sections(lab: Lab, rows: Sequence[Row], marks: Mapping[str, Mark]) -> list[Section]:
    chosen, given = with_lengths(rows), without_lengths(rows)
    sections = [
        Section("Summary", _show_summary(rows)),
        Section("The tasks", _show_tasks(lab, rows)),
        Section("The models", show_models(rows)),
        *_of_lengths(chosen, marks),
    ]
    for task in dict.fromkeys(row.spec.task for row in given):
        mine = [row for row in given if row.spec.task == task]
        sections.append(Section(f"The task {task}", _show_task(task, mine, marks)))
    return [
        *sections,
        Section("Runs without a result", show_troubles(rows)),
        Section("Notes on the tasks", _show_notes(rows)),
        Section("Set-up", show_setup(lab, rows)),
        Section("Every run", show_runs(rows)),
    ]


def _of_lengths(rows: Sequence[Row], marks: Mapping[str, Mark]) -> list[Section]:
    """The sections about lengths; none where no run of theirs finished."""
    if not finished(rows):
        return []
    shown = _marks_of(rows, marks)
    legend = draw_legend(shown)
    accuracy = _show_figure(
        [draw_accuracy(rows, marks, width=width) for width in (WIDE, NARROW)],
        "Test accuracy of the state that was best on validation. The line is the median over "
        "seeds, the band reaches from the lowest to the highest seed, each mark is one seed; "
        "series are set apart a little so that equal values stay visible. A cross is a run that "
        "failed.",
        legend,
    )
    losses = _show_figure(
        [draw_losses(rows, marks, name="losses", width=width) for width in (WIDE, NARROW)],
        "Training loss, one line a seed. A mark is the point of convergence, as the rule under "
        "Set-up defines it; a line without one ran to the step limit.",
        legend,
    )
    seconds = _show_figure(
        [draw_seconds(rows, marks, width=width) for width in (WIDE, NARROW)],
        "Wall-clock time on one thread, with as many runs side by side as there are processes; "
        "evaluations on the validation set are included.",
        legend,
    )
    return [
        Section("Highest accuracy against length", accuracy + show_accuracies(rows)),
        Section("The loss, length by length", losses),
        Section("Time against length", seconds),
    ]


def _show_task(task: str, rows: Sequence[Row], marks: Mapping[str, Mark]) -> str:
    if not finished(rows):
        return "<p>No run of this task finished.</p>"
    dots = _show_figure(
        [draw_dots(rows, marks, name=f"{_id(task)}-dots", width=width) for width in (WIDE, NARROW)],
        "Test accuracy, each mark is one seed.",
    )
    losses = _show_figure(
        [
            draw_losses(rows, marks, name=f"{_id(task)}-losses", width=width)
            for width in (WIDE, NARROW)
        ],
        "Training loss, one line a seed. A mark is the point of convergence.",
        draw_legend(_marks_of(rows, marks)),
    )
    return dots + show_accuracies(rows) + losses


def _marks_of(rows: Sequence[Row], marks: Mapping[str, Mark]) -> dict[str, Mark]:
    return {series: marks[series] for series in series_of(rows)}


def _id(task: str) -> str:
    letters = (letter if letter.isascii() and letter.isalnum() else "-" for letter in task.lower())
    return f"task-{''.join(letters)}"


def _show_section(section: Section) -> str:
    if not section.body:
        return ""
    return f"<section>\n<h2>{escape(section.title)}</h2>\n{section.body}\n</section>"


def _show_summary(rows: Sequence[Row]) -> str:
    return f'<div class="summary">{_show_list(summarise(rows))}</div>'


def _show_tasks(lab: Lab, rows: Sequence[Row]) -> str:
    names = dict.fromkeys(row.spec.task for row in rows)
    told = [f"<p><b>{escape(n)}</b>: {escape(lab.tasks[n])}</p>" for n in names if n in lab.tasks]
    return "".join(told)


def _show_notes(rows: Sequence[Row]) -> str:
    """What the tasks say of themselves, each note once."""
    done = finished(rows)
    notes = dict.fromkeys(f"{row.spec.task}: {note}" for row, m in done for note in m.notes)
    return _show_list(notes) if notes else ""


def _show_list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _show_figure(drawings: Sequence[str], caption: str, legend: str = "") -> str:
    """A figure in two widths, of which the page shows the one that fits."""
    wide, narrow = (
        drawing.replace("<svg ", f'<svg class="{name}" ', 1)
        for drawing, name in zip(drawings, ("wide", "narrow"), strict=True)
    )
    return (
        f"<figure>{legend}{wide}\n{narrow}\n<figcaption>{escape(caption)}</figcaption></figure>\n"
    )


def _byline(rows: Sequence[Row]) -> str:
    ended = sorted(row.record.ended_at for row in rows if row.record is not None)
    when = f", the last on {ended[-1][:16].replace('T', ' at ')} UTC" if ended else ""
    return (
        f"{len(rows)} training runs{when}. A length counts as solved at a test accuracy of "
        f"{SOLVED} in every seed."
    )


def _style() -> str:
    colours = [(f"--series-{place}", mark) for place, mark in enumerate(MARKS)]
    light = "".join(f"{name}: {mark.light}; " for name, mark in colours)
    dark = "".join(f"{name}: {mark.dark}; " for name, mark in colours)
    return (
        f":root {{ {light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
        f"{resources.files('elman.report').joinpath('page.css').read_text(encoding='utf-8')}"
    )
