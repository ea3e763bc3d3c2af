"""The forward and the backward pass of a compiled recurrence, prepared for given sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from elman.codegen.call import CallResult, PreparedCall
from elman.codegen.compiled import CompiledRecurrence, Wanted, form_of
from elman.codegen.tables import Request


class ForwardPass:
    """A recurrence for T steps of B rows, at least one of each.

    Args:
        compiled: The recurrence.
        wanted: The gradients that will be asked for, None for none.
        starts: The values outside 1..T that are given, as (state, step).
        finals: The step or steps of each state whose values are given back by themselves.
        steps: T.
        batch: B.
        shares: In how many parts rows are computed at most.
    """

    def __init__(
        self,
        compiled: CompiledRecurrence,
        wanted: Wanted | None,
        starts: Sequence[tuple[str, int]],
        finals: Sequence[tuple[str, tuple[int, ...] | int]],
        *,
        steps: int,
        batch: int,
        shares: int,
    ) -> None:
        form = form_of(steps, batch, gradients=wanted is not None)
        kernel = compiled.forward_kernel(wanted, form=form)
        request = Request(
            margins=[(0, 0)] * len(kernel.inputs),
            starts=starts,
            returned=[buffer for buffer, _ in compiled.kept(wanted, form=form)],
            copies=finals,
        )
        self._call = PreparedCall(kernel, steps, batch, shares, request)
        self._parameters = _places(kernel.parameters, compiled.graph.parameters)
        self._inputs = _places(kernel.inputs, compiled.graph.inputs)

    def run(
        self, parameters: Sequence[Tensor], inputs: Sequence[Tensor], starts: Sequence[Tensor]
    ) -> CallResult:
        """Runs the recurrence.

        Args:
            parameters: In the order of the graph, contiguous.
            inputs: In the order of the graph, [T, B, size], the rows of a step contiguous.
            starts: [B, size] each, contiguous.

        Returns:
            The memory of `CompiledRecurrence.kept`, and of each state its final values.
        """
        return self._call.run(
            [parameters[i] for i in self._parameters], [inputs[i] for i in self._inputs], starts
        )


class Gradients(NamedTuple):
    """Gradients by name.

    Attributes:
        parameters: Name -> its gradient, summed over time and batch.
        inputs: Name -> [T, B, size].
        starts: (state, step outside 1..T) -> [B, size].
    """

    parameters: dict[str, Tensor]
    inputs: dict[str, Tensor]
    starts: dict[tuple[str, int], Tensor]


class BackwardPass:
    """The adjoint of a recurrence for T steps of B rows, at least one of each.

    Args:
        compiled: The recurrence.
        wanted: As for the forward pass.
        given: The outputs whose cotangents are given; those of the others are zero.
        finals: The (state, step within 1..T) whose own cotangents are given.
        steps: T.
        batch: B.
        shares: In how many parts rows are computed at most.
    """

    def __init__(
        self,
        compiled: CompiledRecurrence,
        wanted: Wanted,
        given: Sequence[str],
        finals: Sequence[tuple[str, int]],
        *,
        steps: int,
        batch: int,
        shares: int,
    ) -> None:
        adjoint = compiled.adjoint(wanted)
        kernel = compiled.backward_kernel(wanted, form=form_of(steps, batch, gradients=True))
        sequences = kernel.program.sequences
        self._parameters = _places(kernel.parameters, compiled.graph.parameters)
        self._names = [key for key in wanted.parameters if key in adjoint.gradients]
        self._returned = [key for key in wanted.inputs if key in adjoint.cotangents]
        buffers = [sequences[adjoint.cotangents[key]].buffer for key in self._returned]
        returned = list({buffer.index: buffer for buffer in buffers}.values())
        # Of inputs that are added, such as x and u in x_t + u_t, the gradients are one sequence.
        self._places = [
            (returned.index(b), slice(b.before, b.before + steps) if b.before or b.after else None)
            for b in buffers
        ]
        boundary = _boundary(adjoint.lagged, finals, steps)
        self._boundary = list(boundary.values())
        copied = _contributions(adjoint.lagged, wanted.states, steps)
        self._starts = [place for place, _ in copied]
        # Where each input of the kernel comes from: graph inputs, kept memory, cotangents, zeros.
        kept = compiled.kept(wanted)
        outside = {name: (b.before, b.after) for b, names in kept for name in names}
        everything = [*compiled.graph.inputs, *(names[0] for _, names in kept)]
        everything += [adjoint.given[key] for key in given if key in adjoint.given]
        aliases = {name: names[0] for _, names in kept for name in names}
        self._given = [i for i, key in enumerate(given) if key in adjoint.given]
        self._zeros: list[Tensor] = []
        self._inputs: list[int] = []
        widths = {b.name: b.width for b in kernel.program.buffers if b.kind == "input"}
        for name in kernel.inputs:
            source = aliases.get(name, name)
            if source in everything:
                self._inputs.append(everything.index(source))
            else:
                self._inputs.append(len(everything) + len(self._zeros))
                zero = torch.zeros((1, batch, widths[name]), dtype=compiled.dtype)
                self._zeros.append(zero.expand(steps, -1, -1))
        request = Request(
            margins=[outside.get(name, (0, 0)) for name in kernel.inputs],
            starts=list(boundary),
            returned=returned,
            copies=[place for _, place in copied],
            totals=[adjoint.gradients[key] for key in self._names],
        )
        self._call = PreparedCall(kernel, steps, batch, shares, request)

    def run(
        self,
        parameters: Sequence[Tensor],
        inputs: Sequence[Tensor],
        memory: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        finals: Sequence[Tensor],
    ) -> Gradients:
        """Runs the adjoint.

        Args:
            parameters: As for the forward pass.
            inputs: As for the forward pass.
            memory: What the forward pass gave back.
            cotangents: Of the given outputs, [T, B, size], the rows of a step contiguous.
            finals: Of the given states at the given steps, [B, size] each, contiguous.
        """
        whole = [*inputs, *memory, *(cotangents[i] for i in self._given), *self._zeros]
        found = self._call.run(
            [parameters[i] for i in self._parameters],
            [whole[i] for i in self._inputs],
            [finals[i] for i in self._boundary],
        )
        starts: dict[tuple[str, int], Tensor] = {}
        for place, value in zip(self._starts, found.copies, strict=True):
            starts[place] = starts[place] + value if place in starts else value
        return Gradients(
            dict(zip(self._names, found.totals, strict=True)),
            {
                key: found.returned[place] if slots is None else found.returned[place][slots]
                for key, (place, slots) in zip(self._returned, self._places, strict=True)
            },
            starts,
        )


def _places(names: Sequence[str], among: Sequence[str]) -> list[int]:
    return [among.index(name) for name in names]


def _boundary(
    lagged: dict[tuple[str, int], str], finals: Sequence[tuple[str, int]], steps: int
) -> dict[tuple[str, int], int]:
    """Hands the cotangents of final states to what contributes to the states there.

    Returns (name, step outside 1..T) -> which of the finals stands there.
    """
    found: dict[tuple[str, int], int] = {}
    for i, (state, step) in enumerate(finals):
        for (name, lag), key in lagged.items():
            outside = step + lag
            if name == state and not 1 <= outside <= steps and (key, outside) not in found:
                found[key, outside] = i
                break
    return found


def _contributions(
    lagged: dict[tuple[str, int], str], states: Sequence[str], steps: int
) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """Returns what the gradients of values outside 1..T are sums of.

    Returns ((state, step outside 1..T), (name, step within)) pairs.
    """
    found = []
    for (state, lag), key in lagged.items():
        for i in range(abs(lag)):
            step = -i if lag > 0 else steps + 1 + i
            if state in states and 1 <= step + lag <= steps:
                found.append(((state, step), (key, step + lag)))
    return found
