"""What was found in trained networks: gradients over time, states, saturation, spectrum, probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from elman.report.blocks import Material, Section, show_figure
from elman.report.legend import draw_legend
from elman.report.looks import (
    LOWEST,
    Looked,
    draw_examples,
    draw_probes,
    draw_saturation,
    draw_spectra,
    draw_state_gradients,
    name_loop,
)
from elman.report.marks import Mark, marks_for
from elman.report.rows import Row, place_of
from elman.report.summary import show_share
from elman.report.tables import line, note, table

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis

_BEST = 6  # units named in the table
_PROBE_NOTE = (
    "In brackets the share of the unit's variance that lies between the answers (the correlation "
    "ratio). Units suffice that tell at least 95 % of what all tell; the numbers tried are powers "
    "of two."
)
_KEPT_NOTE = (
    "The largest modulus, and how many are at least 0.9: of such a direction a tenth is left after "
    "some twenty steps."
)


def show_network(material: Material) -> list[Section]:
    """Returns the sections about the networks that were looked at, none where there are none."""
    found = material.looked_at()
    if not found:
        return []
    named = name_networks(found)
    return [
        Section(
            "What reaches the first step: the gradient over time",
            f"<p>{escape(tell_place(found))}</p>{_show_gradients(named)}",
        ),
        Section("The states while a sequence is read", _show_examples(named)),
        Section("Which units hold the answer", _show_probe(material, found, named)),
        Section("What is kept: the spectrum of the recurrent Jacobian", _show_spectra(named)),
        Section("Saturation", _show_saturation(named)),
    ]


def name_networks(found: Sequence[tuple[Row, Analysis]]) -> list[tuple[str, Analysis]]:
    """Returns a title for each network: the task and length where they differ, then the series."""
    several = len({place_of(row) for row, _ in found}) > 1
    return [
        (f"{place_of(row)}\n{row.spec.series}" if several else row.spec.series, analysis)
        for row, analysis in found
    ]


def name_row(row: Row, found: Sequence[tuple[Row, Analysis]]) -> str:
    """Returns the same title on one line."""
    several = len({place_of(other) for other, _ in found}) > 1
    return f"{place_of(row)}: {row.spec.series}" if several else row.spec.series


def tell_place(found: Sequence[tuple[Row, Analysis]]) -> str:
    """Says which networks are shown."""
    places = list(dict.fromkeys(place_of(row) for row, _ in found))
    return (
        f"One network of each series is looked at ({'; '.join(places)}), the one whose seed lies "
        "in the middle by its test figure; of more than six the first six."
    )


def _show_gradients(looked: Looked) -> str:
    marks = marks_for(dict.fromkeys(item.state for _, a in looked for item in a.after.gradients))
    figure = show_figure(
        lambda width: draw_state_gradients(looked, marks, width=width),
        "How strongly the loss of a sequence depends on each state at each step: dotted before "
        "training, solid after it. The line is the median over test sequences, the band reaches "
        "from the 10th to the 90th percentile. Where the line falls towards the left, what was "
        f"read there does not teach the network. Below {LOWEST:g} of the largest value everything "
        "lies on the lower edge.",
        _key(marks),
    )
    return figure + _gradient_table(looked)


def _gradient_table(looked: Looked) -> str:
    lines = []
    for title, analysis in looked:
        for before, after in zip(analysis.before.gradients, analysis.after.gradients, strict=True):
            shares = [_share(item.first_to_last) for item in (before, after)]
            lines.append(line([_flat(title), before.state, *shares], figures_from=2))
    head = line(["network", "state", "before", "after"], "th", figures_from=2)
    return table(head, lines) + note(
        "The derivative at the first step as a share of that at the last, medians over sequences: "
        "near 1 nothing is lost on the way, near 0 the gradient vanishes, far above 1 it explodes."
    )


def _flat(title: str) -> str:
    return title.replace("\n", ": ")


def _share(value: float | None) -> str:
    return "none" if value is None else show_share(value)


def _show_examples(looked: Looked) -> str:
    hidden = {analysis.example.left_out for _, analysis in looked}
    left = (
        f" {max(hidden)} further units are not shown." if hidden == {max(hidden)} and max(hidden)
        else " The other units are not shown." if max(hidden) else ""
    )  # fmt: skip
    return show_figure(
        lambda width: draw_examples(looked, width=width),
        "The states after training while the first test sequence is read, one row a unit, in parts "
        "of the largest value that its state has in any unit shown. Units "
        "that hold most of the answer at the last step come first; a row that keeps its colour "
        f"from the first step on is a memory.{left}",
    )


def _show_probe(material: Material, found: Sequence[tuple[Row, Analysis]], looked: Looked) -> str:
    probed = [
        (row, title, analysis)
        for (row, _), (title, analysis) in zip(found, looked, strict=True)
        if analysis.probe is not None
    ]
    if not probed:
        return ""
    figures = []
    for number, place in enumerate(dict.fromkeys(place_of(row) for row, _, _ in probed)):
        mine = [(row, analysis) for row, _, analysis in probed if place_of(row) == place]
        figures.append(_probe_figure(material, mine, f"probes-{number}"))
    lines = [_probe_line(title, analysis) for _, title, analysis in probed]
    head = line(["network", "told by all", "units that suffice", "units that hold most"], "th")
    return "".join([*figures, table(head, lines), note(_PROBE_NOTE)])


def _probe_figure(material: Material, found: Sequence[tuple[Row, Analysis]], name: str) -> str:
    first = found[0][0]
    palindromes = first.spec.task == "palindrome"
    what = "the first digit, which is the answer," if palindromes else "the answer"
    marked = [(analysis, material.marks[row.spec.series]) for row, analysis in found]
    return show_figure(
        lambda width: draw_probes(marked, name=name, width=width),
        f"{place_of(first)}: how often {what} is told by a linear map of the states of the trained "
        "network (linear discriminant analysis, fitted on one half of the test sequences, counted "
        "on the other). Left over the steps, all units together; right at the last step, from the "
        "units that hold most of it alone. The dotted line is guessing.",
        material.legend_of(row for row, _ in found),
    )


def _probe_line(title: str, analysis: Analysis) -> str:
    probe = analysis.probe
    assert probe is not None, "internal: a network without a probe"
    units = [f"{probe.units[u]} ({probe.shares[-1][u]:.2f})" for u in probe.best_units()[:_BEST]]
    return line(
        [
            _flat(title),
            f"{probe.accuracies[-1]:.3f}",
            f"{probe.sufficient} of {len(probe.units)}",
            ", ".join(units),
        ]
    )


def _show_spectra(looked: Looked) -> str:
    if not any(analysis.after.spectra for _, analysis in looked):
        return ""
    marks = marks_for(dict.fromkeys(name_loop(item) for _, a in looked for item in a.after.spectra))
    figure = show_figure(
        lambda width: draw_spectra(looked, marks, width=width),
        "Eigenvalues of the Jacobian of one step by the step before, at the middle of the first "
        "test sequence: hollow before training, filled after it. On the circle a direction is "
        "kept, inside it is forgotten, outside it grows.",
        _key(marks),
    )
    lines = []
    for title, analysis in looked:
        for before, after in zip(analysis.before.spectra, analysis.after.spectra, strict=True):
            cells: list[object] = [_flat(title), name_loop(after), len(after.real)]
            for item in (before, after):
                cells += [f"{item.moduli[0]:.3f}", item.kept]
            lines.append(line(cells, figures_from=2))
    titles = ["network", "loop", "size", "largest before", "kept", "largest after", "kept"]
    return figure + table(line(titles, "th", figures_from=2), lines) + note(_KEPT_NOTE)


def _show_saturation(looked: Looked) -> str:
    if not any(analysis.after.saturation for _, analysis in looked):
        return ""
    marks = marks_for(dict.fromkeys(item.name for _, a in looked for item in a.after.saturation))
    figure = show_figure(
        lambda width: draw_saturation(looked, marks, width=width),
        "Share of the entries of each nonlinearity whose slope is below a tenth of its steepest: "
        "dotted before training, solid after it. Through such an entry hardly any gradient passes."
        + (" Names with the same look belong to different networks." if len(marks) > 6 else ""),
        _key(marks),
    )
    lines = []
    for title, analysis in looked:
        pairs = zip(analysis.before.saturation, analysis.after.saturation, strict=True)
        for before, after in pairs:
            cells = [_flat(title), after.name, after.function]
            cells += [f"{before.share:.1%}", f"{after.share:.1%}", f"{after.slope:.2f}"]
            lines.append(line(cells, figures_from=3))
    titles = ["network", "of", "function", "before", "after", "mean slope after"]
    return f"{figure}{table(line(titles, 'th', figures_from=3), lines)}"


def _key(marks: Mapping[str, Mark]) -> str:
    return draw_legend(marks, dashed=False) if len(marks) > 1 else ""
