"""How the runs of a report were made: training, data, seeds, versions, the command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from elman.lab.spec import Lab
from elman.report.rows import Row, finished
from elman.report.tables import line, table


def show_setup(lab: Lab, rows: Sequence[Row]) -> str:
    """Returns the command that repeats a lab, its training settings, and its versions."""
    items = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>"
        for name, fact in _facts(rows).items()
        if fact
    )
    return (
        f"<p>To repeat it:</p>\n<pre>{escape(lab.command)}</pre>\n"
        "<p>The notebook <code>lab.ipynb</code> beside this page trains the short ones of the runs "
        f"from scratch and compares.</p>\n{_show_training(rows)}\n"
        f"<p>{escape(describe_rule(rows))}</p>\n<dl>{items}</dl>"
    )


def describe_rule(rows: Sequence[Row]) -> str:
    """Says when a run ends and what its point of convergence is."""
    rules: dict[str, list[str]] = {}
    for row in rows:
        rules.setdefault(_rule(row.spec.training), []).append(row.spec.task)
    told = [
        text if len(rules) == 1 else f"{text} ({_join(dict.fromkeys(tasks))})"
        for text, tasks in rules.items()
    ]
    return (
        "A run ends when the task is solved or the loss has reached a plateau, and its point of "
        f"convergence is where that began; else at the step limit. {' '.join(told)}"
    )


def _rule(training: Mapping[str, Any]) -> str:
    count, every = training["solved_evaluations"], training["evaluate_every"]
    share = 100 * training["min_improvement"]
    plateau = (
        f"Plateau: the validation loss has not fallen by another {share:g} % of itself in "
        f"{training['patience_steps']} steps."
    )
    if training["solved_metric"] is None:
        return plateau
    return (
        f"Solved: the validation accuracy was at least {training['solved_metric']:g} at {count} "
        f"evaluations in a row, {every} steps apart. {plateau}"
    )


def _show_training(rows: Sequence[Row]) -> str:
    """Returns the settings by task and recurrence."""
    titles = ("task", "model", "optimizer", "rate", "batch", "step limit", "clipped at")
    lines = dict.fromkeys(
        line([row.spec.task, row.spec.cell, *_settings(row.spec.training)]) for row in rows
    )
    return table(line(titles, "th"), list(lines))


def _settings(training: Mapping[str, Any]) -> list[str]:
    schedule = training["schedule"]
    rate = f"{training['learning_rate']:g}" + ("" if schedule == "constant" else f", {schedule}")
    if training["warmup_steps"]:
        rate += f", {training['warmup_steps']} steps of warm-up"
    details = {name: training[name] for name in ("momentum", "epsilon") if training.get(name)}
    told = "".join(f", {name} {value:g}" for name, value in details.items())
    bounds = {"entries": training.get("clip_value"), "norm": training.get("clip_norm")}
    clipped = [f"{what} {bound:g}" for what, bound in bounds.items() if bound is not None]
    return [
        training["optimizer"] + told,
        rate,
        str(training["batch_size"]),
        f"{training['epochs']} epochs" if training["epochs"] else str(training["max_steps"]),
        ", ".join(clipped) or "not clipped",
    ]


def _facts(rows: Sequence[Row]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for task in dict.fromkeys(row.spec.task for row in rows):
        facts[f"data, {task}"] = _describe_data([row for row in rows if row.spec.task == task])
    facts["seeds"] = _join(sorted({row.spec.seed for row in rows}))
    records = [row.record for row in rows if row.record is not None]
    for name in dict.fromkeys(name for record in records for name in record.machine):
        facts[name] = _join({record.machine.get(name, "unknown"): None for record in records})
    facts["code"] = _join({record.code_version: None for record in records})
    return facts


def _describe_data(rows: Sequence[Row]) -> str:
    options = {
        f"{name} {value}"
        for row in rows
        for name, value in row.spec.options.items()
        if name != "length"
    }
    sizes = sorted({metrics.test_size for _, metrics in finished(rows)})
    tested = f"{' or '.join(f'{size:,}' for size in sizes)} test sequences" if sizes else ""
    return _join([*sorted(options), tested, f"version {rows[0].spec.data_version}"])


def _join(parts: Iterable[object]) -> str:
    return ", ".join(str(part) for part in parts if str(part))
