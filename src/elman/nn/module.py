"""A recurrence as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from elman.codegen.eager import EagerResult
from elman.ir import Recurrence, Shape, parse
from elman.nn.fused import FusedProgram, FusedResult
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

    Raises:
        SourceError: The equations do not make sense, or sizes do not fit or stay open.
        BackendUnavailableError: `fused` was asked for, and there is no kernel for this recurrence.
        ValueError: An output, a start or a back end is unknown.
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
    ) -> None:
        super().__init__()
        self.recurrence = equations if isinstance(equations, Recurrence) else parse(equations)
        self.sizes = dict(sizes or {})
        self.batch_first = batch_first
        self.shapes = self.recurrence.shapes(self.sizes)
        self.outputs, self._single = self._chosen_outputs(outputs)
        self.program = FusedProgram(
            self.recurrence.typed(self.sizes), self.outputs, self.recurrence.states, backend
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
            ValueError: A tensor is missing or has the wrong shape; the message shows both.
        """
        inputs, steps, batch, batched = self._read_inputs(x, steps)
        starts = self._read_starts(initial_state, steps, batch, batched)
        parameters = dict(self.named_parameters())
        for key, first in self._shared.items():
            parameters[key] = parameters[first]
        result = self.program.run(parameters, inputs, starts, steps=steps, batch=batch)
        final = self._final_state(result, starts, steps, batch)
        if not batched:
            final = {
                key: value.squeeze(_batch_axis(self._lags[key])) for key, value in final.items()
            }
        return self._returned(result, batched), final

    @property
    def backend_reason(self) -> str:
        """Why no compiled kernel runs for this recurrence; empty where one does."""
        return self.program.reason

    def explain(self) -> str:
        """Returns the loop programs that run: what is joined, fused and kept.

        Where torch operations run instead, it says why.
        """
        return self.program.explain()

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
        lead = {key: tuple(value.shape[:2]) for key, value in inputs.items()}
        if len(set(lead.values())) > 1:
            shown = ", ".join(f"{key}: T={t}, B={b}" for key, (t, b) in lead.items())
            raise ValueError(f"the inputs differ in their numbers of steps or samples: {shown}")
        length, batch = next(iter(lead.values()))
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

    def _steps_outside(self, state: str, steps: int) -> list[int]:
        """Returns the steps outside 1..T whose values a state needs, the nearest first."""
        lags = self._lags[state]
        backward = bool(lags) and lags[0] < 0
        depth = max(abs(lag) for lag in lags)
        if backward:
            return [steps + 1 + i for i in range(depth)]
        return [-i for i in range(depth)]

    def _read_starts(
        self,
        initial_state: Mapping[str, Tensor] | None,
        steps: int,
        batch: int,
        batched: bool,
    ) -> dict[tuple[str, int], Tensor]:
        starts: dict[tuple[str, int], Tensor] = {}
        for key, value in (initial_state or {}).items():
            if key not in self.recurrence.states:
                known = ", ".join(self.recurrence.states) or "none"
                raise ValueError(f"there is no state {key!r}; the states are {known}")
            outside = self._steps_outside(key, steps)
            own = _sizes(self.shapes[key])
            lead = () if len(outside) == 1 else (len(outside),)
            wanted = (*lead, *((batch,) if batched else ()), *own)
            if tuple(value.shape) != wanted:
                raise ValueError(
                    f"the initial state of {key} has shape {list(value.shape)}, "
                    f"wanted {list(wanted)}"
                )
            stacked = value if lead else value.unsqueeze(0)
            stacked = stacked if batched else stacked.unsqueeze(1)
            starts.update({(key, step): stacked[i] for i, step in enumerate(outside)})
        return starts

    def _final_state(
        self,
        result: EagerResult | FusedResult,
        starts: Mapping[tuple[str, int], Tensor],
        steps: int,
        batch: int,
    ) -> States:
        final: States = {}
        for key in self.recurrence.states:
            outside = self._steps_outside(key, steps)
            backward = outside[0] > 0
            wanted = [1 + i if backward else steps - i for i in range(len(outside))]
            values = [
                result.at(key, step)
                if 1 <= step <= steps
                else self._start(key, step, starts, batch)
                for step in wanted
            ]
            final[key] = values[0] if len(values) == 1 else torch.stack(values)
        return final

    def _start(
        self, key: str, step: int, starts: Mapping[tuple[str, int], Tensor], batch: int
    ) -> Tensor:
        """Returns the value of a state before the first or after the last step."""
        if (key, step) in starts:
            return starts[key, step]
        like = next(iter([*self.parameters(), torch.zeros(())]))
        return like.new_zeros((batch, *_sizes(self.shapes[key])))

    # -- outputs -----------------------------------------------------------------------------

    def _returned(self, result: EagerResult | FusedResult, batched: bool) -> Output:
        found = {key: self._laid_out(key, result, batched) for key in self.outputs}
        return found[self.outputs[0]] if self._single else found

    def _laid_out(self, key: str, result: EagerResult | FusedResult, batched: bool) -> Tensor:
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
        return equations + (f" | {sizes}" if sizes else "")


def _batch_axis(lags: tuple[int, ...]) -> int:
    return 0 if max(abs(lag) for lag in lags) == 1 else 1


def _sizes(shape: Shape) -> tuple[int, ...]:
    return tuple(dim.size or 0 for dim in shape)
