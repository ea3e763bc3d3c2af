"""A recurrence and its adjoint as two compiled kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import torch

from elman.autodiff import Adjoint, differentiate
from elman.autodiff.naming import NameBook
from elman.codegen.collector import collector_paused
from elman.codegen.keeping import Keeping, recomputed
from elman.codegen.kernel import Kernel
from elman.codegen.normal import UnsupportedByKernelError
from elman.codegen.program import Buffer, Form, LoopProgram
from elman.codegen.schedule import check_kernel, schedule
from elman.ir.graph import Node, StepGraph

# Rows that take hardly more time than reading a matrix for them; steps that pay for more loops.
_FEW_ROWS = 2
_MANY_STEPS = 8


Through: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


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

    @property
    def through(self) -> Through:
        """What decides the kernels: all states are differentiated through, whichever is wanted."""
        return self.parameters, self.inputs


class CompiledRecurrence:
    """Kernels of a typed step graph, made when they are first needed.

    Args:
        graph: With all sizes known.
        outputs: Names over time that are given back whole.
        states: Names whose last values are given back.
        dtype: float32 or float64.
        memory: What the backward pass computes again to keep less; see `recomputed`.

    Raises:
        UnsupportedByKernelError: Something in the graph has no kernel, forward or backward.
    """

    def __init__(
        self,
        graph: StepGraph,
        outputs: Sequence[str],
        states: Sequence[str],
        dtype: torch.dtype,
        memory: str = "balanced",
    ) -> None:
        for key in outputs:
            if key not in graph.definitions:
                raise UnsupportedByKernelError(f"the total {key} has no kernel")
        self.graph = graph
        self.outputs = tuple(outputs)
        self.states = tuple(states)
        self.dtype = dtype
        self.memory = memory
        self._recomputed = recomputed(graph, (*outputs, *states), memory)
        self._adjoints: dict[Through, Adjoint] = {}
        self._forward: dict[tuple[Through | None, Form], Kernel] = {}
        self._backward: dict[tuple[Through, Form], Kernel] = {}

    # -- programs ------------------------------------------------------------------------------

    def adjoint(self, wanted: Wanted) -> Adjoint:
        """Returns the adjoint for the gradients asked for."""
        known = self._adjoints.get(wanted.through)
        if known is None:
            known = self._differentiate(wanted, self._recomputed)
            for key, node in known.residuals.items():
                if node.level != "step":
                    raise UnsupportedByKernelError(f"the total {key} has no kernel")
            self._adjoints[wanted.through] = known
        return known

    def _differentiate(self, wanted: Wanted, recompute: Callable[[Node], bool]) -> Adjoint:
        def through(outputs: Sequence[str]) -> Adjoint:
            return differentiate(
                self.graph,
                outputs=tuple(dict.fromkeys(outputs)),
                wrt=(*wanted.parameters, *wanted.inputs, *self.states),
                recompute=recompute,
            )

        found = through(self.outputs)
        reached = {name for name, _ in found.lagged}
        unreached = [name for name in self.states if name not in reached]
        # No output depends on these, but their last values are given back.
        return through((*self.outputs, *unreached)) if unreached else found

    def keeping(self, wanted: Wanted) -> Keeping:
        """Returns what the backward pass finds in memory and what it computes again."""
        again: dict[int, Node] = {}

        def note(node: Node) -> bool:
            if not self._recomputed(node):
                return False
            again[node.number] = node
            return True

        residuals = self._differentiate(wanted, note).residuals
        anyway = {self.graph.definitions[key].number for key in (*self.outputs, *self.states)}
        book = NameBook(self.graph)
        return Keeping(
            tuple(key for key, node in residuals.items() if node.number in anyway),
            tuple(key for key, node in residuals.items() if node.number not in anyway),
            tuple(book.name(node) for node in again.values()),
            self.memory,
        )

    def forward_program(self, wanted: Wanted | None, *, form: Form = Form.PACKED) -> LoopProgram:
        """Returns the forward loop program: for inference, or keeping what gradients need.

        Args:
            wanted: The gradients that will be asked for, None for none.
            form: How products read their matrices; see `form_of`.
        """
        graph, kept = self._kept_graph(wanted)
        return schedule(graph, list(dict.fromkeys((*kept, *self.states))), kept=kept, form=form)

    def _kept_graph(self, wanted: Wanted | None) -> tuple[StepGraph, list[str]]:
        """Returns the graph of the forward pass, and the names whose sequences it gives back."""
        graph, kept = self.graph, list(self.outputs)
        if wanted is not None:
            residuals = self.adjoint(wanted).residuals
            graph = replace(graph, definitions={**graph.definitions, **residuals})
            kept += [key for key in residuals if key not in kept]
        return graph, kept

    def backward_program(self, wanted: Wanted, *, form: Form = Form.PACKED) -> LoopProgram:
        """Returns the loop program of the adjoint."""
        adjoint = self.adjoint(wanted)
        inputs, names, totals = _derivatives(adjoint, wanted)
        program = schedule(adjoint.graph, names, totals=totals, kept=inputs, form=form)
        program.cotangents = frozenset(adjoint.given.values())
        return program

    def check(self, wanted: Wanted) -> None:
        """Checks that both passes have kernels, without scheduling them.

        Raises:
            UnsupportedByKernelError: One has none.
        """
        graph, kept = self._kept_graph(wanted)
        check_kernel(graph, [*kept, *self.states])
        adjoint = self.adjoint(wanted)
        _, names, totals = _derivatives(adjoint, wanted)
        check_kernel(adjoint.graph, names, totals)

    def kept(
        self, wanted: Wanted | None, *, form: Form = Form.PACKED
    ) -> list[tuple[Buffer, tuple[str, ...]]]:
        """Returns the memory that the forward pass gives back, and the names whose values it holds.

        Outputs come first, then what the gradients read. It has the same shapes for few rows.
        """
        program = self.forward_kernel(wanted, form=form).program
        names = [*self.outputs]
        if wanted is not None:
            names += self.adjoint(wanted).residuals
        found: dict[int, tuple[Buffer, list[str]]] = {}
        for name in dict.fromkeys(names):
            buffer = program.sequences[name].buffer
            found.setdefault(buffer.index, (buffer, []))[1].append(name)
        return [(buffer, tuple(keys)) for buffer, keys in found.values()]

    @cached_property
    def _described(self) -> str:
        return _describe(self.graph)

    def _recipe(self, direction: str, wanted: Wanted | None, form: Form) -> str:
        """Says what a program is made by: all that is given to this class and to the call."""
        through = None if wanted is None else wanted.through
        asked = (self.outputs, self.states, self.memory, direction, through, form)
        return f"{self._described}\n{asked!r}"

    def forward_kernel(self, wanted: Wanted | None, *, form: Form = Form.PACKED) -> Kernel:
        """Returns the kernel of the forward pass, compiled when it is first asked for."""
        key = (None if wanted is None else wanted.through, form)
        kernel = self._forward.get(key)
        if kernel is None:
            with collector_paused():
                program = self.forward_program(wanted, form=form)
                kernel = Kernel(program, self.dtype, recipe=self._recipe("forward", wanted, form))
            self._forward[key] = kernel
        return kernel

    def backward_kernel(self, wanted: Wanted, *, form: Form = Form.PACKED) -> Kernel:
        """Returns the kernel of the backward pass."""
        key = (wanted.through, form)
        kernel = self._backward.get(key)
        if kernel is None:
            with collector_paused():
                program = self.backward_program(wanted, form=form)
                kernel = Kernel(program, self.dtype, recipe=self._recipe("backward", wanted, form))
            self._backward[key] = kernel
        return kernel


def _describe(graph: StepGraph) -> str:
    """Writes all of a graph that may decide a program, numbers and the order of nodes included."""
    groups = (graph.definitions, graph.derived, graph.totals, graph.starts)
    return repr(
        (
            [
                (n.number, n.op, [arg.number for arg in n.args], n.key, n.lag, n.value, n.level)
                for n in graph.nodes
            ],
            [n.shape for n in graph.nodes],
            [[(key, node.number) for key, node in group.items()] for group in groups],
            graph.inputs,
            graph.parameters,
        )
    )


def _derivatives(adjoint: Adjoint, wanted: Wanted) -> tuple[list[str], list[str], list[str]]:
    """Returns the gradients of inputs, all sequences to compute, and those of parameters."""
    inputs = [adjoint.cotangents[k] for k in wanted.inputs if k in adjoint.cotangents]
    names = dict.fromkeys((*inputs, *adjoint.lagged.values()))
    totals = dict.fromkeys(
        adjoint.gradients[k] for k in wanted.parameters if k in adjoint.gradients
    )
    return inputs, list(names), list(totals)


def form_of(steps: int, batch: int, *, gradients: bool) -> Form:
    """Returns how the products of a call should read their matrices.

    A step of few rows takes the time of reading them. Over many steps, products that no step needs
    from another read theirs once for all. Over few steps, even seeing that nothing has changed
    since matrices were packed would read them once too often.

    Args:
        steps: T.
        batch: B.
        gradients: Whether it is a pass backward, or one that keeps what that needs.
    """
    if batch > _FEW_ROWS:
        return Form.PACKED
    if steps >= _MANY_STEPS:
        return Form.APART
    return Form.PACKED if gradients else Form.IN_PLACE
