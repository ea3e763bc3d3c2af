r"""What stands in the boxes of a drawing, in LaTeX: `W h`, `+`, `\tanh`, `1 - z`."""

from __future__ import annotations

from elman.equations.names import NameStyle, split_key, write_name
from elman.equations.printer import write_number
from elman.equations.syntax import Index
from elman.ir.graph import Node, StepGraph
from elman.paper.drawing.items import is_number

_ANY = r"\cdot"  # an operand without a name
_NAMED_FUNCTIONS = {"tanh", "exp", "log", "sin", "cos", "min", "max"}
_WORDS = {
    "leaky_relu": "leaky relu", "hard_sigmoid": "hard sigmoid", "layernorm": "layer norm",
    "minimum": "min", "maximum": "max",
}  # fmt: skip
_OVER_TIME = {"sum": r"\sum_t", "prod": r"\prod_t"}


class Labels:
    """Writes the labels of one recurrence.

    Args:
        graph: Its typed step graph.
    """

    def __init__(self, graph: StepGraph) -> None:
        timed = frozenset([*graph.inputs, *graph.definitions])
        # The letters of layers too: `V h^{(2)}`, as `h_2` would be the state at step 2.
        layers = {split_key(key)[0] for key in timed if key[-1].isdigit()}
        self.style = NameStyle(latex=True, timed=timed | layers)
        self.names: dict[int, str] = {}
        for group in (graph.definitions, graph.derived, graph.totals):
            for key, node in group.items():
                self.names.setdefault(node.number, key)
        self.has_sigma = "sigma" in {*timed, *graph.parameters, *graph.derived, *graph.totals}

    def name(self, key: str, step: int | None = None) -> str:
        """Writes a name, at a step if there is one."""
        return write_name(key, None if step is None else Index(None, step), self.style)

    def operation(self, node: Node) -> str:
        """Writes what an operation does, with the names of its operands where they have any."""
        words = [self._operand(arg) for arg in node.args]
        if node.op == "over_time":
            return _OVER_TIME.get(node.key, rf"\operatorname{{{node.key}}}_t")
        special = getattr(self, f"_{node.op}", None)
        if special is not None:
            return str(special(node, words))
        return self._function(node.op)

    def static(self, node: Node) -> str:
        """Writes a static value that needs no box, such as `2`, `1/T`, or its name."""
        if node.number in self.names:
            return self.name(self.names[node.number])
        return self.static_text(node)

    def static_text(self, node: Node) -> str:
        """Writes a static value without the name that it may have."""
        if node.op == "number":
            return write_number(node.value)
        return "T" if node.op == "steps" else self.operation(node)

    def _operand(self, node: Node) -> str:
        if node.op in ("read", "parameter"):
            return self.name(node.key)
        if node.number in self.names:
            return self.name(self.names[node.number])
        if node.level == "static" and is_number(node):
            text = self.static(node)
            return text if node.op in ("number", "steps") else f"({text})"
        return _ANY

    def _function(self, op: str) -> str:
        if op == "sigmoid" and not self.has_sigma:
            return r"\sigma"
        if op in _NAMED_FUNCTIONS:
            return f"\\{op}"
        return rf"\operatorname{{{_WORDS.get(op, op)}}}"

    # -- operations whose operands are shown ---------------------------------------------------

    def _add(self, node: Node, words: list[str]) -> str:
        return " + ".join(words) if _has_number(node) else "+"

    def _subtract(self, node: Node, words: list[str]) -> str:
        return "-" if words == [_ANY, _ANY] else " - ".join(words)

    def _multiply(self, node: Node, words: list[str]) -> str:
        levels = [arg.level for arg in node.args]
        if levels == ["step", "step"] or levels == ["total", "total"]:
            return r"\odot"
        if node.args[0].shape and node.args[1].shape:
            return r" \odot ".join(words)
        return rf"{words[0]}\,{words[1]}"

    def _matmul(self, node: Node, words: list[str]) -> str:
        return rf"{words[0]}\,{words[1]}"

    def _divide(self, node: Node, words: list[str]) -> str:
        return " / ".join(words)

    def _power(self, node: Node, words: list[str]) -> str:
        base = rf"({_ANY})" if words[0] == _ANY else words[0]
        return f"{base}^{{{words[1]}}}"

    def _negate(self, node: Node, words: list[str]) -> str:
        return "-" if words[0] == _ANY else f"-{words[0]}"

    def _minimum(self, node: Node, words: list[str]) -> str:
        return rf"\min({', '.join(words)})" if _has_number(node) else r"\min"

    def _maximum(self, node: Node, words: list[str]) -> str:
        return rf"\max({', '.join(words)})" if _has_number(node) else r"\max"

    def _clip(self, node: Node, words: list[str]) -> str:
        return rf"\operatorname{{clip}}({', '.join(words)})"

    def _sqrt(self, node: Node, words: list[str]) -> str:
        return rf"\sqrt {words[0]}"

    def _abs(self, node: Node, words: list[str]) -> str:
        return f"|{words[0]}|"

    def _norm(self, node: Node, words: list[str]) -> str:
        return rf"\|{words[0]}\|"

    def _dot(self, node: Node, words: list[str]) -> str:
        return rf"{words[0]}^\top {words[1]}"

    def _outer(self, node: Node, words: list[str]) -> str:
        return rf"{words[0]} {words[1]}^\top"

    def _transpose(self, node: Node, words: list[str]) -> str:
        return rf"{words[0]}^\top"

    def _concat(self, node: Node, words: list[str]) -> str:
        return f"[{', '.join(words)}]"


def _has_number(node: Node) -> bool:
    return any(arg.level == "static" and is_number(arg) for arg in node.args)


def plain_label(latex: str) -> str:
    """Writes a label without LaTeX, for those who hear it and for DOT.

    >>> plain_label(r"\\tanh"), plain_label(r"\\tau_{12}")
    ('tanh', 'tau_12')
    """
    for mark in ("\\operatorname", "\\mathrm", "\\mathit", "\\,", "\\", "{", "}"):
        latex = latex.replace(mark, "" if mark != "\\," else " ")
    return latex.replace("cdot", "·").replace("odot", "⊙").replace("  ", " ").strip()
