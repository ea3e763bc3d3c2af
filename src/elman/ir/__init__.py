"""SYNTAX -> STEP GRAPH: names find their roles and shapes, and a step becomes a graph."""

from elman.ir.evaluate import Evaluation, evaluate
from elman.ir.graph import Dim, Node, Shape, StepGraph, print_graph
from elman.ir.recurrence import Recurrence, parse

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
