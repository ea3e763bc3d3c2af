"""SYNTAX -> STEP GRAPH: names find their roles and shapes, and a step becomes a graph."""

from typing import TYPE_CHECKING, Any

from elman.ir.graph import Dim, Node, Shape, StepGraph, print_graph
from elman.ir.recurrence import Recurrence, parse

if TYPE_CHECKING:
    from elman.ir.interpreter import Evaluation, evaluate

__all__ = [
    "Dim",
    "Evaluation",
    "Node",
    "Recurrence",
    "Shape",
    "StepGraph",
    "evaluate",
    "parse",
    "print_graph",
]


def __getattr__(name: str) -> Any:
    # The interpreter is imported when it is asked for: what computes nothing needs no NumPy.
    if name in ("Evaluation", "evaluate"):
        from elman.ir import interpreter

        return getattr(interpreter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
