"""KERNELS -> torch: a recurrence as a module, and how its parameters start."""

from elman.nn.initialization import initialize
from elman.nn.module import RecurrentModule, module
from elman.nn.weights import load

__all__ = ["RecurrentModule", "initialize", "load", "module"]
