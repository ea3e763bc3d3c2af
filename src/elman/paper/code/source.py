"""Writes a recurrence as plain source that runs without elman, so that nobody is locked in.

The source follows the equations line by line in the user's names: sequences are dictionaries from
the step to the value, so `h[t - 1]` reads as h_{t-1} does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elman.equations.names import step_key
from elman.ir import Recurrence, Shape, StepGraph
from elman.ir.graph import reachable
from elman.paper.code.dialects import DIALECTS, Dialect, ExpressionWriter
from elman.paper.code.names import choose_identifiers
from elman.paper.code.order import Block, find_parts, order_blocks

_INDENT = "    "
_WIDTH = 96


def write_code(
    recurrence: Recurrence,
    sizes: Mapping[str, int] | None = None,
    *,
    framework: str = "torch",
) -> str:
    """Returns Python source that computes a recurrence.

    >>> from elman.ir import parse
    >>> source = write_code(parse("h_t = tanh(a x_t + b h_{t-1})"), framework="numpy")
    >>> "h[t] = np.tanh(a * x[t] + b * h[t - 1])" in source
    True

    Args:
        recurrence: Any.
        sizes: Sizes of its vectors; without any, every name is a scalar unless the text says
            otherwise.
        framework: `numpy` for a function `forward`, without a batch; `torch` for a class
            `Recurrence`, a module whose inputs may have a batch axis after time.

    Raises:
        ShapeError: A size stays open, or sizes contradict each other.
        ValueError: The framework is unknown.
    """
    if framework not in DIALECTS:
        known = " or ".join(DIALECTS)
        raise ValueError(f"there is no framework {framework!r} to write code for; choose {known}")
    dialect = DIALECTS[framework]
    graph = recurrence.typed(sizes)
    return _Writer(recurrence, graph, dialect).write()


@dataclass
class _Writer:
    """Writes one recurrence for one framework."""

    recurrence: Recurrence
    graph: StepGraph
    dialect: Dialect

    def __post_init__(self) -> None:
        self.parts = find_parts(self.graph)
        keys = [
            *self.graph.inputs, *self.graph.definitions, *self.graph.parameters,
            *self.graph.derived, *self.graph.totals,
        ]  # fmt: skip
        self.names = choose_identifiers(keys, len(self.parts))
        labels = {number: f"part_{place}" for place, number in enumerate(self.parts, 1)}
        self.shared = {key: group[0] for group in self.recurrence.shared for key in group[1:]}
        self.like = self._like()
        self.expressions = ExpressionWriter(self.graph, self.dialect, self.names, labels, self.like)

    def write(self) -> str:
        """Returns the whole source."""
        body = self._body()
        lines = [*self._head(), "", *self.dialect.imports(body), ""]
        for helper in self.dialect.helpers(body):
            lines += ["", *helper, ""]
        lines += [
            "",
            *(self._module(body) if self.dialect.name == "torch" else self._function(body)),
        ]
        return "\n".join(lines).rstrip() + "\n"

    def _head(self) -> list[str]:
        lines = [f"# {line}" for line in self.recurrence.plain().splitlines()]
        renamed = [f"{key} is {name}" for key, name in self.names.items() if key != name]
        lines += [f"# Renamed for Python: {', '.join(renamed)}."] if renamed else []
        if not any(node.shape for node in self.graph.nodes):
            vectors = [*self.graph.inputs, *self.recurrence.states]
            example = ",".join(
                f"{key}={size}" for key, size in zip(vectors, (28, 128), strict=False)
            )
            lines.append(f"# Every name is a scalar; with sizes ({example}) vectors and matrices.")
        return lines

    # -- the function and the class ----------------------------------------------------------

    def _own_parameters(self) -> list[str]:
        return [key for key in self.graph.parameters if key not in self.shared]

    def _function(self, body: list[str]) -> list[str]:
        inputs = [self.names[key] for key in self.graph.inputs] or ["T"]
        parameters = [self.names[key] for key in self._own_parameters()]
        return [
            *_call("def forward(", [*inputs, *parameters, "initial=None"], "):"),
            *_indented(self._documentation(with_parameters=True)),
            *_indented(body),
        ]

    def _module(self, body: list[str]) -> list[str]:
        inputs = [self.names[key] for key in self.graph.inputs] or ["T"]
        taken = [f"{self.names[key]} = self.{self.names[key]}" for key in self._own_parameters()]
        lines = [
            "class Recurrence(torch.nn.Module):",
            *_indented(["def __init__(self):", *_indented(self._construction())]),
            "",
            *_indented(
                [
                    *_call("def forward(", ["self", *inputs, "initial=None"], "):"),
                    *_indented(self._documentation(with_parameters=False)),
                    *_indented(taken),
                    *_indented(body),
                ]
            ),
        ]
        return lines

    def _construction(self) -> list[str]:
        lines = ["super().__init__()"]
        shapes = self._shapes()
        widest = max(
            (dim.size or 1 for key in self.recurrence.states for dim in shapes[key]), default=1
        )
        for key in self._own_parameters():
            sizes = ", ".join(str(dim.size) for dim in shapes[key])
            frozen = ", requires_grad=False" if key in self.recurrence.frozen else ""
            value = f"torch.nn.Parameter(torch.empty({sizes or '()'}){frozen})"
            comment = f"  # [{', '.join(dim.symbol for dim in shapes[key])}]" if sizes else ""
            lines.append(f"self.{self.names[key]} = {value}{comment}")
        lines += [
            "for parameter in self.parameters():",
            f"{_INDENT}torch.nn.init.uniform_(parameter, -1 / {widest}**0.5, 1 / {widest}**0.5)",
        ]
        return lines if self._own_parameters() else lines[:1]

    def _shapes(self) -> dict[str, Shape]:
        known = {
            node.key: node.shape for node in self.graph.nodes if node.op in ("read", "parameter")
        }
        known.update({key: node.shape for key, node in self.graph.definitions.items()})
        return {**dict.fromkeys(self.graph.parameters, ()), **known}

    def _documentation(self, with_parameters: bool) -> list[str]:
        shapes = self._shapes()
        batch = "B, " if self.dialect.batched else ""
        lines = ['"""Computes all steps; returns every sequence and total by its name.', ""]
        for key in self.graph.inputs:
            sizes = "".join(f", {dim.size}" for dim in shapes[key])
            shown = f"[T{', ' + batch.rstrip(', ') if batch else ''}{sizes}]"
            lines.append(f"{self.names[key]}: {shown}, its first entry is step 1.")
        if not self.graph.inputs:
            lines.append("T: the number of steps.")
        for key in self._own_parameters() if with_parameters else ():
            sizes = ", ".join(str(dim.size) for dim in shapes[key])
            lines.append(
                f"{self.names[key]}: [{sizes}]." if sizes else f"{self.names[key]}: a number."
            )
        lines.append(f"initial: values outside of the steps by name, such as {self._example()}.")
        return [*lines, '"""']

    def _example(self) -> str:
        for key, lags in self._lags().items():
            return f'{{"{key}_0": ...}}' if max(lags) > 0 else f'{{"{key}_16": ...}} for T = 15'
        return "none here"

    # -- the body ----------------------------------------------------------------------------

    def _body(self) -> list[str]:
        lines = ["initial = initial or {}"]
        lines += [f"{self.names[key]} = {self.names[first]}" for key, first in self.shared.items()]
        lines += self._lengths()
        lines += [
            f"{self.names[key]} = {self.expressions.definition(node, own=key)}"
            for key, node in self.graph.derived.items()
        ]
        lines += [line for key in self.graph.inputs for line in self._input(key)]
        lines += self._opened()
        for block in order_blocks(self.graph, self.parts):
            lines += ["", *self._block(block)]
        lines += self._totals()
        return [*lines, "", *self._returned()]

    def _lengths(self) -> list[str]:
        lines = []
        if self.graph.inputs:
            first = self.graph.inputs[0]
            lines.append(f"T = len({self.names[first]})")
            if self.dialect.batched:
                rank = len(self._shapes()[first])
                end = f"-{rank}" if rank else ""
                lines.append(f"batch = {self.names[first]}.shape[1:{end}]")
        elif self.dialect.batched:
            lines.append("batch = ()")
        return [*lines, "steps = range(1, T + 1)"]

    def _lags(self) -> dict[str, list[int]]:
        """Returns the lags at which each name is read at other steps."""
        lags: dict[str, set[int]] = {}
        for node in reachable(self.graph.roots()):
            if node.op == "read" and node.lag:
                lags.setdefault(node.key, set()).add(node.lag)
        return {key: sorted(found) for key, found in lags.items()}

    def _input(self, key: str) -> list[str]:
        name = self.names[key]
        value = self.dialect.as_array(name)
        lines = [f"{name} = dict(enumerate({value}, 1))"]
        return lines + [f"{name}[{step}] = {start}" for step, start in self._outside(key)]

    def _opened(self) -> list[str]:
        """Opens an empty sequence for everything that is defined, with its starts."""
        lines = []
        for key in self.graph.definitions:
            entries = ", ".join(f"{step}: {start}" for step, start in self._outside(key))
            lines.append(f"{self.names[key]} = {{{entries}}}")
        lines += [f"part_{place} = {{}}" for place in range(1, len(self.parts) + 1)]
        return lines

    def _outside(self, key: str) -> list[tuple[str, str]]:
        """Returns step and value of what is read before the first and after the last step."""
        lags = [0, *self._lags().get(key, [])]
        found = []
        for step in range(0, -max(lags), -1):
            start = self._start(key, step)
            found.append((str(step), f'initial.get("{step_key(key, step)}", {start})'))
        for beyond in range(1, 1 - min(lags)):
            at = f"T + {beyond}"
            found.append((at, f'initial.get(f"{key}_{{{at}}}", {self._start(key, None)})'))
        return found

    def _start(self, key: str, step: int | None) -> str:
        stated = None if step is None else self.graph.starts.get((key, step))
        shape = self._shapes()[key]
        zeros = self.dialect.zeros([str(dim.size) for dim in shape], self.like)
        if stated is None:
            return zeros
        return f"{zeros} + {self.expressions.definition(stated)}"

    def _like(self) -> str:
        """Returns a tensor that has the device and type of all; empty where there is none."""
        if self._own_parameters():
            return self.names[self._own_parameters()[0]]
        return f"{self.names[self.graph.inputs[0]]}[1]" if self.graph.inputs else ""

    def _block(self, block: Block) -> list[str]:
        order = "reversed(steps)" if block.direction == "backward" else "steps"
        lines = [f"for t in {order}:"]
        for key, node in block.definitions:
            name = self.names[key] if isinstance(key, str) else f"part_{key}"
            own = key if isinstance(key, str) else None
            value = self.expressions.definition(node, own=own)
            lines.append(f"{_INDENT}{name}[t] = {value}")
        return lines

    def _totals(self) -> list[str]:
        lines = [
            f"{self.names[key]} = {self.expressions.definition(node, own=key)}"
            for key, node in self.graph.totals.items()
        ]
        return ["", *lines] if lines else []

    def _returned(self) -> list[str]:
        stack = self.dialect.stack
        pairs = [
            f'"{key}": {stack}([{self.names[key]}[t] for t in steps]),'
            for key in self.graph.definitions
        ]
        pairs += [f'"{key}": {self.names[key]},' for key in self.graph.totals]
        return ["return {", *_indented(pairs), "}"]


def _indented(lines: list[str]) -> list[str]:
    return [f"{_INDENT}{line}" if line else "" for line in lines]


def _call(start: str, words: list[str], end: str) -> list[str]:
    """Writes a signature in one line where it fits, else its words over several."""
    line = f"{start}{', '.join(words)}{end}"
    if len(line) <= _WIDTH:
        return [line]
    lines, current = [start], _INDENT
    for word in words:
        if len(current) + len(word) + 2 > _WIDTH:
            lines.append(current.rstrip())
            current = _INDENT
        current += f"{word}, "
    return [*lines, current.rstrip(), end]
