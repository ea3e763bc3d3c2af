"""The eigenvalues of the recurrent Jacobian: how a change of the states goes on in one step.

A direction whose eigenvalue has a modulus near 1 is kept; one near 0 is forgotten at once. A
network that remembers needs some of the former, and none far above 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits
from torch import Tensor

from elman.analysis.gradients import round_digits
from elman.analysis.network import Network
from elman.autodiff import differentiate
from elman.paper.start.jacobians import LARGEST, Loop, find_loops, size_of, step_jacobian

KEPT = 0.9  # a modulus from which a tenth is left after some twenty steps


@dataclass(frozen=True)
class Spectrum:
    """The eigenvalues of the Jacobian of one loop at one step.

    Attributes:
        states: The states of the loop.
        step: The step, counted from 1.
        real: Real parts, the largest modulus first.
        imaginary: Imaginary parts.
        largest_growth: The largest singular value: by how much a change grows at most.
    """

    states: tuple[str, ...]
    step: int
    real: tuple[float, ...]
    imaginary: tuple[float, ...]
    largest_growth: float

    @property
    def moduli(self) -> tuple[float, ...]:
        """How far each eigenvalue is from zero, the largest first."""
        return tuple(abs(complex(a, b)) for a, b in zip(self.real, self.imaginary, strict=True))

    @property
    def kept(self) -> int:
        """Number of eigenvalues whose modulus is at least `KEPT`."""
        return sum(modulus >= KEPT for modulus in self.moduli)


def measure_spectra(network: Network, sequence: Tensor) -> tuple[Spectrum, ...]:
    """Returns the spectrum of each loop at the middle step; loops too large are left out.

    Args:
        network: The network.
        sequence: What it reads, [T, I].
    """
    evaluation = network.run(sequence)
    step = (evaluation.steps + 1) // 2
    found = []
    for loop in find_loops(network.recurrence, network.graph):
        if step and _entries(network, loop) <= LARGEST:
            adjoint = differentiate(network.graph, outputs=loop.states, wrt=loop.states)
            with threadpool_limits(limits=1, user_api="blas"):
                jacobian = step_jacobian(adjoint, evaluation, loop, step)
                values = np.linalg.eigvals(jacobian)
                growth = float(np.linalg.norm(jacobian, 2))
            values = values[np.argsort(-np.abs(values), kind="stable")]
            found.append(
                Spectrum(
                    states=loop.states,
                    step=step,
                    real=tuple(round_digits(value, 4) for value in values.real),
                    imaginary=tuple(round_digits(value, 4) for value in values.imag),
                    largest_growth=round_digits(growth),
                )
            )
    return tuple(found)


def _entries(network: Network, loop: Loop) -> int:
    return loop.order * sum(size_of(network.graph, state) for state in loop.states)
