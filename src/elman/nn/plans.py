"""What a compiled recurrence is given and gives back, in a fixed order of tensors.

torch's operators take and return lists of tensors; a plan says which is which. Plans are known to
the operators by number, as an operator's other arguments must be plain values.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias, TypeVar

import torch
from torch import Tensor

from elman.codegen.compiled import CompiledRecurrence, Wanted, form_of
from elman.codegen.passes import BackwardPass, ForwardPass
from elman.codegen.program import Buffer
from elman.codegen.threads import available_threads

# Sizes for which passes stay prepared.
_PASSES = 256


@dataclass(frozen=True)
class StateLayout:
    """A state's values outside 1..T.

    Attributes:
        name: The state.
        depth: How many steps outside are read.
        backward: Whether it runs backward, so that they lie after the last step.
    """

    name: str
    depth: int
    backward: bool

    def outside(self, i: int, steps: int) -> int:
        """Returns the i-th step outside 1..T, the nearest first."""
        return steps + 1 + i if self.backward else -i

    def last(self, i: int, steps: int) -> int:
        """Returns the i-th last step that the state reaches, the very last first."""
        return 1 + i if self.backward else steps - i

    def finals(self, steps: int) -> tuple[int, ...] | int:
        """Returns the step of its last value, or the steps if several are read."""
        if self.depth == 1:
            return self.last(0, steps)
        return tuple(self.last(i, steps) for i in range(self.depth))


class Layout(NamedTuple):
    """Which of a plan's tensors are what, in plain values that torch's compiler can follow.

    Attributes:
        number: The plan's.
        parameters: How many of the given tensors are parameters.
        inputs: How many are inputs; values outside 1..T follow.
        given: How many there are.
        kept: How many of the returned tensors are the memory of sequences.
        outputs: For each output the place of its memory, its slot of step 1, and whether it is a
            scalar.
        scalars: For each state whether it is one.
        wanted: The places of the given tensors that have gradients.
    """

    number: int
    parameters: int
    inputs: int
    given: int
    kept: int
    outputs: tuple[tuple[int, int, bool], ...]
    scalars: tuple[bool, ...]
    wanted: tuple[int, ...]

    def outputs_of(self, made: Sequence[Tensor], steps: int) -> list[Tensor]:
        """Returns the outputs among the returned tensors, as views [T, B, ...]."""
        found = []
        for place, first, scalar in self.outputs:
            value = made[place][first : first + steps]
            found.append(value.squeeze(-1) if scalar else value)
        return found

    def finals_of(self, made: Sequence[Tensor]) -> list[Tensor]:
        """Returns the last values of states, [depth, B, ...]."""
        finals = made[self.kept :]
        return [
            value.squeeze(-1) if scalar else value
            for value, scalar in zip(finals, self.scalars, strict=True)
        ]


Eager: TypeAlias = Callable[["Plan", list[Tensor], int, int], list[Tensor]]


@dataclass(eq=False)
class Plan:
    """One way of calling a compiled recurrence.

    Tensors given: parameters, inputs, then starts. Tensors returned: the memory of each kept
    sequence, then each state's last values, [depth, B, size].

    Attributes:
        compiled: The kernels.
        parameters: Names.
        inputs: Names.
        starts: (state, i): the i-th value outside 1..T is given.
        states: The states whose last values are returned.
        wanted: The gradients that may be asked for, None for none.
        wanted_starts: Those of `starts` with a gradient.
        eager: Computes outputs and last values by torch operations, for second derivatives.
    """

    compiled: CompiledRecurrence
    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    starts: tuple[tuple[str, int], ...]
    states: tuple[StateLayout, ...]
    wanted: Wanted | None
    wanted_starts: tuple[tuple[str, int], ...]
    eager: Eager
    number: int = field(default_factory=itertools.count(1).__next__)

    def __post_init__(self) -> None:
        _PLANS[self.number] = self
        self._forward: dict[tuple[int, int, int], ForwardPass] = {}
        self._backward: dict[tuple[int, int, int, tuple[bool, ...]], BackwardPass] = {}
        self.layouts = {state.name: state for state in self.states}

    @cached_property
    def kept(self) -> tuple[tuple[Buffer, tuple[str, ...]], ...]:
        """The memory that a call returns, and the names whose values it holds."""
        return tuple(self.compiled.kept(self.wanted))

    def place(self, output: str) -> tuple[int, int]:
        """Returns which of the returned tensors holds an output, and its slot of step 1."""
        for i, (buffer, names) in enumerate(self.kept):
            if output in names:
                return i, buffer.before
        raise AssertionError(f"internal: {output} is not kept")

    @cached_property
    def wanted_places(self) -> tuple[int, ...]:
        """Which of the given tensors have a gradient."""
        if self.wanted is None:
            return ()
        flags = [key in self.wanted.parameters for key in self.parameters]
        flags += [key in self.wanted.inputs for key in self.inputs]
        flags += [start in self.wanted_starts for start in self.starts]
        return tuple(i for i, flag in enumerate(flags) if flag)

    def width(self, name: str) -> int:
        """Returns the size of a vector over time, 1 for a scalar."""
        shape = self.compiled.graph.definitions[name].shape
        return int(shape[0].size or 0) if shape else 1

    @cached_property
    def layout(self) -> Layout:
        """Where everything is among the tensors, in plain values."""
        scalars = [not self.compiled.graph.definitions[s.name].shape for s in self.states]
        outputs = []
        for name in self.compiled.outputs:
            place, first = self.place(name)
            scalar = not self.compiled.graph.definitions[name].shape
            outputs.append((place, first, scalar))
        parameters, inputs = len(self.parameters), len(self.inputs)
        return Layout(
            self.number,
            parameters,
            inputs,
            max(1, parameters + inputs + len(self.starts)),  # one is always given
            len(self.kept),
            tuple(outputs),
            tuple(scalars),
            self.wanted_places,
        )

    def run_forward(self, tensors: Sequence[Tensor], steps: int, batch: int) -> list[Tensor]:
        """Runs the kernel on tensors in the plan's order."""
        found = self.forward_pass(steps, batch).run(*self.divided(tensors))
        finals = [
            value.unsqueeze(0) if state.depth == 1 else value
            for value, state in zip(found.copies, self.states, strict=True)
        ]
        return found.returned + finals

    def forward_pass(self, steps: int, batch: int) -> ForwardPass:
        """Returns the forward pass for some sizes and the present number of threads."""
        key = (steps, batch, available_threads())
        prepared = self._forward.get(key)
        if prepared is None:
            prepared = self._make_forward_pass(steps, batch)
            _remember(self._forward, key, prepared)
        return prepared

    def _make_forward_pass(self, steps: int, batch: int) -> ForwardPass:
        form = form_of(steps, batch, gradients=self.wanted is not None)
        kernel = self.compiled.forward_kernel(self.wanted, form=form)
        finals = [(state.name, state.finals(steps)) for state in self.states]
        return ForwardPass(
            self.compiled,
            self.wanted,
            [(state, self.layouts[state].outside(i, steps)) for state, i in self.starts],
            finals,
            steps=steps,
            batch=batch,
            shares=kernel.shares(steps, batch),
        )

    def divided(
        self, tensors: Sequence[Tensor]
    ) -> tuple[Sequence[Tensor], list[Tensor], Sequence[Tensor]]:
        """Returns the parameters, the inputs [T, B, size], and the values outside 1..T."""
        first, last = len(self.parameters), len(self.parameters) + len(self.inputs)
        inputs = [v if v.ndim == 3 else v.unsqueeze(-1) for v in tensors[first:last]]
        return tensors[:first], inputs, tensors[last:]

    def run_backward(
        self,
        tensors: Sequence[Tensor],
        memory: Sequence[Tensor],
        cotangents: Sequence[Tensor | None],
        steps: int,
        batch: int,
    ) -> list[Tensor]:
        """Runs the adjoint.

        Args:
            tensors: As given to `run_forward`.
            memory: The sequences that it returned.
            cotangents: Of the outputs, then of the states' last values; None for zero.
            steps: T.
            batch: B.

        Returns:
            The gradients of the wanted parameters, inputs and starts.
        """
        given = tuple([cotangent is not None for cotangent in cotangents])
        key = (steps, batch, available_threads(), given)
        prepared = self._backward.get(key)
        if prepared is None:
            prepared = self._backward_pass(given, steps, batch)
            _remember(self._backward, key, prepared)
        parameters, inputs, _ = self.divided(tensors)
        count = len(self.compiled.outputs)
        outputs = [
            _rows_together(value if value.ndim == 3 else value.unsqueeze(-1))
            for value in cotangents[:count]
            if value is not None
        ]
        finals = [
            part for value in cotangents[count:] if value is not None for part in value.contiguous()
        ]
        found = prepared.run(parameters, inputs, memory, outputs, finals)
        gradients: list[Tensor | None] = [found.parameters.get(key) for key in self.parameters]
        gradients += [found.inputs.get(key) for key in self.inputs]
        gradients += [
            found.starts.get((state, self.layouts[state].outside(i, steps)))
            for state, i in self.starts
        ]
        return _separate([_shaped(gradients[i], tensors[i]) for i in self.wanted_places])

    def _backward_pass(self, given: Sequence[bool], steps: int, batch: int) -> BackwardPass:
        wanted = self.wanted
        assert wanted is not None, "internal: a plan without gradients was asked for them"
        kernel = self.compiled.backward_kernel(wanted, form=form_of(steps, batch, gradients=True))
        shares = kernel.shares(steps, batch)
        count = len(self.compiled.outputs)
        outputs = [key for key, flag in zip(self.compiled.outputs, given, strict=False) if flag]
        finals = [
            (state.name, state.last(i, steps))
            for state, flag in zip(self.states, given[count:], strict=True)
            for i in range(state.depth if flag else 0)
        ]
        return BackwardPass(
            self.compiled, wanted, outputs, finals, steps=steps, batch=batch, shares=shares
        )


Key = TypeVar("Key")
Pass = TypeVar("Pass", ForwardPass, BackwardPass)


def _remember(passes: dict[Key, Pass], key: Key, prepared: Pass) -> None:
    """Keeps a prepared pass; many different sizes forget some."""
    if len(passes) >= _PASSES:
        passes.clear()
    passes[key] = prepared


def _rows_together(value: Tensor) -> Tensor:
    """Returns a tensor [T, B, size] whose steps are contiguous; time itself may be repeated."""
    together = value.stride()[1:] == (value.shape[2], 1)
    return value if together or value.shape[0] == 0 else value.contiguous()


def _shaped(gradient: Tensor | None, like: Tensor) -> Tensor:
    """Gives a gradient its tensor's shape."""
    if gradient is None:
        return torch.zeros_like(like)
    if gradient.shape == like.shape and gradient.is_contiguous():
        return gradient
    return gradient.reshape(like.shape).contiguous()


def _separate(gradients: list[Tensor]) -> list[Tensor]:
    """Gives each gradient memory of its own.

    Those that are the same sum, as of two biases that are added, come as one tensor, and
    autograd would keep it for both: what changes one in place would change the other.
    """
    seen: set[int] = set()
    for i, gradient in enumerate(gradients):
        place = gradient.data_ptr()
        if place in seen:
            gradients[i] = gradient.clone()
        seen.add(place)
    return gradients


# The operators know plans by number; one that no module holds any more is forgotten.
_PLANS: weakref.WeakValueDictionary[int, Plan] = weakref.WeakValueDictionary()


def plan_of(number: int) -> Plan:
    """Returns a plan that some module still holds."""
    return _PLANS[number]
