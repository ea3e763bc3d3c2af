"""The report as one HTML page that needs nothing outside it: no script, no font, no image file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from elman.lab.spec import Lab
from elman.report.blocks import Material, Section, show_list
from elman.report.marks import MARKS, marks_for
from elman.report.mathfont import embed_math_font
from elman.report.models import show_models
from elman.report.rows import Row, finished, metric_of, series_of
from elman.report.sections.better import show_better
from elman.report.sections.beyond import show_beyond
from elman.report.sections.given import show_given
from elman.report.sections.lengths import show_lengths
from elman.report.sections.network import show_network
from elman.report.sections.plateaus import show_plateaus
from elman.report.sections.published import show_published
from elman.report.sections.speed import show_speed
from elman.report.sections.training import show_training
from elman.report.sections.truncation import show_truncation
from elman.report.setup import show_setup
from elman.report.summary import SOLVED, summarise
from elman.report.tables import show_runs, show_troubles

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis


def render_page(
    lab: Lab,
    rows: Sequence[Row],
    analyses: Mapping[str, Analysis] | None = None,
    better: Sequence[Row] = (),
) -> str:
    """Returns the whole page.

    Args:
        lab: What was asked.
        rows: Its runs, with those that failed or are missing.
        analyses: What was found in some of the trained networks, by the keys of their runs.
        better: Runs of the lab `better`, where its folder lies beside this one.
    """
    material = Material(lab, rows, marks_for(series_of(rows)), analyses or {}, better)
    body = "\n".join(_show_section(section) for section in _sections(material))
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


def _sections(material: Material) -> list[Section]:
    lab, rows = material.lab, material.rows
    return [
        Section("Summary", _show_summary(material)),
        Section("The tasks", _show_tasks(lab, rows)),
        Section("The models", show_models(rows)),
        *show_published(material),
        *show_lengths(material),
        *show_beyond(material),
        *show_truncation(material),
        *show_better(material),
        *show_given(material),
        *show_training(material),
        *show_plateaus(material),
        *show_network(material),
        *show_speed(material),
        Section("Runs without a result", show_troubles(rows)),
        Section("Notes on the tasks", _show_notes(rows)),
        Section("Set-up", show_setup(lab, rows)),
        Section("Every run", show_runs(rows)),
    ]


def _show_section(section: Section) -> str:
    if not section.body:
        return ""
    return f"<section>\n<h2>{escape(section.title)}</h2>\n{section.body}\n</section>"


def _show_summary(material: Material) -> str:
    return f'<div class="summary">{show_list(summarise(material.rows, material.analyses))}</div>'


def _show_tasks(lab: Lab, rows: Sequence[Row]) -> str:
    names = dict.fromkeys(row.spec.task for row in rows)
    told = [f"<p><b>{escape(n)}</b>: {escape(lab.tasks[n])}</p>" for n in names if n in lab.tasks]
    return "".join(told)


def _show_notes(rows: Sequence[Row]) -> str:
    """What the tasks say of themselves, each note once."""
    done = finished(rows)
    notes = dict.fromkeys(f"{row.spec.task}: {note}" for row, m in done for note in m.notes)
    return show_list(notes) if notes else ""


def _byline(rows: Sequence[Row]) -> str:
    ended = sorted(row.record.ended_at for row in rows if row.record is not None)
    when = f", the last on {ended[-1][:16].replace('T', ' at ')} UTC" if ended else ""
    rule = (
        f" A length counts as solved at a test accuracy of {SOLVED} in every seed."
        if metric_of(rows).is_accuracy else ""
    )  # fmt: skip
    return f"{len(rows)} training runs{when}.{rule}"


def _style() -> str:
    colours = [(f"--series-{place}", mark) for place, mark in enumerate(MARKS)]
    light = "".join(f"{name}: {mark.light}; " for name, mark in colours)
    dark = "".join(f"{name}: {mark.dark}; " for name, mark in colours)
    return (
        f":root {{ {light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
        f"{resources.files('elman.report').joinpath('page.css').read_text(encoding='utf-8')}"
    )
