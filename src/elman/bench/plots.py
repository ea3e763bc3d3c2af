"""The plots of the page of performance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from elman.bench.case import Case
from elman.bench.first_call import CACHED
from elman.bench.records import Summary

_COLORS = {
    "elman": "#0072b2",
    "torch.nn": "#d55e00",
    "loop": "#999999",
    "torch.compile": "#cc79a7",
    "jax": "#009e73",
    CACHED: "#56b4e9",
}
# What varies, where the others stay.
_SWEEPS: dict[str, tuple[Callable[[Case], int], tuple[int, int, int]]] = {
    "steps T": (lambda case: case.steps, (0, 32, 128)),
    "batch B": (lambda case: case.batch, (100, 0, 128)),
    "hidden units H": (lambda case: case.hidden, (100, 32, 0)),
}


def plot_sweep(summaries: Sequence[Summary], path: Path) -> bool:
    """Draws the time of a train step against T, B and H, a row for each cell.

    Returns:
        Whether there was a line to draw.
    """
    cells = list(dict.fromkeys(summary.case.cell for summary in summaries))
    counts = [
        sum(_matches(summary.case, fixed) for summary in summaries) for _, fixed in _SWEEPS.values()
    ]
    if max(counts) <= len(cells):  # a point for each
        return False
    canvas = Canvas(figsize=(10, 3.2 * len(cells)), layout="constrained")
    axes = canvas.subplots(len(cells), len(_SWEEPS), squeeze=False)
    for cell, line in zip(cells, axes, strict=True):
        own = [summary for summary in summaries if summary.case.cell == cell]
        for (label, (read, fixed)), ax in zip(_SWEEPS.items(), line, strict=True):
            chosen = [summary for summary in own if _matches(summary.case, fixed)]
            _lines(ax, chosen, read, 1e3)
            ax.set(xlabel=label, xscale="log", yscale="log")
        line[0].set_ylabel(f"{cell}: milliseconds")
    axes[0][0].legend(frameon=False)
    _save(canvas, path)
    return True


def _matches(case: Case, fixed: tuple[int, int, int]) -> bool:
    found = (case.steps, case.batch, case.hidden)
    return all(wanted in (0, given) for wanted, given in zip(fixed, found, strict=True))


def _lines(
    ax: Axes, summaries: Sequence[Summary], read: Callable[[Case], int], factor: float
) -> None:
    for name, color in _COLORS.items():
        points = sorted(
            (read(summary.case), factor * summary.seconds[name].value)
            for summary in summaries
            if name in summary.seconds
        )
        if points:
            ax.plot(*zip(*points, strict=True), "o-", markersize=3, color=color, label=name)


def plot_compiling(summaries: Sequence[Summary], path: Path) -> bool:
    """Draws the seconds before the first result of an LSTM against its steps.

    Returns:
        Whether there were at least two lengths to draw.
    """
    chosen = [s for s in summaries if (s.case.cell, s.case.batch) == ("lstm", 128)]
    if len(chosen) < 2:
        return False
    canvas = Canvas(figsize=(5, 3.2), layout="constrained")
    ax = canvas.subplots()
    _lines(ax, chosen, lambda case: case.steps, 1.0)
    ax.set(xlabel="steps T", ylabel="LSTM: seconds before the first result", yscale="log")
    canvas.legend(loc="outside upper center", ncols=2, frameon=False)
    _save(canvas, path)
    return True


def plot_ratios(summaries: Sequence[Summary], path: Path) -> bool:
    """Draws how many times longer peers take than elman, a group of bars for each row.

    Returns:
        Whether there was anything to draw.
    """
    if not summaries:
        return False
    names = [name for name in _COLORS if any(name in each.ratios for each in summaries)]
    height = 0.8 / max(1, len(names))
    canvas = Canvas(figsize=(7.5, 0.6 * len(summaries) + 1), layout="constrained")
    ax = canvas.subplots()
    for number, name in enumerate(names):
        rows = [row for row, each in enumerate(summaries) if name in each.ratios]
        values = [summaries[row].ratios[name].value for row in rows]
        places = [row + height * (number - (len(names) - 1) / 2) for row in rows]
        bars = ax.barh(places, values, height=height, color=_COLORS[name], label=name)
        ax.bar_label(bars, fmt="%.3g", padding=2, fontsize=7)
    ax.axvline(1, color="black", linewidth=0.8)
    ax.set_yticks(range(len(summaries)))
    ax.set_yticklabels([f"{each.case.cell} {each.case.shape}" for each in summaries], fontsize=8)
    ax.set(xlabel="time over the time of elman", xscale="log")
    ax.invert_yaxis()
    ax.legend(frameon=False, fontsize=8)
    _save(canvas, path)
    return True


def _save(canvas: Canvas, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without a date and with a fixed salt, the same records give the same file.
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "elman"}):
        canvas.savefig(path, metadata={"Date": None})
