"""Rows of a made-up lab, whose figures follow from a formula."""

from __future__ import annotations

from dataclasses import replace

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
            "loss": [2.3 * (1 - accuracy * step / (steps + 10)) for step in range(1, steps + 1)]
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
