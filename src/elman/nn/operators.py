"""The compiled recurrence as torch operators, and as a function that autograd knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from elman.nn.plans import Layout, plan_of

_LIBRARY = torch.library.Library("elman", "DEF")
_LIBRARY.define(
    "recurrence(int plan, SymInt steps, SymInt batch, Tensor[] tensors) -> Tensor[]",
    tags=(torch.Tag.pt2_compliant_tag,),
)
_LIBRARY.define(
    "recurrence_backward(int plan, SymInt steps, SymInt batch, Tensor[] tensors, "
    "Tensor[] memory, Tensor?[] cotangents) -> Tensor[]",
    tags=(torch.Tag.pt2_compliant_tag,),
)


@torch.library.impl(_LIBRARY, "recurrence", "CPU")
def _recurrence(plan: int, steps: int, batch: int, tensors: list[Tensor]) -> list[Tensor]:
    return plan_of(plan).run_forward(tensors, steps, batch)


@torch.library.impl(_LIBRARY, "recurrence_backward", "CPU")
def _recurrence_backward(
    plan: int,
    steps: int,
    batch: int,
    tensors: list[Tensor],
    memory: list[Tensor],
    cotangents: list[Tensor | None],
) -> list[Tensor]:
    return plan_of(plan).run_backward(tensors, memory, cotangents, steps, batch)


@torch.library.register_fake("elman::recurrence", lib=_LIBRARY)
def _recurrence_shapes(plan: int, steps: int, batch: int, tensors: list[Tensor]) -> list[Tensor]:
    """Says what `recurrence` returns, without computing it."""
    known = plan_of(plan)
    like = tensors[0]
    shapes: list[tuple[int, ...]] = [
        (buffer.before + steps + buffer.after, batch, buffer.width) for buffer, _ in known.kept
    ]
    for state in known.states:
        shapes.append((state.depth, batch, known.width(state.name)))
    return [like.new_empty(shape) for shape in shapes]


@torch.library.register_fake("elman::recurrence_backward", lib=_LIBRARY)
def _gradient_shapes(
    plan: int,
    steps: int,
    batch: int,
    tensors: list[Tensor],
    memory: list[Tensor],
    cotangents: list[Tensor | None],
) -> list[Tensor]:
    """Says what `recurrence_backward` returns."""
    return [tensors[i].new_empty(tensors[i].shape) for i in plan_of(plan).wanted_places]


class FusedFunction(torch.autograd.Function):
    """A recurrence whose gradients come from its compiled adjoint.

    Arguments: the layout of the plan's tensors, T, B, and the tensors. Results: the outputs, the
    last values of states, and the memory that the gradients read, which is not differentiable.
    """

    @staticmethod
    def forward(layout: Layout, steps: int, batch: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Runs the forward kernel."""
        made = torch.ops.elman.recurrence(layout.number, steps, batch, list(tensors))
        return (*layout.outputs_of(made, steps), *layout.finals_of(made), *made[: layout.kept])

    @staticmethod
    def setup_context(ctx: Any, inputs: Sequence[Any], output: tuple[Tensor, ...]) -> None:
        """Keeps what the gradients read."""
        layout, steps, batch, *tensors = inputs
        memory = output[len(output) - layout.kept :]
        ctx.layout, ctx.steps, ctx.batch = layout, steps, batch
        if not torch.compiler.is_compiling():
            ctx.plan = plan_of(layout.number)  # lives as long as the graph, if the module does not
        ctx.save_for_backward(*tensors, *memory)
        ctx.mark_non_differentiable(*memory)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        """Runs the adjoint kernel; where the gradients need gradients, the eager back end."""
        layout: Layout = ctx.layout
        given = list(cotangents[: len(cotangents) - layout.kept])
        count = len(ctx.saved_tensors) - layout.kept
        tensors, memory = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        gradients: list[Tensor | None] = [None] * count
        if all(cotangent is None for cotangent in given):
            return (None, None, None, *gradients)
        if torch.is_grad_enabled():
            found = _twice_differentiable(ctx, tensors, given)
        else:
            found = torch.ops.elman.recurrence_backward(
                layout.number, ctx.steps, ctx.batch, list(tensors), list(memory), given
            )
        for place, gradient in zip(layout.wanted, found, strict=True):
            gradients[place] = gradient
        return (None, None, None, *gradients)


def _twice_differentiable(
    ctx: Any, tensors: Sequence[Tensor], cotangents: list[Tensor | None]
) -> Sequence[Tensor | None]:
    """Computes gradients by torch operations, so that they have gradients themselves."""
    plan = plan_of(ctx.layout.number)
    results = plan.eager(plan, list(tensors), ctx.steps, ctx.batch)
    pairs = [
        (result, cotangent)
        for result, cotangent in zip(results, cotangents, strict=True)
        if cotangent is not None and result.requires_grad
    ]
    found: Sequence[Tensor | None] = torch.autograd.grad(
        [result for result, _ in pairs],
        [tensors[place] for place in ctx.layout.wanted],
        [cotangent for _, cotangent in pairs],
        create_graph=True,
        allow_unused=True,
    )
    return found
