"""How operations are written in NumPy and in torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from elman.equations.printer import write_number
from elman.ir import Node, StepGraph
from elman.ir.operations import LAYERNORM_EPSILON, LEAKY_SLOPE, OPERATIONS

# How tightly Python's operators hold together.
_ANY, _SUM, _TERM, _SIGN, _POWER, _ATOM = 0, 1, 2, 3, 4, 5
_INFIX = {"add": ("+", _SUM), "subtract": ("-", _SUM), "multiply": ("*", _TERM),
          "divide": ("/", _TERM)}  # fmt: skip
_ARITHMETIC = frozenset(["add", "subtract", "multiply", "divide", "power", "negate"])


@dataclass(frozen=True)
class Dialect:
    """One framework.

    Attributes:
        name: `numpy` or `torch`.
        batched: Whether values have a batch axis before their own.
        stack: The function that stacks the values of a sequence.
        templates: Operation -> how it is written, `{0}` for its argument.
        definitions: Function that the framework lacks -> the lines that define it.
    """

    name: str
    batched: bool
    stack: str
    templates: Mapping[str, str]
    definitions: Mapping[str, tuple[str, ...]]

    def imports(self, body: list[str]) -> list[str]:
        """Returns the imports that a body needs."""
        text = "\n".join(body) + "\n".join("\n".join(lines) for lines in self.helpers(body))
        lines = ["import math", ""] if "math." in text else []
        if self.name == "numpy":
            return [*lines, "import numpy as np"]
        functional = ["from torch.nn import functional"] if "functional." in text else []
        return [*lines, "import torch", *functional]

    def helpers(self, body: list[str]) -> list[tuple[str, ...]]:
        """Returns the definitions of the functions that a body calls, those they call first."""
        text = "\n".join(body)
        needed: list[str] = []
        for name in reversed(list(self.definitions)):
            inner = "\n".join("\n".join(self.definitions[other][1:]) for other in needed)
            if re.search(rf"(?<![\w.]){name}\(", f"{text}\n{inner}"):
                needed.insert(0, name)
        return [self.definitions[name] for name in needed]

    def as_array(self, name: str) -> str:
        """Writes an input as a sequence of arrays."""
        return name if self.batched else f"np.asarray({name}, dtype=float)"

    def zeros(self, sizes: list[str], like: str) -> str:
        """Writes zeros of a shape, of the kind of another value."""
        if not self.batched:
            inside = sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"
            return f"np.zeros({inside})"
        make = f"{like}.new_zeros" if like else "torch.zeros"
        return f"{make}({', '.join(['*batch', *sizes])})" if sizes else f"{make}(batch)"


class ExpressionWriter:
    """Writes nodes as Python expressions at the step `t`.

    Args:
        graph: A typed graph.
        dialect: The framework.
        names: Key -> identifier.
        parts: Number of an unnamed node -> the sequence that holds it.
        like: A tensor with the type and device of all, for numbers that functions are applied to.
    """

    def __init__(
        self,
        graph: StepGraph,
        dialect: Dialect,
        names: Mapping[str, str],
        parts: Mapping[int, str],
        like: str = "",
    ) -> None:
        self.graph = graph
        self.dialect = dialect
        self.names = names
        self.parts = parts
        self.like = like
        self._known = graph.names_of()

    def definition(self, node: Node, own: str | None = None) -> str:
        """Writes what defines a name: by the name that the same node had before, or in full.

        Args:
            node: The node.
            own: The name that is being defined.
        """
        key = self._name(node)
        if own is not None and key is not None and key != own:
            return self._reference(key)
        return self._node(node)[0]

    def _name(self, node: Node) -> str | None:
        """Returns the name by which a node is referred to."""
        if not node.args and node.op != "read":
            return None
        for key in self._known.get(node.number, ()):
            if key not in self.graph.definitions or node.level == "step":
                return key
        return None

    def _reference(self, key: str) -> str:
        return f"{self.names[key]}[t]" if key in self.graph.definitions else self.names[key]

    def _write(self, node: Node, place: int) -> str:
        key = self._name(node)
        if key is not None:
            return self._reference(key)
        if node.number in self.parts:
            return f"{self.parts[node.number]}[t]"
        text, strength = self._node(node)
        return f"({text})" if strength < place else text

    def _node(self, node: Node) -> tuple[str, int]:
        """Returns a node's expression and how tightly it holds together."""
        if not node.args:
            return self._leaf(node), _ATOM
        if node.op in _INFIX:
            sign, strength = _INFIX[node.op]
            left = self._operand(node, 0, strength)
            return f"{left} {sign} {self._operand(node, 1, strength + 1)}", strength
        if node.op == "negate":
            return f"-{self._write(node.args[0], _SIGN)}", _SIGN
        if node.op == "power":
            base = self._operand(node, 0, _ATOM)
            return f"{base} ** {self._operand(node, 1, _SIGN)}", _POWER
        if node.op in ("matmul", "dot", "outer"):
            return self._product(node)
        if node.op == "over_time":
            return self._over_time(node), _TERM
        if node.op == "concat":
            return f"{self._concat(node)}", _ATOM
        if node.op == "transpose":
            mark = ".mT" if self.dialect.batched else ".T"
            return f"{self._write(node.args[0], _ATOM)}{mark}", _ATOM
        return self._call(node), _ATOM

    def _leaf(self, node: Node) -> str:
        if node.op == "number":
            return write_number(node.value)
        if node.op == "steps":
            return "T"
        if node.op == "parameter":
            return self.names[node.key]
        return f"{self.names[node.key]}[t{f' - {node.lag}' if node.lag > 0 else ''}" + (
            f" + {-node.lag}]" if node.lag < 0 else "]"
        )

    def _operand(self, node: Node, position: int, place: int) -> str:
        """Writes an operand of an elementwise operation, with the axes it needs to broadcast."""
        arg = node.args[position]
        missing = max(len(other.shape) for other in node.args) - len(arg.shape)
        if self.dialect.batched and missing and arg.level != "static":
            return f"{self._write(arg, _ATOM)}[..., {', '.join(['None'] * missing)}]"
        return self._write(arg, place)

    def _product(self, node: Node) -> tuple[str, int]:
        left, right = node.args
        ranks = (len(left.shape), len(right.shape))
        if not self.dialect.batched:
            if node.op == "outer":
                return f"np.outer({self._write(left, _ANY)}, {self._write(right, _ANY)})", _ATOM
            return f"{self._factor(left)} @ {self._write(right, _SIGN)}", _TERM
        if node.op == "dot":
            return f"({self._write(left, _TERM)} * {self._write(right, _SIGN)}).sum(-1)", _ATOM
        if node.op == "outer":
            a, b = self._write(left, _ATOM), self._write(right, _ATOM)
            return f"{a}[..., :, None] * {b}[..., None, :]", _TERM
        if ranks == (2, 1) and left.level == "static":
            return f"{self._factor(right)} @ {self._write(left, _ATOM)}.T", _TERM
        if ranks == (2, 1):
            return (
                f"({self._write(left, _TERM)} @ {self._write(right, _ATOM)}[..., None])[..., 0]",
                _ATOM,
            )
        if ranks == (1, 2) and right.level != "static":
            a, b = self._write(left, _ATOM), self._write(right, _SIGN)
            return f"({a}[..., None, :] @ {b})[..., 0, :]", _ATOM
        return f"{self._factor(left)} @ {self._write(right, _SIGN)}", _TERM

    def _factor(self, node: Node) -> str:
        """Writes what stands before `@`: chains of `@` bare, elementwise products in brackets."""
        return self._write(node, _TERM if node.op in ("matmul", "dot") else _SIGN)

    def _over_time(self, node: Node) -> str:
        body = self._write(node.args[0], _ANY)
        if node.key == "sum":
            return f"sum({body} for t in steps)"
        if node.key == "mean":
            return f"sum({body} for t in steps) / T"
        if node.key == "prod":
            return f"math.prod({body} for t in steps)"
        if self.dialect.batched:
            return f"torch.stack([{body} for t in steps]).a{node.key}(0)"
        return f"np.{node.key}([{body} for t in steps], axis=0)"

    def _concat(self, node: Node) -> str:
        parts = []
        for arg in node.args:
            text = self._write(arg, _ANY if arg.shape else _ATOM)
            scalar = self.dialect.batched and not arg.shape
            parts.append(f"{self._tensor(arg, text)}[..., None]" if scalar else text)
        inside = ", ".join(parts)
        return f"concat({inside})" if self.dialect.batched else f"np.hstack([{inside}])"

    def _call(self, node: Node) -> str:
        """Writes a function call."""
        if node.op == "norm" and not node.args[0].shape:
            template = self.dialect.templates["abs"]
        else:
            template = self.dialect.templates[node.op]
        place = _ATOM if template.startswith("{0}.") else _ANY
        rank = max(len(arg.shape) for arg in node.args)
        written = []
        for position, arg in enumerate(node.args):
            multiple = OPERATIONS[node.op].kind == "elementwise" and len(arg.shape) < rank
            text = self._operand(node, position, place) if multiple else self._write(arg, place)
            written.append(self._tensor(arg, text))
        return template.format(*written)

    def _tensor(self, node: Node, text: str) -> str:
        """Makes a tensor of a number, as the functions of torch want one."""
        if not self.dialect.batched or not is_number(node):
            return text
        return f"{self.like}.new_tensor({text})" if self.like else f"torch.tensor({text})"


def is_number(node: Node) -> bool:
    """Says whether written source computes a node as a plain Python number."""
    if node.op in ("number", "steps"):
        return True
    return node.op in _ARITHMETIC and all(is_number(arg) for arg in node.args)


_NUMPY = Dialect(
    name="numpy",
    batched=False,
    stack="np.stack",
    templates={
        **{name: f"np.{name}({{0}})" for name in
           "tanh exp log sqrt sin cos abs sign sum mean max min prod".split()},
        **{name: f"{name}({{0}})" for name in
           "sigmoid leaky_relu elu gelu silu softsign softmax layernorm".split()},
        "minimum": "np.minimum({0}, {1})",
        "maximum": "np.maximum({0}, {1})",
        "clip": "np.clip({0}, {1}, {2})",
        "relu": "np.maximum({0}, 0)",
        "softplus": "np.logaddexp({0}, 0)",
        "hard_sigmoid": "hard_sigmoid({0})",
        "norm": "np.linalg.norm({0})",
    },
    definitions={
        "sigmoid": ("def sigmoid(x):", "    return 0.5 * (1 + np.tanh(0.5 * x))"),
        "leaky_relu": ("def leaky_relu(x):", f"    return np.where(x > 0, x, {LEAKY_SLOPE} * x)"),
        "elu": (
            "def elu(x):",
            "    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))",
        ),
        "gelu": (
            "def gelu(x):",
            "    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))",
        ),
        "silu": ("def silu(x):", "    return 0.5 * x * (1 + np.tanh(0.5 * x))"),
        "softsign": ("def softsign(x):", "    return x / (1 + np.abs(x))"),
        "hard_sigmoid": ("def hard_sigmoid(x):", "    return np.clip(x / 6 + 0.5, 0, 1)"),
        "softmax": (
            "def softmax(x):",
            "    shifted = np.exp(x - x.max())",
            "    return shifted / shifted.sum()",
        ),
        "layernorm": (
            "def layernorm(x):",
            "    centred = x - x.mean()",
            f"    return centred / np.sqrt(np.mean(centred**2) + {LAYERNORM_EPSILON})",
        ),
    },
)  # fmt: skip

_TORCH = Dialect(
    name="torch",
    batched=True,
    stack="torch.stack",
    templates={
        **{name: f"torch.{name}({{0}})" for name in
           "tanh sigmoid relu exp log sqrt sin cos abs sign".split()},
        **{name: f"functional.{name}({{0}})" for name in
           "leaky_relu elu gelu silu softsign".split()},
        **{name: f"{name}({{0}})" for name in "softplus hard_sigmoid layernorm".split()},
        "minimum": "torch.minimum({0}, {1})",
        "maximum": "torch.maximum({0}, {1})",
        "clip": "torch.minimum(torch.maximum({0}, {1}), {2})",
        "sum": "{0}.sum(-1)",
        "mean": "{0}.mean(-1)",
        "max": "{0}.amax(-1)",
        "min": "{0}.amin(-1)",
        "prod": "{0}.prod(-1)",
        "norm": "torch.linalg.vector_norm({0}, dim=-1)",
        "softmax": "torch.softmax({0}, -1)",
    },
    definitions={
        "softplus": (
            "def softplus(x):",
            "    return torch.logaddexp(x, torch.zeros_like(x))",
        ),
        "hard_sigmoid": ("def hard_sigmoid(x):", "    return torch.clamp(x / 6 + 0.5, 0, 1)"),
        "layernorm": (
            "def layernorm(x):",
            f"    return functional.layer_norm(x, x.shape[-1:], eps={LAYERNORM_EPSILON})",
        ),
        "concat": (
            "def concat(*parts):",
            "    batch = torch.broadcast_shapes(*(part.shape[:-1] for part in parts))",
            "    return torch.cat([part.expand(*batch, part.shape[-1]) for part in parts], -1)",
        ),
    },
)  # fmt: skip

DIALECTS = {"torch": _TORCH, "numpy": _NUMPY}
