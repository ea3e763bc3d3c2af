"""STEP GRAPH -> ADJOINT: derivatives of recurrences, and what must be kept for them."""

from elman.autodiff.adjoint import Adjoint, differentiate
from elman.autodiff.gradients import adjoint_values, backpropagate, gradients

__all__ = ["Adjoint", "adjoint_values", "backpropagate", "differentiate", "gradients"]
