"""What the figures say, in words: every sentence is made from the rows by a rule stated here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING

from elman.lab.record import CRASHED, FAILED
from elman.report.rows import (
    MISSING,
    Row,
    at_length,
    finished,
    lengths_of,
    metric_of,
    place_of,
    series_of,
    spread,
    spread_by_length,
    with_lengths,
    without_lengths,
)

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis

SOLVED = 0.99  # an accuracy from which a length counts as solved
NEAR_CHANCE = 0.05  # within this of chance, nothing was learned
A_DIFFERENCE = 0.05  # between two medians that is worth a sentence


def summarise(rows: Sequence[Row], analyses: Mapping[str, Analysis] | None = None) -> list[str]:
    """Returns the findings, one sentence or two each, in the order of a report.

    Args:
        rows: All runs of a lab; those that failed or are missing are counted and otherwise left
            out.
        analyses: What was found in some of the trained networks, by the keys of their runs.
    """
    sentences = [count_runs(rows)]
    chosen = with_lengths(rows)
    for task in dict.fromkeys(row.spec.task for row in chosen):
        mine = [row for row in chosen if row.spec.task == task]
        sentences += [tell_reach(series, members) for series, members in series_of(mine).items()]
        sentences += compare_starts(mine)
        sentences += tell_times(mine)
    sentences.append(tell_plateaus(rows))
    given = without_lengths(rows)
    for task in sorted({row.spec.task for row in given}):
        sentences += tell_task(task, [row for row in given if row.spec.task == task])
    sentences += tell_networks(
        [
            (row, analyses[row.record.key])
            for row in rows
            if analyses and row.record is not None and row.record.key in analyses
        ]
    )
    return [sentence for sentence in sentences if sentence]


def count_runs(rows: Sequence[Row]) -> str:
    """Says how many runs ended and how."""
    counts = {
        "finished": len(finished(rows)),
        "failed": sum(row.status in (FAILED, CRASHED) for row in rows),
        "missing": sum(row.status == MISSING for row in rows),
    }
    if counts["finished"] == len(rows):
        return f"All {len(rows)} runs finished."
    parts = [f"{count} {word}" for word, count in counts.items() if count or word == "finished"]
    return f"Of {len(rows)} runs, {join_words(parts)}; what follows is about those that finished."


def tell_reach(series: str, rows: Sequence[Row]) -> str:
    """Says up to which length a series is solved by every seed, and what it does beyond."""
    spreads = spread_by_length(rows, "accuracy")
    if not spreads:
        return f"{series}: no run finished."
    metric = metric_of(rows)
    if not metric.is_accuracy:
        figures = (
            f"{metric.show(item.middle)} at T = {length}" for length, item in spreads.items()
        )
        return f"{series}: a median {metric.name} of {join_words(figures)}."
    chance = max(metrics.chance for _, metrics in finished(rows))
    solved = [length for length, item in spreads.items() if item.low >= SOLVED]
    unsolved = [length for length in spreads if length not in solved]
    tested = "" if len(spreads) == 1 else "every length tested, "
    if not unsolved:
        return (
            f"{series}: at least {SOLVED} in every seed at {tested}"
            f"{_between(min(spreads), max(spreads))}."
        )
    first, final = min(unsolved), max(unsolved)
    reach = [length for length in solved if length < first]
    begin = f"{series}: at least {SOLVED} in every seed up to T = {max(reach)}" if reach else (
        f"{series}: {SOLVED} is not reached by every seed{' even' * bool(tested)} at T = {first}"
    )  # fmt: skip
    last = spreads[final]
    place = "" if first == final and not reach else f"at T = {final} "
    places = f"{place}the median is {last.middle:.2f}"
    extent = _range(last.low, last.high, ".2f")
    if "to" in extent:
        places += f" ({extent})"
    if last.middle - chance <= NEAR_CHANCE:
        places += f", hardly better than chance ({chance:.2g})"
    return f"{begin}; {places}."


def compare_starts(rows: Sequence[Row]) -> list[str]:
    """Compares series with the same equations, where only the start differs."""
    sentences = []
    groups = list(series_of(rows).values())
    for first, second in combinations(groups, 2):
        if _differs_otherwise(first[0], second[0]) or not metric_of(first).is_accuracy:
            continue
        one, two = spread_by_length(first, "accuracy"), spread_by_length(second, "accuracy")
        shared = sorted(set(one) & set(two))
        if not shared:
            continue
        length = max(shared, key=lambda place: abs(one[place].middle - two[place].middle))
        sentences.append(
            _compare(first[0], second[0], length, one[length].middle, two[length].middle)
        )
    return sentences


def _differs_otherwise(first: Row, second: Row) -> bool:
    """Whether two series differ in more than their start."""
    one, two = first.spec, second.spec
    return one.equations != two.equations or one.variant != two.variant or one.init == two.init


def _compare(first: Row, second: Row, length: int, one: float, two: float) -> str:
    pair = f"the starts {first.spec.start} and {second.spec.start}"
    if abs(one - two) < A_DIFFERENCE:
        return (
            f"{first.spec.cell}: between {pair} the median accuracy differs by less than "
            f"{A_DIFFERENCE} at every length."
        )
    (better, high), (worse, low) = sorted(
        [(first.spec.start, one), (second.spec.start, two)], key=lambda item: -item[1]
    )
    alike = first.spec.training == second.spec.training
    same = "the same equations and the same training" if alike else "the same equations"
    return (
        f"{first.spec.cell}: with {same}, the start {'alone ' if alike else ''}moves the median "
        f"accuracy at T = {length} from {low:.2f} ({worse}) to {high:.2f} ({better})."
    )


def tell_plateaus(rows: Sequence[Row]) -> str:
    """Says how many runs ended where only groups of classes are told apart."""
    count = sum(metrics.groups_told for _, metrics in finished(rows))
    if not count:
        return ""
    return (
        f"{count} run{'s' if count > 1 else ''} ended on a plateau of k/C, where k groups of the C "
        "classes are told apart and one class of each is named; the groups are listed under "
        "Plateaus."
    )


def tell_times(rows: Sequence[Row]) -> list[str]:
    """Says how long runs took, and how the time of a step grows with the length."""
    lengths = [length for length in lengths_of(rows) if finished(at_length(rows, length))]
    if not lengths:
        return []
    shortest, longest = lengths[0], lengths[-1]
    parts = []
    for series, members in series_of(at_length(rows, longest)).items():
        done = [metrics for _, metrics in finished(members)]
        if done:
            seconds = median(metrics.seconds for metrics in done)
            steps = median(metrics.steps for metrics in done)
            parts.append(f"{seconds:.1f} s and {steps:.0f} steps ({series})")
    sentences = [f"A run at T = {longest} took in the median {join_words(parts)}."]
    if longest > shortest:
        sentences.append(_tell_growth(rows, shortest, longest))
    return sentences


def _tell_growth(rows: Sequence[Row], shortest: int, longest: int) -> str:
    ratios = []
    for members in series_of(rows).values():
        times = spread_by_length(members, "milliseconds_a_step")
        if shortest in times and longest in times:
            ratios.append(times[longest].middle / times[shortest].middle)
    if not ratios:
        return ""
    growth = _range(min(ratios), max(ratios), ".1f")
    return (
        f"From T = {shortest} to T = {longest}, {longest / shortest:.3g} times as long, one "
        f"training step takes {growth} times as long."
    )


def tell_task(task: str, rows: Sequence[Row]) -> list[str]:
    """Says what each series reaches on a task whose length is given."""
    sentences = []
    for series, members in series_of(rows).items():
        done = finished(members)
        found = spread([metrics.accuracy for _, metrics in done])
        if found is None:
            sentences.append(f"{task}, {series}: no run finished.")
            continue
        metric = metric_of(members)
        reach = " to ".join(dict.fromkeys([metric.show(found.low), metric.show(found.high)]))
        sentences.append(
            f"{task}, {series}: a test {metric.name} of {reach} "
            f"on {done[0][1].test_size} sequences held out "
            f"({len(done)} seed{'s' if len(done) > 1 else ''})."
        )
    return sentences


def tell_networks(looked: Sequence[tuple[Row, Analysis]]) -> list[str]:
    """Says how far the gradient reaches in the networks, and how many units hold the answer.

    Those of tasks whose length is chosen are told; all, where there are no such tasks.

    Args:
        looked: Runs whose networks were looked at.
    """
    chosen = [pair for pair in looked if pair[0].spec.length is not None] or list(looked)
    sentences = []
    for place in dict.fromkeys(place_of(row) for row, _ in chosen):
        mine = [(row, analysis) for row, analysis in chosen if place_of(row) == place]
        reach = [told for row, analysis in mine if (told := _tell_gradient(row, analysis))]
        if reach:
            sentences.append(
                f"{place}: the derivative of the loss by the first state is, as a share of that "
                f"by the last, {'; '.join(reach)}."
            )
        held = [told for row, analysis in mine if (told := _tell_probe(row, analysis))]
        if held:
            sentences.append(f"{place}: from the last states a linear map tells {'; '.join(held)}.")
    return sentences


def _tell_gradient(row: Row, analysis: Analysis) -> str:
    pairs = zip(analysis.before.gradients, analysis.after.gradients, strict=True)
    both = [
        (a.first_to_last, b.first_to_last)
        for a, b in pairs
        if a.first_to_last is not None and b.first_to_last is not None
    ]
    if not both:
        return ""
    before, after = max(both, key=lambda pair: pair[1])
    moments = f"{show_share(before)} before training and {show_share(after)} after it"
    return f"{moments} ({row.spec.series})"


def _tell_probe(row: Row, analysis: Analysis) -> str:
    probe = analysis.probe
    if probe is None:
        return ""
    told = f"{probe.accuracies[-1]:.0%} of the answers"
    if probe.accuracies[-1] - 1 / probe.classes > NEAR_CHANCE:
        told += f", from {probe.sufficient} of {len(probe.units)} units nearly as many"
    return f"{told} ({row.spec.series})"


def show_share(value: float) -> str:
    """Returns a number with two digits that count.

    >>> show_share(243.0), show_share(0.00123)
    ('240', '0.0012')
    """
    return f"{float(f'{value:.2g}'):g}"


def join_words(parts: Iterable[str]) -> str:
    """Returns parts as a list in words.

    >>> join_words(["one", "two", "three"])
    'one, two and three'
    """
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _between(low: int, high: int) -> str:
    return f"T = {low}" if low == high else f"T = {low} to {high}"


def _range(low: float, high: float, form: str) -> str:
    one, two = format(low, form), format(high, form)
    return one if one == two else f"{one} to {two}"
