"""JAX: `lax.scan` of the step, jitted whole, gradients by `jax.vjp`.

The step graph is lowered as a JAX user would write it: what depends on no other step is computed
for all steps at once before the scan, and the gates' products with a state are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from elman.bench.case import Problem
from elman.bench.peers.base import Contender, NotComputedError, Peer, Results
from elman.bench.peers.jax_operations import apply
from elman.codegen.eager import joined_products
from elman.ir.graph import StepGraph, reachable
from elman.ir.phases import Phase, find_phases

Array = Any  # a jax array; JAX is imported where it is used


class ScanProgram:
    """A typed step graph as a function of JAX arrays.

    Args:
        graph: With all sizes known, of states that are read one step back.
        outputs: The names that it returns.

    Raises:
        NotComputedError: A state is read more than one step away, or starts at a value.
    """

    def __init__(self, graph: StepGraph, outputs: Sequence[str]) -> None:
        reads = [node for node in reachable(graph.roots()) if node.op == "read"]
        if graph.starts or any(abs(node.lag) > 1 for node in reads):
            raise NotComputedError("only states that start at zero and are read one step away")
        self.graph = graph
        self.outputs = tuple(outputs)
        self.static = [node for node in reachable(graph.roots()) if node.level == "static"]
        self.phases = find_phases(graph)
        self.joined = {
            group[0].number: group for phase in self.phases for group in joined_products(phase)
        }

    def __call__(self, parameters: dict[str, Array], inputs: dict[str, Array]) -> list[Array]:
        """Computes the outputs [T, B, H] from the parameters and the inputs [T, B, I]."""
        whole: dict[int, Array] = {}
        for node in self.static:
            whole[node.number] = apply(node, whole, parameters)
        for phase in self.phases:
            if phase.direction is None:
                self._all_steps(phase, whole, inputs)
            else:
                self._scan(phase, whole, inputs)
        return [whole[self.graph.definitions[key].number] for key in self.outputs]

    def _all_steps(self, phase: Phase, whole: dict[int, Array], inputs: dict[str, Array]) -> None:
        import jax.numpy as jnp

        for node in phase.nodes:
            if node.op != "read":
                whole[node.number] = apply(node, whole, {})
                continue
            defined = self.graph.definitions.get(node.key)
            sequence = inputs[node.key] if defined is None else whole[defined.number]
            if node.lag == 1:
                sequence = jnp.concatenate([jnp.zeros_like(sequence[:1]), sequence[:-1]])
            whole[node.number] = sequence

    def _scan(self, phase: Phase, whole: dict[int, Array], inputs: dict[str, Array]) -> None:
        import jax
        import jax.numpy as jnp

        inside = {node.number for node in phase.nodes}
        states = {node.key for node in phase.nodes if node.op == "read"}
        states = {key for key in states if key in self.graph.definitions}
        own = {key for key in states if self.graph.definitions[key].number in inside}
        outer = {
            arg.number: whole[arg.number]
            for node in phase.nodes
            for arg in node.args
            if arg.number not in inside and arg.level == "step"
        }
        read_outside = {node.key for node in phase.nodes if node.op == "read"} - own
        for key in read_outside:
            outer[-1 - len(outer)] = inputs[key]
        stacked = {
            first: jnp.concatenate([whole[node.args[0].number] for node in group])
            for first, group in self.joined.items()
            if first in inside
        }
        lead = next(iter(inputs.values())).shape[:2]
        start = {
            key: jnp.zeros((lead[1], *(dim.size or 0 for dim in self.graph.definitions[key].shape)))
            for key in sorted(own)
        }

        def step(carry: dict[str, Array], now: dict[int, Array]) -> tuple[Any, Any]:
            values = {**whole, **now}
            for node in phase.nodes:
                if node.number in values and node.number in inside:
                    continue  # came with the products it is joined to
                if node.op == "read":
                    at_once = node.lag == 0
                    defined = self.graph.definitions[node.key].number
                    values[node.number] = values[defined] if at_once else carry[node.key]
                elif node.number in stacked:
                    group = self.joined[node.number]
                    product = values[node.args[1].number] @ stacked[node.number].T
                    ends = np.cumsum([part.shape[0].size or 0 for part in group])[:-1]
                    parts = jnp.split(product, ends, axis=-1)
                    values.update(zip((part.number for part in group), parts, strict=True))
                else:
                    values[node.number] = apply(node, values, {})
            kept = {key: values[self.graph.definitions[key].number] for key in start}
            return kept, {number: values[number] for number in used}

        used = sorted(self._used_after(phase, inside))
        inside_whole = [number for number in whole if number in inside]
        assert not inside_whole, "internal: a loop's node was computed before the loop"
        _, sequences = jax.lax.scan(step, start, outer, reverse=phase.direction == "backward")
        whole.update(sequences)

    def _used_after(self, phase: Phase, inside: set[int]) -> set[int]:
        named = {self.graph.definitions[key].number for key in self.outputs}
        others = [node for other in self.phases if other is not phase for node in other.nodes]
        read = {
            self.graph.definitions[node.key].number
            for node in others
            if node.op == "read" and node.key in self.graph.definitions
        }
        args = {arg.number for node in others for arg in node.args}
        return inside & (named | read | args)


def _functions(problem: Problem) -> tuple[Callable[..., Any], Callable[..., Any]]:
    import jax

    ours = problem.ours
    program = ScanProgram(ours.recurrence.typed(ours.sizes), ours.outputs)

    def forward(parameters: dict[str, Array], inputs: dict[str, Array]) -> list[Array]:
        outputs = program(parameters, inputs)
        return [output[-1] for output in outputs] if problem.case.last else outputs

    def train(
        parameters: dict[str, Array], inputs: dict[str, Array], cotangents: list[Array]
    ) -> tuple[list[Array], Any]:
        outputs, pull = jax.vjp(forward, parameters, inputs)
        return outputs, pull(cotangents)

    return jax.jit(forward), jax.jit(train)


def _prepare(problem: Problem) -> Contender:
    import jax

    parameters = {key: jax.device_put(value.numpy()) for key, value in problem.parameters.items()}
    inputs = {key: jax.device_put(value.numpy()) for key, value in problem.inputs.items()}
    cotangents = [jax.device_put(value.numpy()) for value in problem.cotangents.values()]
    forward, train = _functions(problem)

    def infer() -> Any:
        return jax.block_until_ready(forward(parameters, inputs))

    def learn() -> Any:
        return jax.block_until_ready(train(parameters, inputs, cotangents))

    def named(outputs: list[Array]) -> Results:
        return {key: _tensor(value) for key, value in zip(problem.cotangents, outputs, strict=True)}

    def read(results: Any) -> Results:
        outputs, (by_parameter, by_input) = results
        gradients = {**by_input, **by_parameter}
        return {
            **named(outputs),
            **{f"d {key}": _tensor(value) for key, value in gradients.items()},
        }

    if problem.case.mode == "inference":
        return Contender(infer, named)
    return Contender(learn, read)


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(array))


PEER = Peer("jax", "jax", lambda: find_spec("jax") is not None, _prepare)
