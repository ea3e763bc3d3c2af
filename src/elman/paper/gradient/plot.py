"""A plot of how much of a gradient is left after each step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from elman.errors import DataError
from elman.paper.start.jacobians import Flow


def plot_flows(flows: Sequence[Flow], path: str | Path) -> None:
    """Draws the norm of the product of Jacobians over the steps, on a logarithmic scale.

    Args:
        flows: One line for each.
        path: A file that ends in .svg, .png or .pdf.

    Raises:
        DataError: The file has another ending.
    """
    path = Path(path)
    if path.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise DataError(f"cannot draw {path}\n  Name a file that ends in .svg, .png or .pdf.")
    from matplotlib.figure import Figure  # here: it takes half a second

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for flow in flows:
        axes.plot(range(1, len(flow.steps) + 1), flow.products, label=", ".join(flow.loop.states))
    axes.set(xlabel="number of steps", ylabel="norm of the product of Jacobians")
    if any(product > 0 for flow in flows for product in flow.products):
        axes.set_yscale("log")
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
    if flows:
        axes.legend(frameon=False)
    figure.savefig(path)
