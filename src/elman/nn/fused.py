"""The compiled back end of a module, and why a call does without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from elman.autodiff.activity import lagged_names
from elman.codegen.compiled import CompiledRecurrence, Wanted
from elman.codegen.eager import EagerProgram
from elman.codegen.explain import print_program
from elman.codegen.keeping import MEMORY
from elman.codegen.normal import UnsupportedByKernelError
from elman.codegen.statics import StaticValues
from elman.errors import BackendUnavailableError
from elman.ir.graph import StepGraph
from elman.nn.arguments import Arguments
from elman.nn.operators import FusedFunction
from elman.nn.plans import Layout, Plan, StateLayout
from elman.nn.samples import needs_gradient

BACKENDS = ("auto", "fused", "eager")
KERNEL_TYPES = (torch.float32, torch.float64)
_HALF_TYPES = (torch.float16, torch.bfloat16)


def _assume_constant_result(function: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a function like `torch.compiler.assume_constant_result`.

    That one imports torch's compiler, which takes two seconds, to set this attribute.
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@dataclass(frozen=True)
class RunResult:
    """What one run computed: outputs whole, states where they end.

    Attributes:
        sequences: Name with time -> [T, B, ...]; of the compiled back end, outputs only.
        totals: Name -> [B, ...]; they have no kernel.
        finals: (state, i) -> [B, ...], the i-th last value that it reaches, the very last first.
    """

    sequences: dict[str, Tensor]
    totals: dict[str, Tensor]
    finals: dict[tuple[str, int], Tensor]


class FusedProgram:
    """A typed step graph that runs as compiled kernels wherever they apply.

    Args:
        graph: With all sizes known.
        outputs: The names that a module returns.
        states: Names whose last values it returns.
        backend: `auto`, `fused` or `eager`.
        memory: One of `MEMORY`.

    Attributes:
        reason: Why no kernel is used, empty where one is.

    Raises:
        BackendUnavailableError: `fused` was asked for, and there is no kernel for this recurrence.
        ValueError: The back end is unknown.
    """

    def __init__(
        self,
        graph: StepGraph,
        outputs: Sequence[str],
        states: Sequence[str],
        backend: str,
        memory: str = "balanced",
    ) -> None:
        if backend not in BACKENDS:
            raise ValueError(f"backend is {backend!r}; choose among {', '.join(BACKENDS)}")
        if memory not in MEMORY:
            raise ValueError(f"memory is {memory!r}; choose among {', '.join(MEMORY)}")
        self.eager = EagerProgram(graph)
        self.graph = graph
        self.backend = backend
        self.memory = memory
        self.outputs = tuple(outputs)
        self.states = _layouts(graph, states)
        self.state_names = tuple(states)
        self._depth = max([1, *(state.depth for state in self.states)])
        self._compiled: dict[torch.dtype, CompiledRecurrence] = {}
        self._plans: dict[tuple[object, ...], Plan] = {}
        self.reason = "backend is 'eager'" if backend == "eager" else self._find_reason()
        if self.reason and backend == "fused":
            raise BackendUnavailableError(
                f"this recurrence has no compiled kernel: {self.reason}\n"
                '  Use backend="auto" or backend="eager".'
            )

    def __reduce__(self) -> tuple[type[FusedProgram], tuple[Any, ...]]:
        """Copies and pickles hold no machine code; it is made again where it is needed."""
        return FusedProgram, (
            self.graph,
            self.outputs,
            self.state_names,
            self.backend,
            self.memory,
        )

    def __deepcopy__(self, memo: dict[int, object]) -> FusedProgram:
        make, arguments = self.__reduce__()
        return make(*arguments)

    def _find_reason(self) -> str:
        """Says why there are no kernels for all outputs and gradients; nothing if there are."""
        try:
            self.compiled(torch.float32).check(self._everything())
        except UnsupportedByKernelError as error:
            return str(error)
        return ""

    def _everything(self) -> Wanted:
        return Wanted(self.graph.parameters, self.graph.inputs, self.state_names)

    def compiled(self, dtype: torch.dtype) -> CompiledRecurrence:
        """Returns the kernels for a type of numbers."""
        known = self._compiled.get(dtype)
        if known is None:
            bare = replace(self.graph, starts={})
            known = CompiledRecurrence(bare, self.outputs, self.state_names, dtype, self.memory)
            self._compiled[dtype] = known
        return known

    def explain(self) -> str:
        """Returns what runs for this recurrence: the loop programs, or why there are none."""
        if self.reason:
            return f"backend: eager torch operations\nreason: {self.reason}\n"
        compiled, everything = self.compiled(torch.float32), self._everything()
        forward = print_program(compiled.forward_program(everything))
        backward = print_program(compiled.backward_program(everything))
        keeping = compiled.keeping(everything).text()
        return f"backend: compiled kernels\n\nforward\n{forward}\n{keeping}\nbackward\n{backward}"

    # -- running -------------------------------------------------------------------------------

    def run(self, given: Arguments) -> RunResult:
        """Computes the outputs and last states.

        Args:
            given: The tensors. Values outside 1..T that are missing are what the text says, else
                zero.

        Raises:
            BackendUnavailableError: `fused` was asked for, and these tensors have no kernel.
        """
        tensors = [*given.parameters.values(), *given.inputs.values(), *given.starts.values()]
        refusal = self.reason or refusal_of(tensors) or _forward_mode()
        if refusal and self.backend == "fused":
            raise BackendUnavailableError(
                f'no kernel for this call: {refusal}\n  Use backend="auto" or "eager" for it.'
            )
        if refusal or self.is_short(given.steps, given.batch):
            return self._run_eagerly(given)
        half = {tensor.dtype for tensor in tensors} & set(_HALF_TYPES)
        if half:
            wide = given._replace(
                parameters={key: value.float() for key, value in given.parameters.items()},
                inputs={key: value.float() for key, value in given.inputs.items()},
                starts={key: value.float() for key, value in given.starts.items()},
            )
            return _narrowed(self._run(wide), half.pop())
        return self._run(given)

    def is_short(self, steps: int, batch: int) -> bool:
        """Says whether there is so little to do that kernels are not made for it."""
        return steps < self._depth or batch < 1

    def _run(self, given: Arguments) -> RunResult:
        starts = self.all_starts(given)
        tensors = self.in_order(given, starts)
        layout = self.layout_of(tensors, starts)
        steps, batch = given.steps, given.batch
        if layout.wanted:
            made = FusedFunction.apply(layout, steps, batch, *tensors)
            outputs, finals = made[: len(self.outputs)], made[len(self.outputs) :]
        else:
            raw = torch.ops.elman.recurrence(layout.number, steps, batch, tensors)
            outputs, finals = layout.outputs_of(raw, steps), layout.finals_of(raw)
        return RunResult(
            dict(zip(self.outputs, outputs, strict=True)),
            {},
            {
                (state.name, i): final[i]
                for state, final in zip(self.states, finals, strict=False)
                for i in range(state.depth)
            },
        )

    def in_order(self, given: Arguments, starts: Mapping[tuple[str, int], Tensor]) -> list[Tensor]:
        """Returns the tensors of a call in a plan's order, contiguous."""
        tensors = [given.parameters[key].contiguous() for key in self.graph.parameters]
        tensors += [given.inputs[key].contiguous() for key in self.graph.inputs]
        tensors += list(starts.values())
        return tensors or [torch.zeros(())]

    def layout_of(
        self, tensors: Sequence[Tensor], starts: Mapping[tuple[str, int], Tensor]
    ) -> Layout:
        """Returns the layout of the plan for tensors in its order."""
        differentiable = torch.is_grad_enabled()
        flags = tuple(differentiable and needs_gradient(tensor) for tensor in tensors)
        found: Layout = self.layout(tensors[0].dtype, flags, tuple(starts))
        return found

    def _run_eagerly(self, given: Arguments) -> RunResult:
        """Computes everything by torch operations."""
        parameters, inputs, starts, steps, batch, _ = given
        by_step = {
            (state.name, state.outside(i, steps)): starts[state.name, i]
            for state in self.states
            for i in range(state.depth)
            if (state.name, i) in starts
        }
        result = self.eager.run(parameters, inputs, by_step, steps=steps, batch=batch)
        outside: dict[tuple[str, int], Tensor] = {}
        if steps < self._depth:
            outside = self.all_starts(given)
        finals: dict[tuple[str, int], Tensor] = {}
        for state in self.states:
            for i in range(state.depth):
                if i < steps:
                    finals[state.name, i] = result.at(state.name, state.last(i, steps))
                elif (state.name, i - steps) in outside:
                    finals[state.name, i] = outside[state.name, i - steps]
                else:
                    like = next(iter([*parameters.values(), *starts.values(), torch.zeros(())]))
                    finals[state.name, i] = like.new_zeros((batch, *self._sizes(state.name)))
        return RunResult(result.sequences, result.totals, finals)

    def _sizes(self, name: str) -> tuple[int, ...]:
        return tuple(dim.size or 0 for dim in self.graph.definitions[name].shape)

    def all_starts(self, given: Arguments) -> dict[tuple[str, int], Tensor]:
        """Returns the values outside 1..T that are given or written in the text, contiguous."""
        like = next(iter([*given.parameters.values(), torch.zeros(())]))
        static = StaticValues(given.parameters, given.steps, like.dtype, detach=False)
        found = {}
        for state in self.states:
            for i in range(state.depth):
                value = given.starts.get((state.name, i))
                # The text gives values before the first step, and none after the last.
                if value is None and not state.backward and (state.name, -i) in self.graph.starts:
                    value = static.of(self.graph.starts[state.name, -i]).to(like.device)
                    value = value.expand((given.batch, *self._sizes(state.name)))
                if value is not None:
                    found[state.name, i] = value.contiguous()
        return found

    @_assume_constant_result
    def layout(
        self,
        dtype: torch.dtype,
        flags: tuple[bool, ...],
        starts: tuple[tuple[str, int], ...],
    ) -> Layout:
        """Returns the layout of a plan; torch's compiler takes it as it is, and looks no deeper."""
        return self.plan(dtype, flags, starts).layout

    def plan(
        self,
        dtype: torch.dtype,
        flags: tuple[bool, ...],
        starts: tuple[tuple[str, int], ...],
    ) -> Plan:
        """Returns how to call the kernels.

        Args:
            dtype: Of all tensors.
            flags: Which of the tensors need gradients: parameters, inputs, starts.
            starts: Which values outside 1..T are given.
        """
        key = (dtype, flags, starts)
        known = self._plans.get(key)
        if known is None:
            known = self._plans[key] = self._make_plan(dtype, flags, starts)
        return known

    def _make_plan(
        self,
        dtype: torch.dtype,
        flags: tuple[bool, ...],
        starts: tuple[tuple[str, int], ...],
    ) -> Plan:
        parameters, inputs = self.graph.parameters, self.graph.inputs
        count = len(parameters)
        chosen = _flagged(parameters, flags)
        chosen_inputs = _flagged(inputs, flags[count:])
        chosen_starts = _flagged(starts, flags[count + len(inputs) :])
        wanted = None
        if any(flags):
            states = tuple(dict.fromkeys(state for state, _ in chosen_starts))
            wanted = Wanted(chosen, chosen_inputs, states)
        return Plan(
            self.compiled(dtype),
            parameters,
            inputs,
            starts,
            self.states,
            wanted,
            chosen_starts,
            self._eager_results,
        )

    def _eager_results(
        self, plan: Plan, tensors: list[Tensor], steps: int, batch: int
    ) -> list[Tensor]:
        """Computes what a plan computes by torch operations: outputs, then last states."""
        remaining = iter(tensors)
        parameters = {key: next(remaining) for key in plan.parameters}
        inputs = {key: next(remaining) for key in plan.inputs}
        starts = {
            (state, plan.layouts[state].outside(i, steps)): next(remaining)
            for state, i in plan.starts
        }
        result = self.eager.run(parameters, inputs, starts, steps=steps, batch=batch)
        finals = [
            torch.stack([result.at(s.name, s.last(i, steps)) for i in range(s.depth)])
            for s in self.states
        ]
        return [result.sequences[key] for key in self.outputs] + finals


Name = TypeVar("Name")


def _flagged(names: Sequence[Name], flags: Iterable[bool]) -> tuple[Name, ...]:
    return tuple(name for name, flag in zip(names, flags, strict=False) if flag)


def _layouts(graph: StepGraph, states: Sequence[str]) -> tuple[StateLayout, ...]:
    lags = lagged_names(graph)
    return tuple(
        StateLayout(key, max(abs(lag) for lag in lags[key]), lags[key][0] < 0) for key in states
    )


def _forward_mode() -> str:
    """Says that derivatives are taken forward, as by `torch.func.jvp`, or nothing."""
    active = getattr(torch.autograd.forward_ad, "_current_level", -1) >= 0
    return "derivatives in forward mode have none" if active else ""


def refusal_of(tensors: Sequence[Tensor]) -> str:
    """Says why tensors have no kernel, or nothing."""
    types = {tensor.dtype for tensor in tensors}
    devices = {tensor.device.type for tensor in tensors}
    if devices - {"cpu"}:
        return f"the tensors are on {', '.join(sorted(devices))}; the kernels run on the CPU"
    if types - {*KERNEL_TYPES, *_HALF_TYPES} or len(types) > 1:
        return f"the tensors have types {', '.join(sorted(map(str, types)))}"
    return ""


def _narrowed(result: RunResult, dtype: torch.dtype) -> RunResult:
    return RunResult(
        {key: value.to(dtype) for key, value in result.sequences.items()},
        {},
        {key: value.to(dtype) for key, value in result.finals.items()},
    )
