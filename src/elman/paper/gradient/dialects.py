"""Writes expressions of typed nodes: as Python, as elman's own notation, and as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from elman.equations.printer import write_number
from elman.ir.graph import Node

SUM, TERM, CHAIN, ATOM = 1, 2, 3, 4

_PYTHON_WORDS = {
    "minimum": "minimum({0}, {1})",
    "maximum": "maximum({0}, {1})",
    "outer": "outer({0}, {1})",
    "transpose": "{0}.T",
    "others": "others({0})",
    "abs": "abs({0})",
}
_PLAIN_WORDS = {"minimum": "min({0}, {1})", "maximum": "max({0}, {1})", "abs": "abs({0})"}
_LATEX_FUNCTIONS = {
    "tanh": r"\tanh", "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos",
    "max": r"\max", "min": r"\min", "minimum": r"\min", "maximum": r"\max", "sigmoid": r"\sigma",
}  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """One way of writing expressions.

    Attributes:
        name: `python`, `plain` or `latex`.
        times: Between factors that are multiplied elementwise.
        scalar_times: Between factors one of which is a scalar.
        matmul: Between the factors of a matrix product.
    """

    name: str
    times: str
    scalar_times: str
    matmul: str


PYTHON = Dialect("python", "*", "*", " @ ")
PLAIN = Dialect("plain", " * ", " ", " ")
LATEX = Dialect("latex", r" \odot ", r"\,", r"\,")

Leaf = Callable[[Node], str]


@dataclass
class Writer:
    """Writes nodes in a dialect.

    Attributes:
        dialect: How.
        leaf: Writes a `read` or `parameter`.
        named: Node number -> the text of a name that stands for it.
        known: Texts already written, with how tightly they hold together.
        symbolic: Whether sizes are known by name only, as in `(d)_{[h]}` and `1/n_h`.
    """

    dialect: Dialect
    leaf: Leaf
    symbolic: bool = False
    named: Mapping[int, str] = field(default_factory=dict)
    known: dict[int, tuple[str, int]] = field(default_factory=dict)

    def write(self, node: Node, place: int = 0) -> str:
        """Writes a node, in parentheses where its place holds tighter than it does itself."""
        text, strength = self.part(node)
        return f"({text})" if strength < place else text

    def definition(self, node: Node) -> str:
        """Writes what a node is computed from, even where a name stands for it."""
        return self._node(node)[0]

    def part(self, node: Node) -> tuple[str, int]:
        """Returns the text of a node and how tightly it holds together."""
        if node.number in self.named:
            return self.named[node.number], ATOM
        found = self.known.get(node.number)
        if found is None:
            found = self.known[node.number] = self._node(node)
        return found

    def _node(self, node: Node) -> tuple[str, int]:
        op = node.op
        if op == "number":
            return write_number(node.value), ATOM if node.value >= 0 else SUM
        if op == "steps":
            return "T", ATOM
        if not node.args:
            return self.leaf(node), ATOM
        if op in ("add", "subtract"):
            return self._sum(node), SUM
        if op == "negate":
            # Below a sum, so that it is put in parentheses after another sign.
            return f"-{self.write(node.args[0], TERM)}", SUM
        if op in ("multiply", "matmul", "dot", "outer"):
            return self._product(node)
        if op == "divide":
            return self._quotient(node)
        if op == "over_time":
            return self._over_time(node)
        if op == "power":
            return self._power(node.args[0], self.write(node.args[1], 0))
        return self._call(node)

    def _sum(self, node: Node) -> str:
        """Writes a sum of any length, without going deeper for each summand."""
        pieces: list[str] = []
        while node.op in ("add", "subtract") and (not pieces or node.number not in self.named):
            left, right = node.args
            plus = node.op == "add"
            pieces.append(f"{' + ' if plus else ' - '}{self.write(right, SUM if plus else TERM)}")
            node = left
        return self.write(node, SUM) + "".join(reversed(pieces))

    # -- products ------------------------------------------------------------------------------

    def _product(self, node: Node) -> tuple[str, int]:
        left, right = node.args
        d = self.dialect
        if node.op == "multiply":
            if left is right and not left.shape:
                return self._power(left, "2")
            if d is PYTHON:
                return f"{self.write(left, TERM)}*{self._right_factor(right)}", TERM
            if left.shape and right.shape:
                return f"{self.write(left, TERM)}{d.times}{self.write(right, TERM)}", TERM
            return self._side_by_side(node)
        if d is PYTHON:
            if node.op == "outer":
                return self._call(node)
            return f"{self.write(left, TERM)} @ {self.write(right, ATOM)}", TERM
        if node.op == "dot":
            return f"{self._transposed(left)}{d.matmul}{self._factor(right)}", CHAIN
        if node.op == "outer":
            return f"{self._factor(left)}{d.matmul}{self._transposed(right)}", CHAIN
        if len(left.shape) == 1:  # a row before a matrix
            return f"{self._transposed(left)}{d.matmul}{self._factor(right)}", CHAIN
        return f"{self._factor(left)}{d.matmul}{self._factor(right)}", CHAIN

    def _right_factor(self, node: Node) -> str:
        """Writes the right factor of `*` in Python, where `@` and `/` are equally strong."""
        if node.number in self.named or node.op != "multiply":
            return self.write(node, ATOM if node.op != "power" else CHAIN)
        left, right = node.args
        if left is right and not left.shape:
            return self.write(node, CHAIN)
        return f"{self._right_factor(left)}*{self._right_factor(right)}"

    def _side_by_side(self, node: Node) -> tuple[str, int]:
        """Writes a product with a scalar; in LaTeX a number stands before what is no number."""
        left, right = node.args
        first = self.write(left, CHAIN if self._associates(left) else ATOM)
        second = self._factor(right)
        if self.dialect is PLAIN:
            return f"{first} * {second}", TERM
        mark = r" \cdot " if second[:1].isdigit() else self.dialect.scalar_times
        return f"{first}{mark}{second}", CHAIN

    def _associates(self, node: Node) -> bool:
        return node.op in ("multiply", "matmul", "outer", "dot") or node.op == "divide"

    def _factor(self, node: Node) -> str:
        return self.write(node, CHAIN)

    def _transposed(self, node: Node) -> str:
        if node.op == "transpose":
            return self.write(node.args[0], ATOM)
        text = self.write(node, ATOM)
        if self.dialect is PLAIN:
            return f"{text}^T"
        return (f"{{{text}}}" if "^" in text or "\\delta" in text else text) + r"^\top"

    def _over_time(self, node: Node) -> tuple[str, int]:
        if self.dialect is LATEX:
            return rf"\sum_{{t=1}}^{{T}} {self.write(node.args[0], TERM)}", TERM
        return f"sum_t {self.write(node.args[0], TERM)}", TERM

    def _part(self, node: Node) -> str:
        """Entries of a vector: of its last part, the size of h, for one."""
        text = self.write(node.args[0], 0 if self.dialect is LATEX else ATOM)
        if self.symbolic:
            symbol = node.shape[0].symbol if node.shape else "1"
            return f"({text})_{{[{symbol}]}}" if self.dialect is LATEX else f"{text}[{symbol}]"
        start = int(node.args[1].value)
        stop = start + (node.shape[0].size or 0) if node.shape else start + 1
        if self.dialect is LATEX:
            index = f"{start + 1}:{stop}" if node.shape else str(start + 1)
            return f"({text})_{{{index}}}"
        return f"{text}[{start}:{stop}]" if node.shape else f"{text}[{start}]"

    # -- the rest ------------------------------------------------------------------------------

    def _quotient(self, node: Node) -> tuple[str, int]:
        left, right = node.args
        if self.dialect is LATEX:
            return rf"\frac{{{self.write(left)}}}{{{self.write(right)}}}", ATOM
        mark = "/" if self.dialect is PYTHON else " / "
        return f"{self.write(left, TERM)}{mark}{self.write(right, ATOM)}", TERM

    def _power(self, base: Node, exponent: str) -> tuple[str, int]:
        if self.dialect is LATEX:
            if (
                base.op in _LATEX_FUNCTIONS
                and base.number not in self.named
                and len(base.args) == 1
            ):
                word, inside = _LATEX_FUNCTIONS[base.op], self.write(base.args[0])
                return f"{word}^{{{exponent}}}({inside})", ATOM
            text = self.write(base, ATOM)
            return (f"{{{text}}}" if "^" in text else text) + f"^{{{exponent}}}", ATOM
        if self.dialect is PYTHON:
            simple = exponent.replace(".", "").replace("_", "").isalnum()
            return f"{self.write(base, ATOM)}**{exponent if simple else f'({exponent})'}", CHAIN
        base_text = self.write(base, ATOM)
        if base.args and base.number not in self.named and not base_text.startswith("("):
            base_text = f"({base_text})"
        return f"{base_text}^{{{exponent}}}", ATOM

    def _call(self, node: Node) -> tuple[str, int]:
        op = node.op
        if op == "transpose" and self.dialect is not PYTHON:
            return self._transposed(node.args[0]), ATOM
        if op == "expand":
            return self._expand(node)
        if op == "part":
            return self._part(node), ATOM
        inside = [self.write(arg) for arg in node.args]
        if op == "concat":
            joined = f"[{', '.join(inside)}]"
            return (f"concatenate({joined})" if self.dialect is PYTHON else joined), ATOM
        if self.dialect is LATEX:
            return self._latex_call(op, inside), ATOM
        words = _PYTHON_WORDS if self.dialect is PYTHON else _PLAIN_WORDS
        if op == "transpose":
            return f"{self.write(node.args[0], ATOM)}.T", ATOM
        return words.get(op, f"{op}({', '.join(inside)})").format(*inside), ATOM

    def _latex_call(self, op: str, inside: list[str]) -> str:
        if op == "abs":
            return f"|{inside[0]}|"
        if op == "norm":
            return rf"\|{inside[0]}\|"
        if op == "sqrt":
            return rf"\sqrt{{{inside[0]}}}"
        if op == "step":
            return rf"\mathbf{{1}}[{inside[0]} > 0]"
        word = _LATEX_FUNCTIONS.get(op, rf"\operatorname{{{op}}}".replace("_", r"\_"))
        return f"{word}({', '.join(inside)})"

    def _expand(self, node: Node) -> tuple[str, int]:
        """A scalar in every entry: a vector of ones in LaTeX, `ones` in Python."""
        scalar = node.args[0]
        sizes = ", ".join(str(dim) for dim in node.shape)
        if self.dialect is LATEX:
            ones = r"\mathbf{1}"
            return (ones if scalar.value == 1 else f"{self._factor(scalar)}\\,{ones}"), CHAIN
        if self.dialect is PYTHON:
            shape = sizes if len(node.shape) == 1 else f"({sizes})"
            if scalar.value == 1:
                return f"ones({shape})", ATOM
            return f"{self.write(scalar, TERM)}*ones({shape})", TERM
        return self.write(scalar), self.part(scalar)[1]
