"""The compiled recurrence as torch operators, and as functions that autograd knows.

`recurrence` runs the forward kernel and `recurrence_backward` the adjoint. `FusedFunction` and
`FusedGradient` tell autograd what their derivatives are, and `samples.py` what they are under
`torch.func.vmap`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from elman.nn.plans import Layout, Plan, plan_of
from elman.nn.samples import merge_samples, one_by_one

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


def _recurrence_of_samples(
    info: Any, in_dims: tuple[Any, ...], plan: int, steps: int, batch: int, tensors: list[Tensor]
) -> tuple[list[Tensor], list[int]]:
    """Runs `recurrence` for many samples: as rows of one batch where they share parameters."""
    layout = plan_of(plan).layout
    size, dims = info.batch_size, in_dims[3]
    merged = merge_samples(layout, tensors, dims, size, batch)
    run = torch.ops.elman.recurrence
    if merged is not None:
        made = run(plan, steps, size * batch, merged)
        return [value.unflatten(1, (size, batch)) for value in made], [1] * len(made)
    return one_by_one(lambda *own: run(plan, steps, batch, list(own)), tensors, dims, size)


def _gradients_of_samples(
    info: Any,
    in_dims: tuple[Any, ...],
    plan: int,
    steps: int,
    batch: int,
    tensors: list[Tensor],
    memory: list[Tensor],
    cotangents: list[Tensor | None],
) -> tuple[list[Tensor], list[int]]:
    """Runs `recurrence_backward` for many samples: each has sums over time of its own."""
    first, second = len(tensors), len(tensors) + len(memory)

    def run(*own: Tensor) -> list[Tensor]:
        found: list[Tensor] = torch.ops.elman.recurrence_backward(
            plan, steps, batch, list(own[:first]), list(own[first:second]), list(own[second:])
        )
        return found

    dims = [dim for group in in_dims[3:] for dim in group]
    return one_by_one(run, [*tensors, *memory, *cotangents], dims, info.batch_size)


torch.library.register_vmap("elman::recurrence", _recurrence_of_samples, lib=_LIBRARY)
torch.library.register_vmap("elman::recurrence_backward", _gradients_of_samples, lib=_LIBRARY)


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
        """Runs the adjoint kernel."""
        layout: Layout = ctx.layout
        given = list(cotangents[: len(cotangents) - layout.kept])
        count = len(ctx.saved_tensors) - layout.kept
        tensors, memory = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        gradients: list[Tensor | None] = [None] * count
        if all(cotangent is None for cotangent in given):
            return (None, None, None, *gradients)
        found = gradients_of(layout, ctx.steps, ctx.batch, tensors, memory, given)
        for place, gradient in zip(layout.wanted, found, strict=True):
            gradients[place] = gradient
        return (None, None, None, *gradients)

    @staticmethod
    def vmap(
        info: Any,
        in_dims: tuple[int | None, ...],
        layout: Layout,
        steps: int,
        batch: int,
        *tensors: Tensor,
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        """Runs many samples; those that share their parameters are rows of one batch."""
        size, dims = info.batch_size, in_dims[3:]
        merged = merge_samples(layout, tensors, dims, size, batch)
        if merged is not None:
            made = FusedFunction.apply(layout, steps, size * batch, *merged)
            results = [value.unflatten(1, (size, batch)) for value in made]
            return tuple(results), (1,) * len(results)
        stacked, places = one_by_one(
            lambda *own: FusedFunction.apply(layout, steps, batch, *own), tensors, dims, size
        )
        return tuple(stacked), tuple(places)


def gradients_of(
    layout: Layout,
    steps: int,
    batch: int,
    tensors: Sequence[Tensor],
    memory: Sequence[Tensor],
    cotangents: Sequence[Tensor | None],
) -> Sequence[Tensor]:
    """Returns the wanted gradients, with gradients of their own where torch keeps track of them."""
    if torch.is_grad_enabled():
        tracked: Sequence[Tensor] = FusedGradient.apply(
            layout, steps, batch, *tensors, *memory, *cotangents
        )
        return tracked
    found: Sequence[Tensor] = torch.ops.elman.recurrence_backward(
        layout.number, steps, batch, list(tensors), list(memory), list(cotangents)
    )
    return found


class FusedGradient(torch.autograd.Function):
    """The gradients of a recurrence, when they have gradients themselves.

    Arguments: the layout, T, B, the plan's tensors, the memory of the forward pass, and the
    cotangents of its results. The derivatives are those of torch operations: memory is
    a function of the tensors, so it is computed anew there.
    """

    @staticmethod
    def forward(
        layout: Layout, steps: int, batch: int, *given: Tensor | None
    ) -> tuple[Tensor, ...]:
        """Runs the adjoint kernel."""
        first, second = layout.given, layout.given + layout.kept
        found = torch.ops.elman.recurrence_backward(
            layout.number,
            steps,
            batch,
            list(given[:first]),
            list(given[first:second]),
            list(given[second:]),
        )
        return tuple(found)

    @staticmethod
    def setup_context(ctx: Any, inputs: Sequence[Any], output: tuple[Tensor, ...]) -> None:
        """Keeps the tensors and the cotangents."""
        layout, steps, batch, *given = inputs
        ctx.layout, ctx.steps, ctx.batch = layout, steps, batch
        ctx.plan = plan_of(layout.number)
        cotangents = given[layout.given + layout.kept :]
        ctx.save_for_backward(*given[: layout.given], *cotangents)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """Differentiates the gradients that torch operations compute."""
        layout: Layout = ctx.layout
        saved = ctx.saved_tensors
        places = [i for i, value in enumerate(saved) if value is not None]

        def gradients(*values: Tensor) -> tuple[Tensor, ...]:
            every: list[Tensor | None] = [None] * len(saved)
            for place, value in zip(places, values, strict=True):
                every[place] = value
            tensors = [value for value in every[: layout.given] if value is not None]
            return _eager_gradients(ctx, ctx.plan, tensors, every[layout.given :])

        _, pull = torch.func.vjp(gradients, *(saved[i] for i in places))
        found: list[Tensor | None] = [None] * len(saved)
        for place, value in zip(places, pull(slopes), strict=True):
            found[place] = value
        memory = [None] * layout.kept
        return (None, None, None, *found[: layout.given], *memory, *found[layout.given :])

    @staticmethod
    def vmap(
        info: Any,
        in_dims: tuple[int | None, ...],
        layout: Layout,
        steps: int,
        batch: int,
        *given: Tensor | None,
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        """Runs many samples, one after the other."""
        found, places = one_by_one(
            lambda *own: FusedGradient.apply(layout, steps, batch, *own),
            given,
            in_dims[3:],
            info.batch_size,
        )
        return tuple(found), tuple(places)


def _eager_gradients(
    ctx: Any, plan: Plan, tensors: list[Tensor], cotangents: Sequence[Tensor | None]
) -> tuple[Tensor, ...]:
    """Computes gradients by torch operations, so that they have gradients themselves."""
    places = ctx.layout.wanted

    def results(*wanted: Tensor) -> tuple[Tensor, ...]:
        every = list(tensors)
        for place, value in zip(places, wanted, strict=True):
            every[place] = value
        made = plan.eager(plan, every, ctx.steps, ctx.batch)
        return tuple(r for r, c in zip(made, cotangents, strict=True) if c is not None)

    _, pull = torch.func.vjp(results, *(tensors[place] for place in places))
    found: tuple[Tensor, ...] = pull(tuple(c for c in cotangents if c is not None))
    return found
