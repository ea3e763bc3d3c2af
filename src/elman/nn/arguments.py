"""What a module is called with, checked: tensors by name, time first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from torch import Tensor

from elman.ir import Recurrence, Shape
from elman.nn.alike import make_alike

Input: TypeAlias = Tensor | Mapping[str, Tensor] | None


class Arguments(NamedTuple):
    """The arguments of one call.

    Attributes:
        parameters: Name -> its value.
        inputs: Name -> [T, B, ...].
        starts: (state, i) -> [B, ...], the i-th value outside 1..T, the nearest first.
        steps: T.
        batch: B.
        batched: Whether the inputs were given with a batch.
    """

    parameters: Mapping[str, Tensor]
    inputs: Mapping[str, Tensor]
    starts: Mapping[tuple[str, int], Tensor]
    steps: int
    batch: int
    batched: bool


class ArgumentReader:
    """Checks the arguments of a module's calls and brings them into one form.

    Args:
        recurrence: The equations.
        shapes: The shape of every name, without time and batch.
        sizes: As given to the module, for errors.
        batch_first: Whether inputs are [B, T, ...].

    Attributes:
        batch_first: Whether inputs are [B, T, ...].
        depths: State -> how many of its values outside 1..T are read.
    """

    def __init__(
        self,
        recurrence: Recurrence,
        shapes: Mapping[str, Shape],
        sizes: Mapping[str, int],
        batch_first: bool,
    ) -> None:
        self.parameters = recurrence.parameters
        self.inputs = recurrence.inputs
        self.states = recurrence.states
        self.depths = {key: max(abs(lag) for lag in recurrence.lags(key)) for key in self.states}
        self._shapes = {key: sizes_of(shape) for key, shape in shapes.items()}
        self._sizes = dict(sizes)
        self.batch_first = batch_first

    def read(
        self,
        parameters: Sequence[Tensor],
        x: Input,
        initial_state: Mapping[str, Tensor] | None,
        steps: int | None,
    ) -> Arguments:
        """Returns the tensors of a call by name, and its sizes.

        Args:
            parameters: In the order of the recurrence.
            x: As given to the module.
            initial_state: As given to the module.
            steps: T, for a recurrence without input.

        Raises:
            ValueError: A tensor is missing, or has the wrong shape, type or device; the message
                shows both.
        """
        named = self._read_parameters(parameters)
        read, steps, batch, batched = self._read_inputs(x, steps)
        _, inputs, first = make_alike(
            ("the parameter {}", named),
            ("the input {}", read),
            ("the initial state of {}", initial_state or {}),
        )
        starts = self._read_starts(first, batch, batched)
        return Arguments(named, inputs, starts, steps, batch, batched)

    def arrange(
        self,
        parameters: Sequence[Tensor],
        inputs: Sequence[Tensor],
        initial_state: Mapping[str, Tensor],
        steps: int,
        batch: int,
        batched: bool,
    ) -> Arguments:
        """Returns the tensors of a call like one that was checked, by name."""
        starts: dict[tuple[str, int], Tensor] = {}
        for key, value in initial_state.items():
            starts.update(self.starts_of(key, value, batched))
        return Arguments(
            dict(zip(self.parameters, parameters, strict=True)),
            {
                key: self._time_first(value, batched)
                for key, value in zip(self.inputs, inputs, strict=True)
            },
            starts,
            steps,
            batch,
            batched,
        )

    def _read_parameters(self, parameters: Sequence[Tensor]) -> dict[str, Tensor]:
        named = dict(zip(self.parameters, parameters, strict=True))
        for key, value in named.items():
            if tuple(value.shape) != self._shapes[key]:
                raise ValueError(
                    f"the parameter {key} has shape {list(value.shape)}, "
                    f"wanted {list(self._shapes[key])}; sizes are {self._sizes}"
                )
        return named

    # -- inputs ------------------------------------------------------------------------------

    def _read_inputs(self, x: Input, steps: int | None) -> tuple[dict[str, Tensor], int, int, bool]:
        names = self.inputs
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
        batched = bool(given[names[0]].ndim != 1 + len(self._shapes[names[0]]))
        inputs = {key: self._read_input(key, given[key], batched) for key in names}
        length, batch = inputs[names[0]].shape[:2]
        # Without a set: torch's compiler would take numbers that are hashed for constants.
        if any(value.shape[0] != length or value.shape[1] != batch for value in inputs.values()):
            lead = {key: value.shape[:2] for key, value in inputs.items()}
            shown = ", ".join(f"{key}: T={t}, B={b}" for key, (t, b) in lead.items())
            raise ValueError(f"the inputs differ in their numbers of steps or samples: {shown}")
        if steps is not None and steps != length:
            raise ValueError(f"steps is {steps}, but the input has {length}")
        return inputs, length, batch, batched

    def _read_input(self, key: str, value: Tensor, batched: bool) -> Tensor:
        """Returns an input as [T, B, ...].

        Raises:
            ValueError: Its shape or type is wrong.
        """
        own = self._shapes[key]
        expected = 1 + int(batched) + len(own)
        if value.ndim != expected or tuple(value.shape[expected - len(own) :]) != own:
            axes = ("B", "T") if self.batch_first else ("T", "B")
            wanted = ", ".join(str(part) for part in (*axes, *own))
            raise ValueError(
                f"the input {key} has shape {list(value.shape)}, wanted [{wanted}]; "
                f"sizes are {self._sizes}"
            )
        if not value.is_floating_point():
            raise ValueError(
                f"the input {key} has dtype {value.dtype}; convert it with .float(), or one-hot "
                "encode classes first"
            )
        return self._time_first(value, batched)

    def _time_first(self, value: Tensor, batched: bool) -> Tensor:
        if not batched:
            return value.unsqueeze(1)
        return value.transpose(0, 1) if self.batch_first else value

    # -- states ------------------------------------------------------------------------------

    def _read_starts(
        self, initial_state: Mapping[str, Tensor], batch: int, batched: bool
    ) -> dict[tuple[str, int], Tensor]:
        starts: dict[tuple[str, int], Tensor] = {}
        for key, value in initial_state.items():
            if key not in self.states:
                known = ", ".join(self.states) or "none"
                raise ValueError(f"there is no state {key!r}; the states are {known}")
            depth, own = self.depths[key], self._shapes[key]
            lead = () if depth == 1 else (depth,)
            wanted = (*lead, *((batch,) if batched else ()), *own)
            if tuple(value.shape) != wanted:
                raise ValueError(
                    f"the initial state of {key} has shape {list(value.shape)}, "
                    f"wanted {list(wanted)}"
                )
            starts.update(self.starts_of(key, value, batched))
        return starts

    def starts_of(self, key: str, value: Tensor, batched: bool) -> dict[tuple[str, int], Tensor]:
        """Returns the values outside 1..T of a state, from its initial state as a call gives it."""
        if not batched:
            value = value.unsqueeze(0 if self.depths[key] == 1 else 1)
        if self.depths[key] == 1:
            return {(key, 0): value}
        return {(key, i): value[i] for i in range(self.depths[key])}

    # -- results -----------------------------------------------------------------------------

    def laid_out(self, sequence: Tensor, batched: bool) -> Tensor:
        """Returns a sequence [T, B, ...] as the inputs were given."""
        if not batched:
            return sequence.squeeze(1)
        return sequence.transpose(0, 1) if self.batch_first else sequence


def sizes_of(shape: Shape) -> tuple[int, ...]:
    """Returns the numbers of a shape whose sizes are all known."""
    return tuple(dim.size or 0 for dim in shape)
