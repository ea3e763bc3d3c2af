"""Rows of a made-up lab, whose figures follow from a formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from elman.analysis.analyse import Analysis, Snapshot
from elman.analysis.example import Example
from elman.analysis.gradients import StateGradients
from elman.analysis.probe import Probe
from elman.analysis.slopes import Saturated
from elman.analysis.spectrum import Spectrum
from elman.analysis.timing import StepTime
from elman.lab.record import RunMetrics, RunRecord
from elman.lab.spec import Lab, RunSpec
from elman.report.rows import Row

VANILLA = "h[t] = tanh(x[t] @ W_x + h[t-1] @ W_h + b_h)\ny[t] = h[t] @ W_y + b_y"
GATED = "z[t] = sigmoid(W @ h[t-1])\nh[t] = z[t] * h[t-1] + x[t]"
TRAINING = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "momentum": 0.0,
    "schedule": "constant",
    "warmup_steps": 0,
    "batch_size": 128,
    "max_steps": 2000,
    "epochs": None,
    "clip_norm": 1.0,
    "evaluate_every": 25,
    "patience_steps": 500,
    "min_improvement": 0.01,
    "solved_metric": 1.0,
    "solved_evaluations": 3,
}
SERIES = (("vanilla", "lab", VANILLA), ("vanilla", "orthogonal", VANILLA), ("gated", "b", GATED))


def make_row(
    series: int = 0, length: int | None = 5, seed: int = 0, accuracy: float | None = None
) -> Row:
    cell, start, equations = SERIES[series]
    spec = RunSpec(
        task="digits" if length is None else "palindrome",
        options={} if length is None else {"length": length},
        cell=cell,
        start=start,
        equations=equations,
        sizes={"x": 1, "h": 128, "y": 10},
        init={"*": "orthogonal", "b_f": 3.0} if series == 2 else start,
        training=TRAINING,
        seed=seed,
        data_version="1",
    )
    return Row(spec, make_record(spec, 1.0 if accuracy is None else accuracy))


def make_record(spec: RunSpec, accuracy: float) -> RunRecord:
    length = spec.length or 8
    steps = 40 * length + 10 * spec.seed
    metrics = RunMetrics(
        accuracy=accuracy,
        validation_accuracy=accuracy,
        chance=0.1,
        loss=0.01,
        best_step=steps,
        steps=steps,
        ending="solved" if accuracy > 0.9 else "step limit",
        converged_at=steps if accuracy > 0.9 else None,
        seconds=0.5 * length + spec.seed,
        parameters=17_802,
        test_size=2000,
        curves={
            "loss": [2.3 * (1 - accuracy * step / (steps + 10)) for step in range(1, steps + 1)],
            "gradient_norm": [1 / step for step in range(1, steps + 1)],
            "length": [float(length)] * steps,
        },
        notes=("short lengths overlap",) if length == 5 else (),
    )
    return RunRecord(
        key=spec.key("code 1"),
        spec=spec,
        status="finished",
        reason="",
        metrics=metrics,
        code_version="code 1",
        machine={"torch": "1.2.3", "processor": "abacus"},
        ended_at=f"2024-01-0{1 + spec.seed}T10:00:00+00:00",
    )


def fail(row: Row, status: str = "failed", reason: str = "the loss is nan at step 7") -> Row:
    assert row.record is not None
    return replace(row, record=replace(row.record, status=status, reason=reason, metrics=None))


def make_rows() -> list[Row]:
    """Three series, lengths 5, 10 and 30, three seeds, and the digits."""
    accuracies = {0: {5: 1.0, 10: 0.995, 30: 0.3}, 1: {5: 1.0, 10: 1.0, 30: 0.999}}
    rows = [
        make_row(series, length, seed, accuracies.get(series, {}).get(length, 1.0) - seed / 1000)
        for series in range(3)
        for length in (5, 10, 30)
        for seed in range(3)
    ]
    digits = [make_row(s, None, seed, 0.97 + s / 100) for s in range(3) for seed in range(3)]
    return rows + digits


def make_lab(rows: list[Row]) -> Lab:
    specs = tuple(row.spec for row in rows)
    command = "elman lab --cells 'a & b'"
    tasks = {"palindrome": "Predict the <last> digit.", "unused": "Nothing."}
    return Lab("test", "Recall & <length>", "How far?", specs, command, tasks)


def make_analysis(units: int = 4, steps: int = 6, kernel: float | None = 2.0) -> Analysis:
    """What was found in a network with the states c and h; the figures follow from formulas."""
    places = tuple(range(1, steps + 1))

    def look(fall: float) -> Snapshot:
        middle = tuple(fall ** (steps - t) for t in places)
        low, high = tuple(v / 2 for v in middle), tuple(2 * v for v in middle)
        return Snapshot(
            (StateGradients("c", places, low, middle, high),
             StateGradients("h", places, low, (0.0,) * steps, high)),
            (Saturated("tanh", "h", places, (fall,) * steps, 1 - fall),
             Saturated("sigmoid", "f", places, (0.0,) * steps, 1.0)),
            (Spectrum(("c", "h"), 3, (fall, 0.0), (0.0, -fall), fall),),
        )  # fmt: skip

    probe = Probe(
        units=tuple(f"h {unit + 1}" for unit in range(units)),
        steps=places,
        shares=tuple(tuple(unit / units for unit in range(units)) for _ in places),
        accuracies=tuple(0.5 + t / 100 for t in places),
        counts=(1, 2, units),
        accuracies_of_best=(0.3, 0.55, 0.56),
        classes=10,
        sequences=50,
    )
    values = tuple(tuple(unit * t / 10 for t in places) for unit in range(units))
    example = Example(probe.units, places, values, 3, "7")
    times = tuple(StepTime(size, kernel, 5.0) for size in (8, 128))
    return Analysis(steps, look(0.1), look(0.9), probe, example, times)


def look_at(rows: list[Row], **changes: Any) -> dict[str, Analysis]:
    """An analysis for each of the rows that is finished, by key."""
    records = [row.record for row in rows if row.metrics is not None]
    return {record.key: make_analysis(**changes) for record in records if record}


def vary(row: Row, variant: str, training: dict[str, Any] | None = None, **figures: Any) -> Row:
    """The row as a run of a variant, with settings and figures of its own."""
    assert row.record is not None and row.record.metrics is not None
    spec = replace(row.spec, variant=variant, training={**row.spec.training, **(training or {})})
    metrics = replace(row.record.metrics, **figures)
    record = replace(row.record, key=spec.key("code 1"), spec=spec, metrics=metrics)
    return Row(spec, record)
