"""A recurrence and its adjoint as two compiled kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from elman.autodiff import Adjoint, differentiate
from elman.codegen.kernel import Kernel, KernelResult
from elman.codegen.kernel import Sequence as Values
from elman.codegen.normal import UnsupportedByKernelError
from elman.codegen.program import LoopProgram
from elman.codegen.schedule import schedule
from elman.ir.graph import Node, StepGraph

# Operations that cost less to do again than to keep their results.
_CHEAP = frozenset(["add", "subtract", "multiply", "negate", "relu", "step", "sign", "abs"])
# These cost about as much as reading their result from memory.
_MODERATE = frozenset(["tanh", "sigmoid", "sin", "cos", "exp"])


@dataclass(frozen=True)
class Wanted:
    """What gradients are asked for.

    Attributes:
        parameters: Names.
        inputs: Names.
        states: Names, for their values outside 1..T.
    """

    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    states: tuple[str, ...]


@dataclass(frozen=True)
class Gradients:
    """Gradients by name.

    Attributes:
        parameters: Name -> its gradient, summed over time and batch.
        inputs: Name -> [T, B, size].
        starts: (state, step outside 1..T) -> [B, size].
    """

    parameters: dict[str, Tensor]
    inputs: dict[str, Tensor]
    starts: dict[tuple[str, int], Tensor]


class CompiledRecurrence:
    """Kernels of a typed step graph, made when they are first needed.

    Args:
        graph: With all sizes known.
        outputs: Names over time that are given back whole.
        states: Names whose last values are given back.
        dtype: float32 or float64.

    Raises:
        UnsupportedByKernelError: Something in the graph has no kernel, forward or backward.
    """

    def __init__(
        self,
        graph: StepGraph,
        outputs: Sequence[str],
        states: Sequence[str],
        dtype: torch.dtype,
    ) -> None:
        for key in outputs:
            if key not in graph.definitions:
                raise UnsupportedByKernelError(f"the total {key} has no kernel")
        self.graph = graph
        self.outputs = tuple(outputs)
        self.states = tuple(states)
        self.dtype = dtype
        self._cheap: dict[int, bool] = {}
        self._adjoints: dict[Wanted, Adjoint] = {}
        self._forward: dict[Wanted | None, Kernel] = {}
        self._backward: dict[Wanted, Kernel] = {}

    # -- programs ------------------------------------------------------------------------------

    def adjoint(self, wanted: Wanted) -> Adjoint:
        """Returns the adjoint for the gradients asked for."""
        known = self._adjoints.get(wanted)
        if known is None:
            known = self._differentiate(wanted, self.outputs)
            reached = {name for name, _ in known.lagged}
            unreached = [name for name in self.states if name not in reached]
            if unreached:  # no output depends on them, but their last values are given back
                known = self._differentiate(wanted, (*self.outputs, *unreached))
            for key, node in known.residuals.items():
                if node.level != "step":
                    raise UnsupportedByKernelError(f"the total {key} has no kernel")
            self._adjoints[wanted] = known
        return known

    def _differentiate(self, wanted: Wanted, outputs: Sequence[str]) -> Adjoint:
        return differentiate(
            self.graph,
            outputs=tuple(dict.fromkeys(outputs)),
            wrt=(*wanted.parameters, *wanted.inputs, *self.states),
            recompute=self._is_cheap,
        )

    def _is_cheap(self, node: Node) -> bool:
        """Says whether a value is computed again in the backward pass instead of being kept."""
        known = self._cheap.get(node.number)
        if known is None:
            known = self._cheap[node.number] = self._find_cheap(node)
        return known

    def _find_cheap(self, node: Node) -> bool:
        if self._is_given(node):
            return False
        if node.op in _MODERATE:
            return self._is_given(node.args[0])
        return node.op in _CHEAP and all(
            self._is_given(arg) or arg.op in _MODERATE or self._is_cheap(arg) for arg in node.args
        )

    def _is_given(self, node: Node) -> bool:
        """Says whether a value lies in memory anyway."""
        keys = (*self.outputs, *self.states)
        stored = any(self.graph.definitions.get(key) is node for key in keys)
        return stored or node.level == "static" or node.op == "read"

    def forward_program(self, wanted: Wanted | None) -> LoopProgram:
        """Returns the forward loop program: for inference, or keeping what gradients need."""
        graph, kept = self.graph, list(self.outputs)
        padding: dict[str, tuple[int, int]] = {}
        if wanted is not None:
            residuals = self.adjoint(wanted).residuals
            graph = replace(graph, definitions={**graph.definitions, **residuals})
            kept += [key for key in residuals if key not in kept]
        names = dict.fromkeys((*kept, *self.states))
        return schedule(graph, list(names), kept=kept, padding=padding)

    def backward_program(self, wanted: Wanted) -> LoopProgram:
        """Returns the loop program of the adjoint."""
        adjoint = self.adjoint(wanted)
        inputs = [adjoint.cotangents[k] for k in wanted.inputs if k in adjoint.cotangents]
        totals = [adjoint.gradients[k] for k in wanted.parameters if k in adjoint.gradients]
        return schedule(
            adjoint.graph,
            list(dict.fromkeys((*inputs, *adjoint.lagged.values()))),
            totals=list(dict.fromkeys(totals)),
            kept=inputs,
        )

    def _forward_kernel(self, wanted: Wanted | None) -> Kernel:
        kernel = self._forward.get(wanted)
        if kernel is None:
            kernel = self._forward[wanted] = Kernel(self.forward_program(wanted), self.dtype)
        return kernel

    def _backward_kernel(self, wanted: Wanted) -> Kernel:
        kernel = self._backward.get(wanted)
        if kernel is None:
            kernel = self._backward[wanted] = Kernel(self.backward_program(wanted), self.dtype)
        return kernel

    # -- running -------------------------------------------------------------------------------

    def forward(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        starts: Mapping[tuple[str, int], Tensor],
        *,
        steps: int,
        batch: int,
        wanted: Wanted | None = None,
    ) -> KernelResult:
        """Runs the recurrence.

        Args:
            parameters: Name -> its value.
            inputs: Name -> [T, B, size], contiguous.
            starts: (state, step outside 1..T) -> [B, size].
            steps: T.
            batch: B.
            wanted: The gradients that will be asked for, None for none.
        """
        values = {key: Values(value) for key, value in inputs.items()}
        kernel = self._forward_kernel(wanted)
        return kernel.run(parameters, values, starts, steps=steps, batch=batch)

    def backward(
        self,
        wanted: Wanted,
        parameters: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        result: KernelResult,
        cotangents: Mapping[str, Tensor],
        final: Mapping[tuple[str, int], Tensor],
        *,
        steps: int,
        batch: int,
    ) -> Gradients:
        """Runs the adjoint.

        Args:
            wanted: As given to `forward`.
            parameters: As given to `forward`.
            inputs: As given to `forward`.
            result: What it returned.
            cotangents: Output -> [T, B, size], contiguous; missing ones are zero.
            final: (state, step within 1..T) -> cotangent [B, size] of its value there.
            steps: T.
            batch: B.
        """
        adjoint = self.adjoint(wanted)
        kernel = self._backward_kernel(wanted)
        values = {key: Values(value) for key, value in inputs.items()}
        values.update(result.sequences)
        for key, name in adjoint.given.items():
            if key in cotangents:
                values[name] = Values(cotangents[key])
            else:
                values[name] = Values(self._zeros(name, adjoint, steps, batch))
        starts = self._boundary(adjoint, final, steps)
        found = kernel.run(parameters, values, starts, steps=steps, batch=batch)
        return self._collect(wanted, adjoint, found, steps, batch)

    def _zeros(self, name: str, adjoint: Adjoint, steps: int, batch: int) -> Tensor:
        sizes = next(
            tuple(dim.size or 0 for dim in node.shape)
            for node in adjoint.graph.nodes
            if node.op == "read" and node.key == name
        )
        return torch.zeros((1, batch, *sizes), dtype=self.dtype).expand(steps, batch, *sizes)

    def _boundary(
        self, adjoint: Adjoint, final: Mapping[tuple[str, int], Tensor], steps: int
    ) -> dict[tuple[str, int], Tensor]:
        """Hands the cotangents of final states to what contributes to the states there."""
        found: dict[tuple[str, int], Tensor] = {}
        for (state, step), value in final.items():
            for (name, lag), key in adjoint.lagged.items():
                outside = step + lag
                if name == state and not 1 <= outside <= steps and (key, outside) not in found:
                    found[key, outside] = value
                    break
        return found

    def _collect(
        self, wanted: Wanted, adjoint: Adjoint, found: KernelResult, steps: int, batch: int
    ) -> Gradients:
        parameters = {
            key: found.totals[adjoint.gradients[key]]
            for key in wanted.parameters
            if key in adjoint.gradients
        }
        inputs = {}
        for key in wanted.inputs:
            name = adjoint.cotangents.get(key)
            if name is not None:
                sequence = found.sequences[name]
                inputs[key] = sequence.tensor[sequence.before : sequence.before + steps]
        starts: dict[tuple[str, int], Tensor] = {}
        for (state, lag), key in adjoint.lagged.items():
            for i in range(abs(lag)):
                step = -i if lag > 0 else steps + 1 + i
                at = step + lag
                if state in wanted.states and 1 <= at <= steps:
                    value = found.at(key, at - 1)
                    known = starts.get((state, step))
                    starts[state, step] = value.clone() if known is None else known + value
        return Gradients(parameters, inputs, starts)
