"""Calls that need nothing of torch but its autograd, found again by what their tensors are.

What torch's dispatcher and transformations need, and the checks of a call, cost more than a small
recurrence. So a call is checked once; a later one whose tensors are alike goes straight to the
kernel. Where a mode or transformation of torch is active the operators of `operators.py` run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeAlias

import torch
from torch import Tensor

from elman.codegen.call import CallResult
from elman.codegen.passes import ForwardPass
from elman.codegen.threads import available_threads
from elman.nn.arguments import ArgumentReader, Input
from elman.nn.fused import KERNEL_TYPES, FusedProgram
from elman.nn.operators import gradients_of
from elman.nn.plans import Plan, plan_of

Key: TypeAlias = tuple[object, ...]

# Kinds of calls that are remembered.
_CALLS = 256


_ATTRIBUTES = attrgetter("shape", "dtype", "requires_grad", "is_cpu")


def is_plain() -> bool:
    """Says whether nothing of torch watches or changes operations: no mode, no transformation."""
    return not (
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch._C._len_torch_dispatch_stack()
        or torch._C._len_torch_function_stack()
        or torch.is_autocast_enabled("cpu")
        or torch._C._get_tracing_state() is not None
        or torch.autograd.forward_ad._current_level >= 0
    )


def described(tensors: Sequence[Tensor]) -> Key:
    """Returns all of some tensors that a call depends on, beside their numbers."""
    # `map` over what torch wrote in C: a loop of Python's takes three times as long.
    return (
        *map(_ATTRIBUTES, tensors),
        *map(Tensor.is_contiguous, tensors),
        *map(Tensor.is_neg, tensors),
    )


@dataclass(frozen=True, eq=False)
class DirectCall:
    """A call that was checked, and how later ones like it go.

    Attributes:
        plan: How the kernels are called.
        forward: The pass of it that computes results.
        steps: T.
        batch: B.
        differentiable: Whether anything needs a gradient.
        batched: Whether the inputs have a batch.
        as_given: Whether the kernel takes the parameters and inputs as they are, and nothing else.
    """

    plan: Plan
    forward: ForwardPass
    steps: int
    batch: int
    differentiable: bool
    batched: bool
    as_given: bool

    def run(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Returns the outputs, then the last values of states: [B, ...], or [k, B, ...] for k > 1.

        Args:
            tensors: In the plan's order, contiguous.
        """
        if self.differentiable:
            made: tuple[Tensor, ...] = _apply(self, *tensors)
            return made
        return self.results_of(self.forward.run(*self.plan.divided(tensors)))

    @cached_property
    def _outputs(self) -> list[tuple[int, slice, bool]]:
        """Of each output: the memory that holds it, its slots, and whether it is a scalar."""
        return [
            (place, slice(first, first + self.steps), scalar)
            for place, first, scalar in self.plan.layout.outputs
        ]

    def results_of(self, found: CallResult) -> tuple[Tensor, ...]:
        """Returns the results among the tensors that the forward pass returned."""
        results = []
        for place, slots, scalar in self._outputs:
            value = found.returned[place][slots]
            results.append(value.squeeze(-1) if scalar else value)
        for value, scalar in zip(found.copies, self.plan.layout.scalars, strict=True):
            results.append(value.squeeze(-1) if scalar else value)
        return tuple(results)

    def cotangents_of(self, given: Sequence[Tensor | None]) -> list[Tensor | None]:
        """Returns the cotangents as the plan takes them, from those of `results_of`."""
        count = len(self.plan.layout.outputs)
        finals = [
            value.unsqueeze(0) if value is not None and state.depth == 1 else value
            for value, state in zip(given[count:], self.plan.states, strict=True)
        ]
        return [*given[:count], *finals]


class DirectFunction(torch.autograd.Function):
    """A call of a kernel whose gradients come from its adjoint.

    `FusedFunction` does the same for transformations of torch, which need `setup_context`.
    """

    @staticmethod
    def forward(ctx: Any, call: DirectCall, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Runs the forward kernel."""
        found = call.forward.run(*call.plan.divided(tensors))
        ctx.call = call
        # Memory is saved although it is no result, so that torch notices changes of the outputs.
        ctx.save_for_backward(*tensors, *found.returned)
        ctx.set_materialize_grads(False)
        return call.results_of(found)

    @staticmethod
    def backward(ctx: Any, *given: Tensor | None) -> tuple[Tensor | None, ...]:
        """Runs the adjoint kernel."""
        call: DirectCall = ctx.call
        plan, saved = call.plan, ctx.saved_tensors
        count = plan.layout.given
        gradients: list[Tensor | None] = [None] * (1 + count)
        cotangents = call.cotangents_of(given)
        if all(cotangent is None for cotangent in cotangents):
            return tuple(gradients)
        tensors, memory = saved[:count], saved[count:]
        if torch.is_grad_enabled() or not is_plain():
            found = gradients_of(plan.layout, call.steps, call.batch, tensors, memory, cotangents)
        else:
            found = plan.run_backward(tensors, memory, cotangents, call.steps, call.batch)
        for place, gradient in zip(plan.layout.wanted, found, strict=True):
            gradients[1 + place] = gradient
        return tuple(gradients)


# torch's own `apply` inspects signatures for transformations, which none of these calls is under.
_apply = super(torch.autograd.Function, DirectFunction).apply


class DirectCalls:
    """The calls of a module, each kind of which is checked once.

    Args:
        program: What runs.
        reader: Checks arguments.
    """

    def __init__(self, program: FusedProgram, reader: ArgumentReader) -> None:
        self.program = program
        self.reader = reader
        self._calls: dict[Key, DirectCall | None] = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Copies and pickles begin anew: calls hold machine code."""
        return DirectCalls, (self.program, self.reader)

    def run(
        self,
        parameters: list[Tensor],
        x: Input,
        initial_state: Mapping[str, Tensor] | None,
        steps: int | None,
    ) -> tuple[list[Tensor], list[Tensor]] | None:
        """Returns the outputs and the last values of states as a module gives them back.

        None where the call has to go the general way.

        Args:
            parameters: In the order of the recurrence.
            x: As given to the module.
            initial_state: As given to the module.
            steps: As given to the module.

        Raises:
            ValueError: A tensor has the wrong shape, type or device.
        """
        if self.program.reason:
            return None
        inputs = self._in_order(x)
        first = initial_state or {}
        tensors = [*parameters, *inputs, *first.values()]
        if not _TYPES.issuperset(map(type, tensors)):
            return None
        key = (
            steps,
            self.reader.batch_first,
            torch.is_grad_enabled(),
            available_threads(),
            tuple(first),
            described(tensors),
        )
        call = self._calls.get(key)
        if call is None and key not in self._calls:
            call = self._remember(key, parameters, x, first, steps)
        if call is None:
            return None
        if call.as_given:
            made = call.run(tensors)
        else:
            given = self.reader.arrange(
                parameters, inputs, first, call.steps, call.batch, call.batched
            )
            made = call.run(self.program.in_order(given, self.program.all_starts(given)))
        return self._finished(call, made)

    def _in_order(self, x: Input) -> list[Any]:
        """Returns the inputs in the order of the recurrence, or something that is no tensor."""
        names = self.reader.inputs
        if type(x) is Tensor and len(names) == 1:  # an abstract class is slow to ask
            return [x]
        if not isinstance(x, Mapping):
            return [] if x is None and not names else [x if len(names) == 1 else None]
        return [x.get(key) for key in names] if len(x) == len(names) else [None]

    def _remember(
        self,
        key: Key,
        parameters: list[Tensor],
        x: Input,
        first: Mapping[str, Tensor],
        steps: int | None,
    ) -> DirectCall | None:
        """Checks a call of a new kind."""
        given = self.reader.read(parameters, x, first, steps)
        tensors = [*parameters, *given.inputs.values(), *given.starts.values()]
        call = None
        if (
            tensors
            and tensors[0].dtype in KERNEL_TYPES
            and not any(t.layout != torch.strided or not t.is_cpu or t.is_neg() for t in tensors)
            and not self.program.is_short(given.steps, given.batch)
        ):
            starts = self.program.all_starts(given)
            prepared = self.program.in_order(given, starts)
            layout = self.program.layout_of(prepared, starts)
            inputs = self._in_order(x)
            plan = plan_of(layout.number)
            call = DirectCall(
                plan,
                plan.forward_pass(given.steps, given.batch),
                given.steps,
                given.batch,
                differentiable=bool(layout.wanted),
                batched=given.batched,
                as_given=len(prepared) == len(parameters) + len(inputs)
                and all(
                    one is other
                    for one, other in zip(prepared, [*parameters, *inputs], strict=True)
                ),
            )
        if len(self._calls) >= _CALLS:
            self._calls.clear()
        self._calls[key] = call
        return call

    def _finished(
        self, call: DirectCall, made: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        count = len(self.program.outputs)
        outputs, finals = list(made[:count]), list(made[count:])
        if self.reader.batch_first or not call.batched:
            outputs = [self.reader.laid_out(value, call.batched) for value in outputs]
        if not call.batched:
            states = call.plan.states
            finals = [
                value.squeeze(0 if state.depth == 1 else 1)
                for value, state in zip(finals, states, strict=True)
            ]
        return outputs, finals


_TYPES = frozenset([Tensor, torch.nn.Parameter])
