"""A recurrence as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from elman.codegen.collector import collector_paused
from elman.ir import Recurrence, parse
from elman.nn.alike import without_autocast
from elman.nn.arguments import ArgumentReader, sizes_of
from elman.nn.direct import DirectCalls, is_plain
from elman.nn.fused import FusedProgram, RunResult, refusal_of
from elman.nn.initialization import initialize
from elman.paper.start.schemes import Init

States: TypeAlias = dict[str, Tensor]
Output: TypeAlias = Tensor | dict[str, Tensor]


def module(
    equations: str | Recurrence,
    sizes: Mapping[str, int] | None = None,
    outputs: str | Iterable[str] | None = None,
    batch_first: bool = False,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    init: Init = None,
    backend: str = "auto",
    memory: str = "balanced",
) -> RecurrentModule:
    """Makes a torch module of a recurrence.

    >>> import elman, torch
    >>> cell = elman.module("h_t = tanh(W h_{t-1} + U x_t + b)", sizes={"x": 28, "h": 128})
    >>> output, final_state = cell(torch.zeros(20, 8, 28))
    >>> output.shape, final_state["h"].shape
    (torch.Size([20, 8, 128]), torch.Size([8, 128]))

    Args:
        equations: The text of the equations, or a parsed recurrence.
        sizes: The size of each vector, such as `{"x": 28, "h": 128, "y": 10}`.
        outputs: The name or names to return; several, or a list, come as a dict. By default the
            outputs that the equations have.
        batch_first: Inputs and outputs are [B, T, size] instead of [T, B, size].
        device: Where the parameters live.
        dtype: Their type; torch's default without it.
        init: How parameters start; see `elman.nn.initialize`.
        backend: `auto` runs compiled kernels where they apply and torch operations elsewhere,
            `fused` insists on the kernels, `eager` does without them.
        memory: What kernels keep from the forward pass for the backward pass. `balanced` computes
            again what costs no more than reading it; `least` keeps outputs and states alone and
            computes all else again, products too; `fast` computes nothing again but sums and
            products of numbers.

    Raises:
        SourceError: The equations do not make sense, or sizes do not fit or stay open.
        BackendUnavailableError: `fused` was asked for, and there is no kernel for this recurrence.
        ValueError: An output, a start, a back end or a choice of memory is unknown.
    """
    return RecurrentModule(
        equations,
        sizes,
        outputs,
        batch_first=batch_first,
        device=device,
        dtype=dtype,
        init=init,
        backend=backend,
        memory=memory,
    )


class RecurrentModule(torch.nn.Module):
    """A recurrence with its parameters, under the user's names.

    Attributes:
        recurrence: The equations and the roles of their names.
        sizes: The sizes of vectors.
        outputs: The names that `forward` returns.
    """

    @collector_paused()
    def __init__(
        self,
        equations: str | Recurrence,
        sizes: Mapping[str, int] | None = None,
        outputs: str | Iterable[str] | None = None,
        *,
        batch_first: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        init: Init = None,
        backend: str = "auto",
        memory: str = "balanced",
    ) -> None:
        super().__init__()
        self.recurrence = equations if isinstance(equations, Recurrence) else parse(equations)
        self.sizes = dict(sizes or {})
        self.shapes = self.recurrence.shapes(self.sizes)
        self.outputs, self._single = self._chosen_outputs(outputs)
        self.program = FusedProgram(
            self.recurrence.typed(self.sizes),
            self.outputs,
            self.recurrence.states,
            backend,
            memory,
        )
        self._reader = ArgumentReader(self.recurrence, self.shapes, self.sizes, batch_first)
        self._direct = DirectCalls(self.program, self._reader)
        shared = {key: group[0] for group in self.recurrence.shared for key in group[1:]}
        self._parameter_names = [shared.get(key, key) for key in self.recurrence.parameters]
        for key in self.recurrence.parameters:
            if key not in shared:
                self._register(key, device, dtype)
        initialize(self, init)

    def _register(
        self, key: str, device: torch.device | str | None, dtype: torch.dtype | None
    ) -> None:
        if hasattr(self, key):
            raise ValueError(
                f"a parameter named {key!r} would hide the attribute of the same name of "
                "torch.nn.Module; give it another name"
            )
        value = torch.zeros(sizes_of(self.shapes[key]), device=device, dtype=dtype)
        trained = key not in self.recurrence.frozen
        self.register_parameter(key, torch.nn.Parameter(value, requires_grad=trained))

    def _chosen_outputs(self, outputs: str | Iterable[str] | None) -> tuple[tuple[str, ...], bool]:
        """Returns the names to give back, and whether as a single tensor."""
        known = [*self.recurrence.graph.definitions, *self.recurrence.totals]
        if outputs is None:
            chosen = self.recurrence.outputs
            return chosen, len(chosen) == 1
        chosen = (outputs,) if isinstance(outputs, str) else tuple(outputs)
        for key in chosen:
            if key not in known:
                raise ValueError(f"there is no output {key!r}; choose among {', '.join(known)}")
        if not chosen:
            raise ValueError(f"outputs is empty; choose among {', '.join(known)}")
        return chosen, isinstance(outputs, str)

    def forward(
        self,
        x: Tensor | Mapping[str, Tensor] | None = None,
        initial_state: Mapping[str, Tensor] | None = None,
        *,
        steps: int | None = None,
    ) -> tuple[Output, States]:
        """Runs the recurrence over a sequence.

        Args:
            x: The input, [T, B, size] ([B, T, size] with `batch_first`, [T, size] without a
                batch); a dict by name where there are several.
            initial_state: State name -> [B, size]; for a state read at lags up to k > 1
                [k, B, size], the latest step first. Missing ones are what the equations say,
                else zero.
            steps: T, for a recurrence without input.

        Returns:
            The output, shaped as the input (a dict by name where there are several), and the
            final state by name, shaped as `initial_state`. The final state of a state that runs
            backward is the one at step 1.

        Raises:
            ValueError: A tensor is missing, or has the wrong shape, type or device; the message
                shows both.
            BackendUnavailableError: `fused` was asked for, and this call has no kernel.
        """
        parameters = self._own_parameters()
        if is_plain():
            found = self._direct.run(parameters, x, initial_state, steps)
            if found is not None:
                outputs, finals = found
                output = (
                    outputs[0] if self._single else dict(zip(self.outputs, outputs, strict=True))
                )
                return output, dict(zip(self.program.state_names, finals, strict=True))
        given = self._reader.read(parameters, x, initial_state, steps)
        with without_autocast([*given.parameters.values(), *given.inputs.values()]):
            result = self.program.run(given)
        states = self.program.state_names
        final = {key: self._final_state(key, result, given.batched) for key in states}
        return self._returned(result, given.batched), final

    @property
    def batch_first(self) -> bool:
        """Whether inputs and outputs are [B, T, size]."""
        return self._reader.batch_first

    @batch_first.setter
    def batch_first(self, value: bool) -> None:
        self._reader.batch_first = value

    @property
    def backend_reason(self) -> str:
        """Why no compiled kernel runs for this recurrence where its parameters are now.

        Empty where one does.
        """
        return self.program.reason or refusal_of(list(self.parameters()))

    def explain(self) -> str:
        """Returns the loop programs that run: what is joined, fused and kept.

        Where torch operations run instead, it says why.
        """
        return self.program.explain()

    def _own_parameters(self) -> list[Tensor]:
        """Returns the value of every parameter, parametrized and shared ones too."""
        own = self._parameters  # a parametrized one is an attribute only
        return [own[key] if key in own else getattr(self, key) for key in self._parameter_names]

    # -- results -----------------------------------------------------------------------------

    def _final_state(self, key: str, result: RunResult, batched: bool) -> Tensor:
        values = [result.finals[key, i] for i in range(self._reader.depths[key])]
        if not batched:
            values = [value.squeeze(0) for value in values]
        return values[0] if len(values) == 1 else torch.stack(values)

    def _returned(self, result: RunResult, batched: bool) -> Output:
        found = {key: self._laid_out(key, result, batched) for key in self.outputs}
        return found[self.outputs[0]] if self._single else found

    def _laid_out(self, key: str, result: RunResult, batched: bool) -> Tensor:
        if key in result.totals:
            total = result.totals[key]
            return total if batched else total.squeeze(0)
        return self._reader.laid_out(result.sequences[key], batched)

    def extra_repr(self) -> str:
        """Shows the equations and sizes."""
        equations = "; ".join(self.recurrence.plain().splitlines())
        sizes = ", ".join(f"{key}={size}" for key, size in self.sizes.items())
        shown = equations + (f" | {sizes}" if sizes else "")
        reason = self.backend_reason
        return shown + (f" | without a compiled kernel: {reason}" if reason else "")
