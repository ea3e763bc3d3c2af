"""What each change of the training brought: a variant beside the one it is a change of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from elman.report.rows import Metric, Row, Spread, finished, metric_of, place_of, spread

PLAIN = "the whole recipe"  # the variant of which the others are changes
WORSE = 0.05  # of accuracy, from which a change is worth a sentence


@dataclass(frozen=True)
class Gain:
    """One variant, over its seeds.

    Attributes:
        name: Of the variant.
        rows: Its runs.
        metric: Their figure of merit.
        reached: Its spread, or None where no run finished.
        converged: How many runs reached their point of convergence as "solved".
        steps: Median of the steps of those, or None.
        seconds: Median of the seconds of those, or None.
        longest: The lowest over seeds of the longest length mastered, None without a curriculum.
    """

    name: str
    rows: tuple[Row, ...]
    metric: Metric
    reached: Spread | None
    converged: int
    steps: float | None
    seconds: float | None
    longest: int | None


@dataclass(frozen=True)
class Comparison:
    """All variants of one model at one place.

    Attributes:
        place: Task and length.
        cell: Name of the recurrence.
        plain: The variant that the others are compared with.
        others: The others, in the order of the lab.
    """

    place: str
    cell: str
    plain: Gain
    others: tuple[Gain, ...]


def compare_variants(rows: Iterable[Row]) -> list[Comparison]:
    """Returns one comparison for each model and place that has the variant `PLAIN` and others."""
    groups: dict[tuple[str, str, str], dict[str, list[Row]]] = {}
    for row in rows:
        names = groups.setdefault((place_of(row), row.spec.cell, row.spec.equations), {})
        names.setdefault(row.spec.variant, []).append(row)
    return [
        Comparison(
            place,
            cell,
            _gain(PLAIN, variants[PLAIN]),
            tuple(_gain(name, mine) for name, mine in variants.items() if name != PLAIN),
        )
        for (place, cell, _), variants in groups.items()
        if PLAIN in variants and len(variants) > 1
    ]


def _gain(name: str, rows: Sequence[Row]) -> Gain:
    done = [metrics for _, metrics in finished(rows)]
    solved = [metrics for metrics in done if metrics.ending == "solved"]
    mastered = [metrics.mastered for metrics in done if metrics.mastered is not None]
    return Gain(
        name=name,
        rows=tuple(rows),
        metric=metric_of(rows),
        reached=spread([metrics.accuracy for metrics in done]),
        converged=len(solved),
        steps=median([metrics.steps for metrics in solved]) if solved else None,
        seconds=median([metrics.seconds for metrics in solved]) if solved else None,
        longest=min(mastered) if mastered and len(mastered) == len(done) else None,
    )


def tell_gain(plain: Gain, other: Gain) -> str:
    """Says what a change did: to the figure of merit, else to the number of steps.

    Args:
        plain: What it is a change of.
        other: The variant that was changed.
    """
    if plain.reached is None or other.reached is None:
        return "no run finished"
    difference = other.reached.middle - plain.reached.middle
    better = difference > 0 if plain.metric.higher_is_better else difference < 0
    if plain.metric.is_accuracy and abs(difference) >= WORSE:
        return f"accuracy {difference:+.2f}"
    if other.converged < plain.converged:
        return f"solved in {other.converged} of {len(other.rows)} seeds"
    if plain.steps is None or other.steps is None:
        if plain.metric.is_accuracy:
            return "no difference"
        return f"{plain.metric.name} {'better' if better else 'worse'} by {abs(difference):.2g}"
    return f"{other.steps / plain.steps:.2f} × the steps"


def tell_comparison(comparison: Comparison) -> list[str]:
    """Says in words which changes cost accuracy, which cost steps, and which saved some."""
    plain, head = comparison.plain, f"{comparison.place}, {comparison.cell}"
    if plain.reached is None:
        return []
    shown = plain.metric.show(plain.reached.middle)
    steps = "" if plain.steps is None else f", solved after {plain.steps:.0f} steps in the median"
    sentences = [f"{head}: {plain.name} reaches a median {plain.metric.name} of {shown}{steps}."]
    lost, slower, faster = [], [], []
    for other in comparison.others:
        told = tell_gain(plain, other)
        if told.startswith(("accuracy -", "solved in")):
            assert other.reached is not None, "internal: a change without figures was compared"
            lost.append(f"{other.name} ({other.metric.show(other.reached.middle)})")
        elif told.endswith("the steps") and plain.steps and other.steps:
            ratio = other.steps / plain.steps
            if ratio >= 1.1:
                slower.append(f"{other.name} ({ratio:.1f} ×)")
            elif ratio <= 0.9:
                faster.append(f"{other.name} ({ratio:.1f} ×)")
    for words, names in (
        ("These do not reach what it reaches in every seed", lost),
        ("These need more steps for the same", slower),
        ("These need fewer", faster),
    ):
        if names:
            sentences.append(f"{words}: {', '.join(names)}.")
    return sentences
