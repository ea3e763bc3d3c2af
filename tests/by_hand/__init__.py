"""The corpus once more, each text as a NumPy function written by hand from the same source.

A function has the name of its text and takes the values `p`: parameters as attributes, inputs as
sequences with `p.x[t]` at step t (`p.x[0]`, and what lies before and after, is zero), and
`p.T`. It returns sequences whose steps 1 to T count, and numbers for totals.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np


class Values:
    """Values of a recurrence as attributes; `zeros(n)` makes a sequence to be filled."""

    def __init__(self, parameters: dict, inputs: dict, steps: int) -> None:
        self.T = steps
        self._values = dict(parameters)
        for key, sequence in inputs.items():
            padded = np.zeros((steps + 12, *sequence.shape[1:]))
            padded[1 : steps + 1] = sequence
            self._values[key] = padded  # p.x[-1] is zero too

    def __getattr__(self, key: str) -> np.ndarray:
        if key not in self._values:
            raise AttributeError(key)
        return self._values[key]

    def zeros(self, *shape: int) -> np.ndarray:
        """A sequence of zeros with room before step 1 and after step T."""
        return np.zeros((self.T + 12, *shape))

    def steps(self) -> range:
        """The steps 1 to T."""
        return range(1, self.T + 1)


def sigmoid(x):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def relu(x):
    """The positive part."""
    return np.maximum(x, 0.0)


def softmax(x):
    """Exponentials that sum to 1."""
    return np.exp(x) / np.sum(np.exp(x))


def functions(*modules: ModuleType) -> dict:
    """Returns the functions that some modules define, by name."""
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
    }
