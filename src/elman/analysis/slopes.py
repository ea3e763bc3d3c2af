"""How much of each nonlinearity is saturated, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elman.analysis.gradients import round_digits
from elman.analysis.network import Network
from elman.analysis.thinning import choose_steps, entries_of, first_sequences
from elman.autodiff.naming import NameBook
from elman.ir import Node
from elman.paper.start.saturation import SATURATED_BELOW, relative_slopes
from elman.tasks.base import Batch

_ROOM = 12_000_000
_MOST = 64
_POINTS = 100


@dataclass(frozen=True)
class Saturated:
    """One nonlinearity over the steps of some sequences.

    Attributes:
        function: Such as "tanh".
        name: What it computes, or what it is applied to: "f", "tanh(c)".
        steps: From 1.
        shares: At each step the share of its entries whose slope is below a tenth of the steepest.
        slope: Mean slope over entries, sequences and steps, as a share of the steepest.
    """

    function: str
    name: str
    steps: tuple[int, ...]
    shares: tuple[float, ...]
    slope: float

    @property
    def share(self) -> float:
        """The mean share over the steps."""
        return sum(self.shares) / len(self.shares) if self.shares else 0.0


def measure_saturated(network: Network, batch: Batch) -> tuple[Saturated, ...]:
    """Returns how much of every nonlinearity is saturated.

    Args:
        network: The network.
        batch: Sequences; the first of them are taken, as many as memory allows.
    """
    few = first_sequences(batch, entries_of(network.graph), _ROOM, _MOST)
    evaluation = network.run(few.inputs)
    names = NameBook(network.graph)
    found = []
    for node, slopes in relative_slopes(network.graph, evaluation):
        steps = choose_steps(len(slopes), _POINTS)
        shares = [float(np.mean(slopes[step - 1] < SATURATED_BELOW)) for step in steps]
        found.append(
            Saturated(
                function=node.op,
                name=_name(node, network, names),
                steps=tuple(steps),
                shares=tuple(round_digits(share) for share in shares),
                slope=round_digits(float(np.mean(slopes))),
            )
        )
    return tuple(found)


def _name(node: Node, network: Network, names: NameBook) -> str:
    """The user's name of the result, else the function of the user's name of its argument."""
    known = network.graph.names_of()
    if node.number in known:
        return known[node.number][0]
    argument = node.args[0].number
    if argument in known:
        return f"{node.op}({known[argument][0]})"
    return names.name(node)
