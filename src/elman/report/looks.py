"""The figures of what was found in trained networks, one panel a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from elman.report.figures import NARROW, WIDE
from elman.report.marks import FAINT, INK, PAPER, Mark
from elman.report.panels import (
    AFTER,
    BEFORE,
    draw_panels,
    use_log_scale,
    use_powers_of_two,
    use_whole_numbers,
)
from elman.report.svg import draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from elman.analysis.analyse import Analysis, Snapshot
    from elman.analysis.example import Example
    from elman.analysis.spectrum import Spectrum

Looked = Sequence[tuple[str, "Analysis"]]
LOWEST = 1e-12  # of the largest derivative: what is smaller lies on the edge of the figure


def draw_state_gradients(looked: Looked, marks: Mapping[str, Mark], *, width: float) -> str:
    """Draws |dL/dh_t| over t, before and after training, one line a state."""
    top = max(
        max(item.high) for _, a in looked for s in (a.before, a.after) for item in s.gradients
    )
    least = min(
        (value for _, a in looked for s in (a.before, a.after) for item in s.gradients
         for value in item.low if value > 0), default=1.0,
    )  # fmt: skip
    floor = max(LOWEST * (top or 1.0), least / 3)

    def draw(axes: Axes, place: int) -> None:
        for style, snapshot in _moments(looked[place][1]):
            for item in snapshot.gradients:
                mark = marks[item.state]
                low, middle, high = (
                    [max(value, floor) for value in values]
                    for values in (item.low, item.middle, item.high)
                )
                axes.fill_between(item.steps, low, high, color=mark.stand_in, alpha=0.14, lw=0)
                axes.plot(item.steps, middle, **_line(mark, style, len(middle)))
        use_log_scale(axes)
        use_whole_numbers(axes)
        axes.set_ylim(floor / 3, 3 * (top or 1.0))

    return draw_panels(
        "state-gradients",
        "Norm of the derivative of the loss by each state over the steps, before and after.",
        [title for title, _ in looked],
        draw,
        width=width,
        labels=("step t", "|dL/dh|, median and 10 to 90 %"),
        sharey=True,
    )


def draw_saturation(looked: Looked, marks: Mapping[str, Mark], *, width: float) -> str:
    """Draws the saturated share of each nonlinearity over t, before and after training."""

    def draw(axes: Axes, place: int) -> None:
        for style, snapshot in _moments(looked[place][1]):
            for item in snapshot.saturation:
                look = _line(marks[item.name], style, len(item.steps))
                axes.plot(item.steps, item.shares, **look)
        axes.set_ylim(-0.03, 1.03)
        use_whole_numbers(axes)

    return draw_panels(
        "saturation",
        "Share of saturated entries of each nonlinearity over the steps, before and after.",
        [title for title, _ in looked],
        draw,
        width=width,
        labels=("step t", "share saturated"),
        sharey=True,
    )


def draw_spectra(looked: Looked, marks: Mapping[str, Mark], *, width: float) -> str:
    """Draws the eigenvalues of the recurrent Jacobian in the plane, before and after training."""
    shown = [(title, a) for title, a in looked if a.after.spectra]
    radius = max(
        (modulus for _, a in shown for item in (*a.before.spectra, *a.after.spectra)
         for modulus in item.moduli), default=1.0,
    )  # fmt: skip

    def draw(axes: Axes, place: int) -> None:
        from matplotlib.patches import Circle

        analysis = shown[place][1]
        axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor=INK, linewidth=0.8))
        for after, snapshot in ((False, analysis.before), (True, analysis.after)):
            for item in snapshot.spectra:
                mark = marks[name_loop(item)]
                look: dict[str, Any] = {"linestyle": "none", "markersize": 3.4}
                if after:
                    look |= {"markeredgewidth": 0.3, "markeredgecolor": PAPER}
                    look |= {"color": mark.stand_in}
                else:
                    look |= {"markerfacecolor": "none", "markeredgecolor": FAINT}
                    look |= {"markeredgewidth": 0.7}
                axes.plot(item.real, item.imaginary, mark.marker, **look)
        edge = 1.08 * max(1.0, radius)
        axes.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal")

    return draw_panels(
        "spectra",
        "Eigenvalues of the recurrent Jacobian with the unit circle, before and after training.",
        [title for title, _ in shown],
        draw,
        width=width,
        labels=("real part", "imaginary part"),
        ratio=1.0,
    )


def draw_examples(looked: Looked, *, width: float) -> str:
    """Draws the states while one sequence is read, a row a unit, a column a step."""

    def draw(axes: Axes, place: int) -> None:
        example = looked[place][1].example
        extent = (example.steps[0] - 0.5, example.steps[-1] + 0.5, len(example.units) - 0.5, -0.5)
        image = axes.imshow(
            _in_parts(example), cmap="PuOr", vmin=-1, vmax=1, aspect="auto",
            extent=extent, interpolation="nearest",
        )  # fmt: skip
        places = range(0, len(example.units), max(1, len(example.units) // 5))
        axes.set_yticks(places, [example.units[unit] for unit in places], fontsize=7.5)
        use_whole_numbers(axes)
        axes.grid(visible=False)
        bar = axes.figure.colorbar(image, ax=axes, pad=0.02, aspect=30, ticks=[-1, 0, 1])
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=7.5)

    return draw_panels(
        "examples",
        "The values of units over the steps of one sequence, one row a unit.",
        [f"{title}{_answer(a)}" for title, a in looked],
        draw,
        width=width,
        labels=("step t", "unit"),
        ratio=0.8 if width == WIDE else 0.7,
        columns=2 if width == WIDE else 1,
    )


def _in_parts(example: Example) -> list[list[float]]:
    """The values, each as a part of the largest one of its state."""
    states = [unit.split()[0] for unit in example.units]
    largest: dict[str, float] = {}
    for state, row in zip(states, example.values, strict=True):
        largest[state] = max(largest.get(state, 0.0), *(abs(value) for value in row))
    return [
        [value / (largest[state] or 1.0) for value in row]
        for state, row in zip(states, example.values, strict=True)
    ]


def draw_probes(looked: Sequence[tuple[Analysis, Mark]], *, name: str, width: float) -> str:
    """Draws what a linear map reads from the states: over t, and at the end from few units.

    Args:
        looked: Networks with a probe, of one task and length.
        name: Prefix of identifiers, unique in the page.
        width: `WIDE` or `NARROW`.
    """

    def draw(figure: Figure) -> None:
        over_time, over_units = figure.subplots(*((1, 2) if width == WIDE else (2, 1)), sharey=True)
        classes = 2
        for analysis, mark in looked:
            probe = analysis.probe
            if probe is None:
                continue
            classes = probe.classes
            look: dict[str, Any] = {"color": mark.stand_in, "linestyle": mark.dashes}
            over_time.plot(probe.steps, probe.accuracies, linewidth=1.6, **look)
            over_units.plot(
                probe.counts, probe.accuracies_of_best, marker=mark.marker, markersize=4,
                linewidth=1.2, **look,
            )  # fmt: skip
        for axes in (over_time, over_units):
            axes.axhline(1 / classes, color=INK, linewidth=1, linestyle=(0, (1, 2)))
        over_time.set(title="all units", xlabel="step t", ylim=(-0.03, 1.05))
        over_time.set_ylabel("answers told by a linear map")
        over_units.set(title="the best few units, at the last step", xlabel="number of units")
        use_whole_numbers(over_time)
        use_powers_of_two(over_units)

    size = (width, width * (0.45 if width == WIDE else 1.5))
    description = "How often a linear map of the states tells the answer, over steps and units."
    return draw_svg(f"{name}-{'narrow' if width == NARROW else 'wide'}", description, size, draw)


def name_loop(spectrum: Spectrum) -> str:
    """Returns the name of a loop: the states in it."""
    return ", ".join(spectrum.states)


def _line(mark: Mark, style: Any, points: int) -> dict[str, Any]:
    """The look of a line; after training with some markers, so that it is not colour alone."""
    look: dict[str, Any] = {"color": mark.stand_in, "linestyle": style, "linewidth": 1.5}
    if style == AFTER:
        look |= {"marker": mark.marker, "markersize": 4, "markevery": max(1, points // 5)}
        look |= {"markeredgecolor": PAPER, "markeredgewidth": 0.5}
    return look


def _moments(analysis: Analysis) -> list[tuple[Any, Snapshot]]:
    return [(BEFORE, analysis.before), (AFTER, analysis.after)]


def _answer(analysis: Analysis) -> str:
    return f", answer {analysis.example.answer}" if analysis.example.answer else ""
