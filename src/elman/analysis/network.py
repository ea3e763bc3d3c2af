"""A trained module as the interpreter takes it: graph, parameters, inputs, in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.ir import Evaluation, Recurrence, StepGraph, evaluate

if TYPE_CHECKING:
    from torch import Tensor

    from elman.nn.module import RecurrentModule

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """A recurrence with its parameters.

    Attributes:
        recurrence: The equations.
        graph: Their typed graph.
        parameters: By name.
    """

    recurrence: Recurrence
    graph: StepGraph
    parameters: dict[str, Array]

    @property
    def input(self) -> str:
        """The name of its one input."""
        return self.recurrence.inputs[0]

    @property
    def output(self) -> str:
        """The name of its one output."""
        return self.recurrence.outputs[0]

    @property
    def states(self) -> tuple[str, ...]:
        """The names of its states."""
        return self.recurrence.states

    def run(self, inputs: Tensor) -> Evaluation:
        """Evaluates it, every operation kept.

        Shapes: inputs [T, B, I], or [T, I] for one sequence.
        """
        values = {**self.parameters, self.input: inputs.double().cpu().numpy()}
        return evaluate(self.graph, values)


def read_network(module: RecurrentModule) -> Network:
    """Returns the recurrence of a module with copies of its parameters.

    Args:
        module: One with one input and one output, as tasks need it.
    """
    given = {
        name: value.detach().double().cpu().numpy().copy()
        for name, value in module.named_parameters()
    }
    recurrence = module.recurrence
    parameters = dict(given)
    for first, *others in recurrence.shared:
        parameters.update(dict.fromkeys(others, given[first]))
    return Network(recurrence, recurrence.typed(module.sizes), parameters)
