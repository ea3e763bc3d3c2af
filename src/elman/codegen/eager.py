"""The eager torch back end: one torch operation per node, on any device, differentiable twice.

It is always there, and the oracle of the compiled kernels. Values that depend on no other step
are computed for all steps at once, so products with inputs stand outside the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.ir.graph import Node, Shape, StepGraph, reachable
from elman.ir.operations import LAYERNORM_EPSILON, LEAKY_SLOPE, OPERATIONS
from elman.ir.phases import Phase, find_phases


@dataclass(frozen=True)
class EagerResult:
    """What one run computed.

    Attributes:
        sequences: Name with time -> [T, B, ...].
        totals: Name -> [B, ...].
    """

    sequences: dict[str, Tensor]
    totals: dict[str, Tensor]


class EagerProgram:
    """A typed step graph, ready to run on tensors.

    Args:
        graph: A typed step graph with all sizes known.
    """

    def __init__(self, graph: StepGraph) -> None:
        self.graph = graph
        nodes = reachable(graph.roots())
        self.static = [node for node in nodes if node.level == "static"]
        self.totals = [node for node in nodes if node.level == "total"]
        self.phases: tuple[Phase, ...] = find_phases(graph)

    def run(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        starts: Mapping[tuple[str, int], Tensor],
        *,
        steps: int,
        batch: int,
    ) -> EagerResult:
        """Computes all names.

        Args:
            parameters: Name -> its value.
            inputs: Name -> [T, B, ...].
            starts: (state, step outside 1..T) -> [B, ...]; missing ones are what the text says,
                else zero.
            steps: T.
            batch: B.
        """
        return _Run(self, parameters, inputs, starts, steps, batch).run()


class _Run:
    """The values of one call."""

    def __init__(
        self,
        program: EagerProgram,
        parameters: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        starts: Mapping[tuple[str, int], Tensor],
        steps: int,
        batch: int,
    ) -> None:
        self.program = program
        self.graph = program.graph
        self.parameters = parameters
        self.inputs = inputs
        self.starts = starts
        self.steps = steps
        self.batch = batch
        like = next(iter([*inputs.values(), *parameters.values(), torch.zeros(())]))
        self.blank = like.new_zeros
        self.static: dict[int, Tensor] = {}
        self.whole: dict[int, Tensor] = {}

    def run(self) -> EagerResult:
        for node in self.program.static:
            self.static[node.number] = self._apply(node, [self.static[a.number] for a in node.args])
        for phase in self.program.phases:
            if phase.direction is None:
                self._all_steps(phase)
            else:
                self._loop(phase)
        for node in self.program.totals:
            self.static[node.number] = self._total(node)
        return self._result()

    def _all_steps(self, phase: Phase) -> None:
        for node in phase.nodes:
            if node.op == "read":
                value = self._shifted(node)
            else:
                args = [self._sequence_or_static(arg) for arg in node.args]
                value = self._apply(node, args)
            self.whole[node.number] = value

    def _sequence_or_static(self, node: Node) -> Tensor:
        if node.number in self.static:
            return self.static[node.number]
        return self.whole[node.number]

    def _shifted(self, node: Node) -> Tensor:
        """Returns a whole sequence as it is read at a lag, starts and zeros at its ends."""
        defined = self.graph.definitions.get(node.key)
        if defined is None:
            sequence = self.inputs[node.key]
        elif defined.level == "static":
            value = self.static[defined.number]
            sequence = value.expand(self.steps, self.batch, *value.shape)
        else:
            sequence = self._full(defined)
        if node.lag == 0 or self.steps == 0:
            return sequence
        count = min(abs(node.lag), self.steps)
        if node.lag > 0:
            before = [self._start(node, step + 1 - node.lag) for step in range(count)]
            return torch.cat([torch.stack(before), sequence[: self.steps - count]])
        first = self.steps - count
        after = [self._start(node, first + step + 1 - node.lag) for step in range(count)]
        return torch.cat([sequence[count:], torch.stack(after)])

    def _full(self, node: Node) -> Tensor:
        """Returns a sequence in its full shape [T, B, ...]."""
        value = self.whole[node.number]
        shape = (self.steps, self.batch, *_sizes(node.shape))
        return value if value.shape == shape else value.expand(shape)

    def _start(self, node: Node, step: int) -> Tensor:
        """Returns the value [B, ...] of a name at a step outside 1..T."""
        shape = (self.batch, *_sizes(node.shape))
        if (node.key, step) in self.starts:
            return self.starts[node.key, step].expand(shape)
        if (node.key, step) in self.graph.starts:
            return self.static[self.graph.starts[node.key, step].number].expand(shape)
        return self.blank(shape)

    def _loop(self, phase: Phase) -> None:
        inside = {node.number for node in phase.nodes}
        history: dict[int, list[Tensor | None]] = {n: [None] * self.steps for n in inside}
        order = range(self.steps)
        if phase.direction == "backward":
            order = range(self.steps - 1, -1, -1)
        outer = {
            arg.number: self.whole[arg.number].unbind(0)
            for node in phase.nodes
            for arg in node.args
            if arg.number in self.whole
        }
        for t in order:
            now: dict[int, Tensor] = {}
            for node in phase.nodes:
                if node.op == "read":
                    value = self._read_in_loop(node, t, history)
                else:
                    args = [
                        now[a.number] if a.number in inside
                        else outer[a.number][t] if a.number in outer
                        else self.static[a.number]
                        for a in node.args
                    ]  # fmt: skip
                    value = self._apply(node, args)
                now[node.number] = value
                history[node.number][t] = value
        kept = self._kept(phase)
        for number in kept:
            values = [value for value in history[number] if value is not None]
            self.whole[number] = torch.stack(values) if values else self._empty(phase, number)

    def _empty(self, phase: Phase, number: int) -> Tensor:
        node = next(node for node in phase.nodes if node.number == number)
        return self.blank((0, self.batch, *_sizes(node.shape)))

    def _kept(self, phase: Phase) -> list[int]:
        """Returns the nodes of a loop whose whole sequence is used after it."""
        inside = {node.number for node in phase.nodes}
        named = {node.number for node in self.graph.definitions.values()}
        used = {
            arg.number
            for other in [*(n for p in self.program.phases for n in p.nodes), *self.program.totals]
            if other.number not in inside
            for arg in other.args
        }
        return sorted(inside & (named | used))

    def _read_in_loop(self, node: Node, t: int, history: dict[int, list[Tensor | None]]) -> Tensor:
        at = t - node.lag
        if not 0 <= at < self.steps:
            return self._start(node, at + 1)
        value = history[self.graph.definitions[node.key].number][at]
        assert value is not None, "internal: a loop read a step that is not computed yet"
        return value

    def _total(self, node: Node) -> Tensor:
        if node.op == "over_time":
            body = self._full(node.args[0])
            return _over_time(node.key, body)
        return self._apply(node, [self.static[arg.number] for arg in node.args])

    def _apply(self, node: Node, args: list[Tensor]) -> Tensor:
        if node.op == "number":
            return self.blank(()) + node.value
        if node.op == "steps":
            return self.blank(()) + float(self.steps)
        if node.op == "parameter":
            return self.parameters[node.key]
        return apply_operation(node, args)

    def _result(self) -> EagerResult:
        sequences: dict[str, Tensor] = {}
        for key, node in self.graph.definitions.items():
            if node.level == "static":
                shape = (self.steps, self.batch, *_sizes(node.shape))
                sequences[key] = self.static[node.number].expand(shape)
            else:
                sequences[key] = self._full(node)
        totals = {key: self.static[node.number] for key, node in self.graph.totals.items()}
        return EagerResult(sequences, totals)


def _sizes(shape: Shape) -> tuple[int, ...]:
    return tuple(dim.size or 0 for dim in shape)


def apply_operation(node: Node, args: list[Tensor]) -> Tensor:
    """Applies one operation to tensors with any number of leading batch axes."""
    shapes = [arg.shape for arg in node.args]
    if OPERATIONS[node.op].kind == "elementwise":
        rank = max(len(shape) for shape in shapes)
        args = [
            arg.reshape(arg.shape + (1,) * (rank - len(shape))) if len(shape) < rank else arg
            for arg, shape in zip(args, shapes, strict=True)
        ]
        return LOWERINGS[node.op](*args)
    if OPERATIONS[node.op].kind == "product":
        return _PRODUCTS[node.op](args, [len(shape) for shape in shapes])
    if node.op == "concat":
        parts = [a if shape else a.unsqueeze(-1) for a, shape in zip(args, shapes, strict=True)]
        lead = torch.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return torch.cat([part.expand(*lead, part.shape[-1]) for part in parts], dim=-1)
    if node.op == "transpose":
        return args[0].transpose(-1, -2) if len(shapes[0]) == 2 else args[0]
    return LOWERINGS[node.op](args[0])


def _matmul(args: list[Tensor], ranks: list[int]) -> Tensor:
    left, right = args
    if ranks == [2, 1]:
        if left.ndim == 2:
            return torch.nn.functional.linear(right, left)
        return (left @ right.unsqueeze(-1)).squeeze(-1)
    if ranks == [1, 2]:
        return left @ right if right.ndim == 2 else (left.unsqueeze(-2) @ right).squeeze(-2)
    return left @ right


_PRODUCTS: dict[str, Callable[[list[Tensor], list[int]], Tensor]] = {
    "matmul": _matmul,
    "dot": lambda args, ranks: (args[0] * args[1]).sum(-1),
    "outer": lambda args, ranks: args[0].unsqueeze(-1) * args[1].unsqueeze(-2),
}


def _over_time(kind: str, body: Tensor) -> Tensor:
    """Reduces [T, B, ...] over T."""
    if kind == "sum":
        return body.sum(0)
    if kind == "mean":
        return body.mean(0)
    if kind == "prod":
        return body.prod(0)
    return body.amax(0) if kind == "max" else body.amin(0)


def _layernorm(x: Tensor) -> Tensor:
    return torch.nn.functional.layer_norm(x, x.shape[-1:], eps=LAYERNORM_EPSILON)


# One row per operation of the table that is neither a product nor a change of structure.
LOWERINGS: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "power": torch.pow,
    "negate": torch.neg,
    "minimum": torch.minimum,
    "maximum": torch.maximum,
    "clip": lambda x, low, high: torch.minimum(torch.maximum(x, low), high),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, LEAKY_SLOPE),
    "elu": torch.nn.functional.elu,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    # torch's softplus is x itself above a threshold; this form is exact everywhere.
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "softsign": torch.nn.functional.softsign,
    "hard_sigmoid": torch.nn.functional.hardsigmoid,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "abs": torch.abs,
    "sign": torch.sign,
    "sum": lambda x: x.sum(-1),
    "mean": lambda x: x.mean(-1),
    "max": lambda x: x.amax(-1),
    "min": lambda x: x.amin(-1),
    "prod": lambda x: x.prod(-1),
    "norm": lambda x: torch.linalg.vector_norm(x, dim=-1),
    "softmax": lambda x: torch.softmax(x, -1),
    "layernorm": _layernorm,
}
