"""A recurrence as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from elman.ir import Recurrence, Shape, parse
from elman.nn.alike import make_alike, without_autocast
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
        batch_first: Whether inputs and outputs are [B, T, size].
    """

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
        self.batch_first = batch_first
        self.shapes = self.recurrence.shapes(self.sizes)
        self.outputs, self._single = self._chosen_outputs(outputs)
        self.program = FusedProgram(
            self.recurrence.typed(self.sizes),
            self.outputs,
            self.recurrence.states,
            backend,
            memory,
        )
        self._lags = {state: self.recurrence.lags(state) for state in self.recurrence.states}
        self._shared = {key: group[0] for group in self.recurrence.shared for key in group[1:]}
        for key in self.recurrence.parameters:
            if key not in self._shared:
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
        value = torch.zeros(_sizes(self.shapes[key]), device=device, dtype=dtype)
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
        parameters = self._parameters_by_name()
        read, steps, batch, batched = self._read_inputs(x, steps)
        _, inputs, first = make_alike(
            ("the parameter {}", parameters),
            ("the input {}", read),
            ("the initial state of {}", initial_state or {}),
        )
        starts = self._read_starts(first, batch, batched)
        with without_autocast([*parameters.values(), *inputs.values()]):
            result = self.program.run(parameters, inputs, starts, steps=steps, batch=batch)
        final = {key: self._final_state(key, result, batched) for key in self.recurrence.states}
        return self._returned(result, batched), final

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

    def _parameters_by_name(self) -> dict[str, Tensor]:
        """Returns the value of every parameter, parametrized and shared ones too."""
        return {
            key: getattr(self, self._shared.get(key, key)) for key in self.recurrence.parameters
        }

    # -- inputs ------------------------------------------------------------------------------

    def _read_inputs(
        self, x: Tensor | Mapping[str, Tensor] | None, steps: int | None
    ) -> tuple[dict[str, Tensor], int, int, bool]:
        names = self.recurrence.inputs
        if isinstance(x, Mapping):
            given: dict[str, Tensor] = dict(x)
        else:
            given = {} if x is None else {names[0] if names else "x": x}
        missing = [key for key in names if key not in given]
        unknown = [key for key in given if key not in names]
        if missing or unknown:
            raise ValueError(
                f"the inputs are {', '.join(names) or 'none'}; "
                + (f"missing: {', '.join(missing)}" if missing else "")
                + (f"unknown: {', '.join(unknown)}" if unknown else "")
                + ("; give a dict by name" if len(names) > 1 else "")
            )
        if not names:
            if steps is None:
                raise ValueError("this recurrence has no input; give steps=")
            return {}, steps, 1, True
        batched = self._is_batched(names[0], given[names[0]])
        inputs = {key: self._time_major(key, given[key], batched) for key in names}
        length, batch = inputs[names[0]].shape[:2]
        # Without a set: torch's compiler would take numbers that are hashed for constants.
        if any(value.shape[0] != length or value.shape[1] != batch for value in inputs.values()):
            lead = {key: value.shape[:2] for key, value in inputs.items()}
            shown = ", ".join(f"{key}: T={t}, B={b}" for key, (t, b) in lead.items())
            raise ValueError(f"the inputs differ in their numbers of steps or samples: {shown}")
        if steps is not None and steps != length:
            raise ValueError(f"steps is {steps}, but the input has {length}")
        return inputs, length, batch, batched

    def _is_batched(self, key: str, value: Tensor) -> bool:
        return bool(value.ndim != 1 + len(self.shapes[key]))

    def _time_major(self, key: str, value: Tensor, batched: bool) -> Tensor:
        own = _sizes(self.shapes[key])
        expected = 1 + int(batched) + len(own)
        if value.ndim != expected or tuple(value.shape[expected - len(own) :]) != own:
            axes = ("B", "T") if self.batch_first else ("T", "B")
            wanted = ", ".join(str(part) for part in (*axes, *own))
            raise ValueError(
                f"the input {key} has shape {list(value.shape)}, wanted [{wanted}]; "
                f"sizes are {self.sizes}"
            )
        if not value.is_floating_point():
            raise ValueError(
                f"the input {key} has dtype {value.dtype}; convert it with .float(), or one-hot "
                "encode classes first"
            )
        if not batched:
            return value.unsqueeze(1)
        return value.transpose(0, 1) if self.batch_first else value

    # -- states ------------------------------------------------------------------------------

    def _depth(self, state: str) -> int:
        """Returns how many values outside 1..T a state needs."""
        return max(abs(lag) for lag in self._lags[state])

    def _read_starts(
        self,
        initial_state: Mapping[str, Tensor],
        batch: int,
        batched: bool,
    ) -> dict[tuple[str, int], Tensor]:
        starts: dict[tuple[str, int], Tensor] = {}
        for key, value in initial_state.items():
            if key not in self.recurrence.states:
                known = ", ".join(self.recurrence.states) or "none"
                raise ValueError(f"there is no state {key!r}; the states are {known}")
            depth = self._depth(key)
            own = _sizes(self.shapes[key])
            lead = () if depth == 1 else (depth,)
            wanted = (*lead, *((batch,) if batched else ()), *own)
            if tuple(value.shape) != wanted:
                raise ValueError(
                    f"the initial state of {key} has shape {list(value.shape)}, "
                    f"wanted {list(wanted)}"
                )
            stacked = value if lead else value.unsqueeze(0)
            stacked = stacked if batched else stacked.unsqueeze(1)
            starts.update({(key, i): stacked[i] for i in range(depth)})
        return starts

    def _final_state(self, key: str, result: RunResult, batched: bool) -> Tensor:
        values = [result.finals[key, i] for i in range(self._depth(key))]
        if not batched:
            values = [value.squeeze(0) for value in values]
        return values[0] if len(values) == 1 else torch.stack(values)

    # -- outputs -----------------------------------------------------------------------------

    def _returned(self, result: RunResult, batched: bool) -> Output:
        found = {key: self._laid_out(key, result, batched) for key in self.outputs}
        return found[self.outputs[0]] if self._single else found

    def _laid_out(self, key: str, result: RunResult, batched: bool) -> Tensor:
        if key in result.totals:
            total = result.totals[key]
            return total if batched else total.squeeze(0)
        sequence = result.sequences[key]
        if not batched:
            return sequence.squeeze(1)
        return sequence.transpose(0, 1) if self.batch_first else sequence

    def extra_repr(self) -> str:
        """Shows the equations and sizes."""
        equations = "; ".join(self.recurrence.plain().splitlines())
        sizes = ", ".join(f"{key}={size}" for key, size in self.sizes.items())
        shown = equations + (f" | {sizes}" if sizes else "")
        reason = self.backend_reason
        return shown + (f" | without a compiled kernel: {reason}" if reason else "")


def _sizes(shape: Shape) -> tuple[int, ...]:
    return tuple(dim.size or 0 for dim in shape)
