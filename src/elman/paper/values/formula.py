"""Writes what a node computes, at a step, in the user's names: `a x_1 + b h_0`."""

from __future__ import annotations

import re

from elman.equations.names import NameStyle, write_name
from elman.equations.printer import write_number
from elman.equations.syntax import Index
from elman.ir import Node, Recurrence, StepGraph

_SUM, _TERM, _CHAIN, _ATOM = 1, 2, 3, 4
_BRACED_STEP = re.compile(r"_\{(\d+)\}$")  # k_16 reads as well as k_{16}
_SIGNS = {"add": "+", "subtract": "-"}
_WORDS = {"minimum": "min", "maximum": "max"}


class FormulaWriter:
    """Writes nodes as formulas in which named nodes appear by name.

    Args:
        recurrence: Whose names are used.
        graph: The typed graph that the nodes belong to.
    """

    def __init__(self, recurrence: Recurrence, graph: StepGraph) -> None:
        timed = frozenset([*graph.inputs, *graph.definitions])
        everything = timed.union(graph.parameters, graph.derived, graph.totals)
        self._style = NameStyle(False, timed, everything)
        self._timed = timed
        self._names = graph.names_of()
        self.recurrence = recurrence

    def name(self, key: str, step: int | None) -> str:
        """Writes a name, at a step where it has time; `t` where no step is given."""
        if key not in self._timed:
            return write_name(key, None, self._style)
        if step is None:
            return write_name(key, Index("t"), self._style)
        return _BRACED_STEP.sub(r"_\1", write_name(key, Index(None, step), self._style))

    def formula(self, node: Node, step: int | None) -> str:
        """Writes what a node is computed from, one operation of named parts deep or deeper."""
        return self._node(node, step)[0]

    def label(self, node: Node, step: int | None) -> str:
        """Writes a node by its name, or by its formula where it has none."""
        return self._write(node, step, 0)

    def _write(self, node: Node, step: int | None, place: int) -> str:
        names = self._names.get(node.number)
        if names:
            return self.name(names[0], step)
        text, strength = self._node(node, step)
        return f"({text})" if strength < place else text

    def _node(self, node: Node, step: int | None) -> tuple[str, int]:
        """Returns the text of a node and how tightly it holds together."""
        if not node.args:
            return self._leaf(node, step), _ATOM
        op, args = node.op, node.args
        if op in _SIGNS:
            right = self._write(args[1], step, _TERM)
            return f"{self._write(args[0], step, _SUM)} {_SIGNS[op]} {right}", _SUM
        if op == "negate":
            return f"-{self._write(args[0], step, _CHAIN)}", _TERM
        if op in ("multiply", "matmul", "dot", "outer"):
            return self._product(node, step)
        if op == "divide":
            return (
                f"{self._write(args[0], step, _CHAIN)} / {self._write(args[1], step, _ATOM)}",
                _TERM,
            )
        if op == "power":
            return f"{self._write(args[0], step, _ATOM)}^{self._write(args[1], step, _ATOM)}", _ATOM
        if op == "transpose":
            return f"{self._write(args[0], step, _ATOM)}^T", _ATOM
        inside = ", ".join(self._write(arg, step, 0) for arg in args)
        if op == "over_time":
            return f"{node.key} over t of {self._write(args[0], None, _ATOM)}", _TERM
        if op == "concat":
            return f"[{inside}]", _ATOM
        if op == "abs":
            return f"|{inside}|", _ATOM
        return f"{_WORDS.get(op, op)}({inside})", _ATOM

    def _product(self, node: Node, step: int | None) -> tuple[str, int]:
        left, right = (self._write(arg, step, _CHAIN) for arg in node.args)
        left_node, right_node = node.args
        if node.op == "dot":
            left += "^T"
        elif node.op == "outer":
            right += "^T"
        elementwise = node.op == "multiply" and left_node.shape and right_node.shape
        if elementwise or right_node.op == "number" or right.startswith("("):
            return f"{left} * {right}", _TERM
        return f"{left} {right}", _CHAIN

    def _leaf(self, node: Node, step: int | None) -> str:
        if node.op == "number":
            return write_number(node.value)
        if node.op == "steps":
            return "T"
        if node.op == "parameter":
            return self.name(node.key, None)
        if step is None:
            return write_name(node.key, Index("t", -node.lag), self._style)
        return self.name(node.key, step - node.lag)
