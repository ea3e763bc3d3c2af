"""STEP GRAPH -> ADJOINT: derivatives of recurrences, and what must be kept for them."""

from typing import TYPE_CHECKING, Any

from elman.autodiff.adjoint import Adjoint, differentiate

if TYPE_CHECKING:
    from elman.autodiff.backpropagation import adjoint_values, backpropagate, gradients

__all__ = ["Adjoint", "adjoint_values", "backpropagate", "differentiate", "gradients"]


def __getattr__(name: str) -> Any:
    # Gradients as numbers are imported when they are asked for: the others need no NumPy.
    if name in ("adjoint_values", "backpropagate", "gradients"):
        from elman.autodiff import backpropagation

        return getattr(backpropagation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
