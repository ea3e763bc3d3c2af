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

    def at(self, key: str, step: int) -> Tensor:
        """Returns a name [B, ...] at a step counted from 1."""
        return self.sequences[key][step - 1]


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
        self.joined = {
            group[0].number: group for phase in self.phases for group in joined_products(phase)
        }

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


def joined_products(phase: Phase) -> list[list[Node]]:
    """Returns the products of a loop that share a vector, such as those of all gates of a cell.

    Their matrices are stacked, so that one product per step computes them all.
    """
    groups: dict[int, list[Node]] = {}
    for node in phase.nodes:
        if node.op != "matmul" or phase.direction is None:
            continue
        matrix, vector = node.args
        if matrix.level == "static" and len(matrix.shape) == 2 and len(vector.shape) == 1:
            groups.setdefault(vector.number, []).append(node)
    return [group for group in groups.values() if len(group) > 1]


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
            self.static[node.number] = self.apply(node, [self.static[a.number] for a in node.args])
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
                value = self.apply(node, args)
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
            before = [self.start(node, step + 1 - node.lag) for step in range(count)]
            return torch.cat([torch.stack(before), sequence[: self.steps - count]])
        first = self.steps - count
        after = [self.start(node, first + step + 1 - node.lag) for step in range(count)]
        return torch.cat([sequence[count:], torch.stack(after)])

    def _full(self, node: Node) -> Tensor:
        """Returns a sequence in its full shape [T, B, ...]."""
        value = self.whole[node.number]
        shape = (self.steps, self.batch, *_sizes(node.shape))
        return value if value.shape == shape else value.expand(shape)

    def start(self, node: Node, step: int) -> Tensor:
        """Returns the value [B, ...] of a name at a step outside 1..T."""
        shape = (self.batch, *_sizes(node.shape))
        if (node.key, step) in self.starts:
            return self.starts[node.key, step].expand(shape)
        if (node.key, step) in self.graph.starts:
            return self.static[self.graph.starts[node.key, step].number].expand(shape)
        return self.blank(shape)

    def _loop(self, phase: Phase) -> None:
        loop = _Loop(self, phase)
        order = range(self.steps)
        for t in reversed(order) if phase.direction == "backward" else order:
            loop.step(t)
        for number in self._kept(phase):
            values = [value for value in loop.history[number] if value is not None]
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

    def _total(self, node: Node) -> Tensor:
        if node.op == "over_time":
            body = self._full(node.args[0])
            return reduce_over_time(node.key, body)
        return self.apply(node, [self.static[arg.number] for arg in node.args])

    def apply(self, node: Node, args: list[Tensor]) -> Tensor:
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


class _Loop:
    """One loop over time of a run.

    Attributes:
        history: Number of a node -> its value at each step, None where it is not computed yet.
    """

    def __init__(self, run: _Run, phase: Phase) -> None:
        self.run = run
        self.nodes = phase.nodes
        self.inside = {node.number for node in phase.nodes}
        self.history: dict[int, list[Tensor | None]] = {n: [None] * run.steps for n in self.inside}
        self.outer = {
            arg.number: run.whole[arg.number].unbind(0)
            for node in phase.nodes
            for arg in node.args
            if arg.number in run.whole
        }
        self.stacked = {
            first: torch.cat([run.static[node.args[0].number] for node in group])
            for first, group in run.program.joined.items()
            if first in self.inside
        }

    def step(self, t: int) -> None:
        """Computes one step."""
        now: dict[int, Tensor] = {}
        for node in self.nodes:
            if node.number in now:
                pass  # came with the products it is joined to
            elif node.op == "read":
                now[node.number] = self._read(node, t)
            elif node.number in self.stacked:
                now.update(self._joined(node, self._value(node.args[1], t, now)))
            else:
                args = [self._value(arg, t, now) for arg in node.args]
                now[node.number] = self.run.apply(node, args)
            self.history[node.number][t] = now[node.number]

    def _value(self, node: Node, t: int, now: dict[int, Tensor]) -> Tensor:
        if node.number in self.inside:
            return now[node.number]
        if node.number in self.outer:
            return self.outer[node.number][t]
        return self.run.static[node.number]

    def _joined(self, first: Node, vector: Tensor) -> dict[int, Tensor]:
        group = self.run.program.joined[first.number]
        whole = torch.nn.functional.linear(vector, self.stacked[first.number])
        parts = whole.split([node.shape[0].size or 0 for node in group], dim=-1)
        return {node.number: part for node, part in zip(group, parts, strict=True)}

    def _read(self, node: Node, t: int) -> Tensor:
        at = t - node.lag
        if not 0 <= at < self.run.steps:
            return self.run.start(node, at + 1)
        value = self.history[self.run.graph.definitions[node.key].number][at]
        assert value is not None, "internal: a loop read a step that is not computed yet"
        return value


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
    if node.op in BY_SHAPE:
        return BY_SHAPE[node.op](args, shapes)
    return LOWERINGS[node.op](*args)


def _matmul(args: list[Tensor], shapes: list[Shape]) -> Tensor:
    left, right = args
    ranks = [len(shape) for shape in shapes]
    if ranks == [2, 1]:
        if left.ndim == 2:
            return torch.nn.functional.linear(right, left)
        return (left @ right.unsqueeze(-1)).squeeze(-1)
    if ranks == [1, 2]:
        return left @ right if right.ndim == 2 else (left.unsqueeze(-2) @ right).squeeze(-2)
    return left @ right


def _concat(args: list[Tensor], shapes: list[Shape]) -> Tensor:
    parts = [a if shape else a.unsqueeze(-1) for a, shape in zip(args, shapes, strict=True)]
    lead = torch.broadcast_shapes(*(part.shape[:-1] for part in parts))
    return torch.cat([part.expand(*lead, part.shape[-1]) for part in parts], dim=-1)


def _expand(args: list[Tensor], shapes: list[Shape]) -> Tensor:
    own = _sizes(shapes[-1])
    return args[0].reshape(args[0].shape + (1,) * len(own)).expand(args[0].shape + own)


def _part(args: list[Tensor], shapes: list[Shape]) -> Tensor:
    start = int(args[1])
    if not shapes[-1]:
        return args[0][..., start]
    return args[0][..., start : start + (shapes[-1][0].size or 0)]


def _others(x: Tensor) -> Tensor:
    ones = torch.ones_like(x[..., :1])
    before = torch.cumprod(torch.cat([ones, x[..., :-1]], -1), -1)
    after = torch.cumprod(torch.cat([ones, x[..., 1:].flip(-1)], -1), -1).flip(-1)
    return before * after


# Operations whose lowering depends on the ranks or sizes of the arguments.
BY_SHAPE: dict[str, Callable[[list[Tensor], list[Shape]], Tensor]] = {
    "matmul": _matmul,
    "dot": lambda args, shapes: (args[0] * args[1]).sum(-1),
    "outer": lambda args, shapes: args[0].unsqueeze(-1) * args[1].unsqueeze(-2),
    "concat": _concat,
    "transpose": lambda args, shapes: args[0].transpose(-1, -2),
    "expand": _expand,
    "part": _part,
    "sum": lambda args, shapes: args[0].sum(tuple(range(-len(shapes[0]), 0))),
}


def reduce_over_time(kind: str, body: Tensor) -> Tensor:
    """Reduces [T, ...] over T: sum, mean, prod, max or min.

    Over no steps mean, max and min are not defined, and not a number.
    """
    if kind == "sum":
        return body.sum(0)
    if kind == "mean":
        return body.mean(0)
    if kind == "prod":
        return body.prod(0)
    if not len(body):
        return body.new_full(body.shape[1:], float("nan"))
    return body.amax(0) if kind == "max" else body.amin(0)


def _layernorm(x: Tensor) -> Tensor:
    return torch.nn.functional.layer_norm(x, x.shape[-1:], eps=LAYERNORM_EPSILON)


# One row for each other operation of the table.
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
    # torch's own takes 1/6 in float32 whatever the type of x.
    "hard_sigmoid": lambda x: (x / 6.0 + 0.5).clamp(0.0, 1.0),
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "abs": torch.abs,
    "sign": torch.sign,
    "step": lambda x: (x > 0).to(x.dtype),
    "erf": torch.erf,
    "mean": lambda x: x.mean(-1),
    "max": lambda x: x.amax(-1),
    "min": lambda x: x.amin(-1),
    "prod": lambda x: x.prod(-1),
    "norm": lambda x: torch.linalg.vector_norm(x, dim=-1),
    "softmax": lambda x: torch.softmax(x, -1),
    "layernorm": _layernorm,
    "others": _others,
}
