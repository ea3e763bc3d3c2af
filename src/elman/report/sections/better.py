"""What was done to make training better, and what each part of it brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from elman.report.blocks import Material, Section, identifier, show_figure, show_list
from elman.report.figures import NARROW, WIDE, shorten
from elman.report.gains import Comparison, Gain, compare_variants, tell_comparison, tell_gain
from elman.report.marks import INK, MARKS, PAPER
from elman.report.models import describe_start
from elman.report.rows import Row, finished, metric_of, series_of, spread_by_length
from elman.report.summary import join_words
from elman.report.svg import draw_svg
from elman.report.tables import line, note, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def show_better(material: Material) -> list[Section]:
    """Returns the section: what was done, and where it was measured what each change brought."""
    comparisons = compare_variants([*material.rows, *material.better])
    parts = [_show_recipe(material)]
    parts += [_show_comparison(item, number) for number, item in enumerate(comparisons)]
    body = "".join(filter(None, parts))
    if body and not comparisons:
        body += (
            "<p>What each of these brings is measured by <code>elman lab better</code>, which "
            "switches one off at a time; where its folder lies beside this one, its result is "
            "shown here when this lab is run again.</p>"
        )
    return [Section("What was done to make it better", body)]


def describe_recipe(training: Mapping[str, Any]) -> list[str]:
    """Says in words what is done beyond plain training, from the settings.

    Args:
        training: Fields of the training configuration.
    """
    told = []
    if training.get("grow_from"):
        told.append(
            f"Lengths grow: training begins at T = {training['grow_from']}; once the running "
            f"accuracy passes {training['grow_metric']:g}, sequences get "
            f"{training['grow_factor']:g} times as long, up to the length that is asked for."
        )
        if training["shorter_share"]:
            told.append(
                f"Shorter ones stay: a share of {training['shorter_share']:g} of the batches has "
                "a length between half of it and all of it, so that nothing is unlearned."
            )
        if training["collapse_metric"] is not None:
            told.append(
                "Collapses are undone: where the accuracy falls, training goes back to the last "
                f"length mastered, at {training['collapse_rate']:g} times the rate."
            )
    if training.get("rate_length"):
        told.append(
            "The rate falls with the length, as min(1, √(L/T)) with "
            f"L = {training['rate_length']}: longer sequences have steeper gradients."
        )
    if training.get("clip_norm"):
        told.append(f"Gradients longer than {training['clip_norm']:g} are scaled down to that.")
    if training.get("clip_value"):
        told.append(f"Entries of gradients are bounded by {training['clip_value']:g}.")
    if training.get("warmup_steps"):
        told.append(f"The rate rises over the first {training['warmup_steps']} steps.")
    if training.get("window"):
        told.append(f"Gradients look back over {training['window']} steps only.")
    return told


def _show_recipe(material: Material) -> str:
    """The recipe of the first run that has a curriculum, with its start."""
    row = next((row for row in material.rows if row.spec.training.get("grow_from")), None)
    if row is None:
        return ""
    told = [f"The start: {describe_start(row.spec.init)}.", *describe_recipe(row.spec.training)]
    head = f"Beyond plain training, runs of {row.spec.series} have:"
    return f"<p>{escape(head)}</p>{show_list(told)}{_tell_plain(material.rows, row)}"


def _tell_plain(rows: Sequence[Row], recipe: Row) -> str:
    """What the same recurrence does without a curriculum and with another start, over lengths."""
    groups = series_of(row for row in rows if row.spec.length is not None)
    ours = spread_by_length(groups.get(recipe.spec.series, []), "accuracy")
    told = []
    for series, mine in groups.items():
        spec = mine[0].spec
        theirs = spread_by_length(mine, "accuracy")
        lengths = [length for length in theirs if length in ours]
        if spec.equations != recipe.spec.equations or spec.training.get("grow_from") or not lengths:
            continue
        metric = metric_of(mine)
        without = join_words(metric.show(theirs[length].middle) for length in lengths)
        with_it = join_words(metric.show(ours[length].middle) for length in lengths)
        told.append(
            f"Without them ({series}) the median {metric.name} at "
            f"T = {join_words(str(length) for length in lengths)} is {without}; with all of them "
            f"it is {with_it}."
        )
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in told)


def _show_comparison(comparison: Comparison, number: int) -> str:
    place = f"{comparison.place}, {comparison.cell}"
    gains = [comparison.plain, *comparison.others]
    figure = show_figure(
        lambda width: _draw(gains, f"better-{identifier(str(number))}", width),
        f"{place}: test {comparison.plain.metric.name} and training steps of each seed. A filled "
        "mark is a run that was solved, a hollow one a run that was not; the grey lines are the "
        f"medians of {comparison.plain.name}.",
    )
    told = show_list(tell_comparison(comparison))
    return f"<h3>{escape(place)}</h3>{told}{figure}{_table(gains)}"


def _table(gains: list[Gain]) -> str:
    lines = []
    for gain in gains:
        reached = "none" if gain.reached is None else gain.metric.show(gain.reached.middle)
        extent = "" if gain.reached is None else " to ".join(
            dict.fromkeys([gain.metric.show(gain.reached.low), gain.metric.show(gain.reached.high)])
        )  # fmt: skip
        change = "" if gain is gains[0] else tell_gain(gains[0], gain)
        cells: list[object] = [gain.name, reached, extent, f"{gain.converged} of {len(gain.rows)}"]
        cells += ["" if gain.steps is None else f"{gain.steps:.0f}"]
        cells += ["" if gain.seconds is None else f"{gain.seconds:.1f}"]
        cells += ["" if gain.longest is None else gain.longest, change]
        lines.append(line(cells, figures_from=1))
    titles = [
        "variant", gains[0].metric.name, "lowest to highest", "solved", "steps", "seconds",
        "length mastered", "against the first",
    ]  # fmt: skip
    return table(line(titles, "th", figures_from=1), lines) + note(
        "Medians over seeds; steps and seconds of the runs that were solved. The length mastered "
        "is the lowest over seeds of the longest one that the curriculum left behind it."
    )


def _draw(gains: list[Gain], name: str, width: float) -> str:
    mark = MARKS[0]

    def points(axes: Axes, figure: Any) -> None:
        for place, gain in enumerate(gains):
            for _, metrics in finished(gain.rows):
                solved = metrics.ending == "solved"
                axes.plot(
                    [figure(metrics)], [-place], mark.marker, markersize=5.5, clip_on=False,
                    markerfacecolor=mark.stand_in if solved else PAPER,
                    markeredgecolor=mark.stand_in, markeredgewidth=1.1,
                )  # fmt: skip

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        points(left, lambda metrics: metrics.accuracy)
        points(right, lambda metrics: metrics.steps)
        limit = 26 if width == WIDE else 18
        left.set_yticks([-place for place in range(len(gains))],
                        [shorten(gain.name, limit) for gain in gains])  # fmt: skip
        left.set(xlabel=f"test {gains[0].metric.name}", ylim=(-len(gains) + 0.4, 0.6))
        right.set(xlabel="training steps", xlim=(0, None))
        if gains[0].metric.is_accuracy:
            left.set_xlim(-0.03, 1.03)
        if gains[0].reached is not None:
            left.axvline(gains[0].reached.middle, color=INK, linewidth=1, alpha=0.4)
        if gains[0].steps is not None:
            right.axvline(gains[0].steps, color=INK, linewidth=1, alpha=0.4)
        for axes in (left, right):
            axes.spines["left"].set_visible(False)
            axes.tick_params(left=False)

    size = (width, 0.7 + 0.3 * len(gains))
    suffix = "narrow" if width == NARROW else "wide"
    description = "Test figure and training steps of each seed, one line for each variant."
    return draw_svg(f"{name}-{suffix}", description, size, draw)
