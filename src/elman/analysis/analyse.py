"""Everything that is looked at in one trained network, as one record that a file can hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from elman.analysis.example import Example, follow_sequence
from elman.analysis.gradients import StateGradients, measure_gradients
from elman.analysis.network import read_network
from elman.analysis.probe import Probe, probe_states
from elman.analysis.slopes import Saturated, measure_saturated
from elman.analysis.spectrum import Spectrum, measure_spectra
from elman.analysis.timing import StepTime, time_steps
from elman.nn.module import RecurrentModule
from elman.tasks.base import AbstractTask
from elman.train.config import TrainConfig

_Record = TypeVar("_Record")


@dataclass(frozen=True)
class Snapshot:
    """A network at one moment: before training or after it.

    Attributes:
        gradients: How the loss depends on each state at each step.
        saturation: How much of each nonlinearity is saturated.
        spectra: The spectrum of the Jacobian of each loop.
    """

    gradients: tuple[StateGradients, ...]
    saturation: tuple[Saturated, ...]
    spectra: tuple[Spectrum, ...]


@dataclass(frozen=True)
class Analysis:
    """What is looked at in one run.

    Attributes:
        steps: Number of steps that the network reads.
        before: The network at its start.
        after: The network that was trained.
        probe: Which of its units hold the answer, or None where a sequence has no one class.
        example: Its states while it reads one sequence.
        times: What a step of its training takes.
    """

    steps: int
    before: Snapshot
    after: Snapshot
    probe: Probe | None
    example: Example
    times: tuple[StepTime, ...]

    def to_json(self) -> str:
        """Returns the record as text, which `read_analysis` reads."""
        return json.dumps(asdict(self), allow_nan=False, separators=(",", ":"))


def analyse(
    make: Callable[[str], RecurrentModule],
    trained: RecurrentModule,
    task: AbstractTask,
    config: TrainConfig,
) -> Analysis:
    """Looks at a network before and after training; takes seconds.

    Args:
        make: From the name of a back end to the module at its start.
        trained: The module after training.
        task: What it was trained on; its test sequences are looked at.
        config: How it was trained.
    """
    batch = task.test()
    probe = probe_states(trained, batch)
    return Analysis(
        steps=len(batch.inputs),
        before=_look(make("eager"), task),
        after=_look(trained, task),
        probe=probe,
        example=follow_sequence(trained, batch, None if probe is None else probe.best_units()),
        times=time_steps(make, task, config),
    )


def _look(module: RecurrentModule, task: AbstractTask) -> Snapshot:
    network, batch = read_network(module), task.test()
    return Snapshot(
        gradients=measure_gradients(network, task, batch),
        saturation=measure_saturated(network, batch),
        spectra=measure_spectra(network, batch.inputs[:, 0]),
    )


def read_analysis(text: str) -> Analysis:
    """Returns the record that `Analysis.to_json` wrote.

    Raises:
        ValueError: The text is not such a record, or one of another version.
    """
    try:
        content = json.loads(text)
        return Analysis(
            steps=int(content["steps"]),
            before=_read_snapshot(content["before"]),
            after=_read_snapshot(content["after"]),
            probe=content["probe"] and _read(Probe, content["probe"]),
            example=_read(Example, content["example"]),
            times=tuple(_read(StepTime, item) for item in content["times"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a record of an analysis: {error}") from error


def _read_snapshot(content: dict[str, Any]) -> Snapshot:
    return Snapshot(
        gradients=tuple(_read(StateGradients, item) for item in content["gradients"]),
        saturation=tuple(_read(Saturated, item) for item in content["saturation"]),
        spectra=tuple(_read(Spectrum, item) for item in content["spectra"]),
    )


def _read(kind: Callable[..., _Record], content: dict[str, Any]) -> _Record:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if set(content) != names:
        raise TypeError(f"it has {', '.join(content)} instead of {', '.join(sorted(names))}")
    return kind(**{name: _as_tuples(value) for name, value in content.items()})


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value
