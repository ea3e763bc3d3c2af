"""The cells of the notebook of a lab: its models, its task, its training, from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.lab.spec import Lab, RunSpec
from elman.lab.versions import version_of
from elman.report.notebook.execute import Cell
from elman.report.rows import Row, finished, place_of
from elman.train.config import TrainConfig
from elman.train.progress import describe_time

SECONDS = 6.0  # of training that is repeated when the notebook is executed, about
LONGEST = 60.0  # seconds of a single run, where none is shorter: after that it is cut off
_WIDTH = 92

_IMPORTS = """\
import matplotlib.pyplot as plt
import torch

import elman
from elman.analysis.gradients import measure_gradients
from elman.analysis.network import read_network
from elman.paper.drawing.picture import draw
from elman.tasks import make
from elman.train.config import TrainConfig
from elman.train.loop import train

torch.set_num_threads(1)  # as in the report: sums in another order round otherwise
elman.__version__, torch.__version__"""

_RUN = '''\
def start(name, length, seed):
    """The network of a series as it is before training; the seed decides its parameters."""
    series = SERIES[name]
    torch.manual_seed(seed)
    return elman.module(
        EQUATIONS[series["cell"]], sizes=series["sizes"], init=series["init"]
    )


def task_of(name, length):
    """The task of a series, of one length where it has one to choose."""
    series = SERIES[name]
    chosen = {} if length is None else {"length": length}
    return make(series["task"], **{**series["options"], **chosen})


def run(name, length, seed):
    """Trains one network from scratch; the seed decides its batches too."""
    network = start(name, length, seed)
    config = TrainConfig(**{**SERIES[name]["training"], **CUT}, seed=seed)
    return network, train(network, task_of(name, length), config)'''

_TRAIN = """\
networks, results = {}, {}
for name, length, seed in RUNS:
    network, result = run(name, length, seed)
    networks[name, length, seed], results[name, length, seed] = network, result
    place = "" if length is None else f"T = {length}, "
    reported = REPORTED.get((name, length, seed))
    same = "" if reported is None else f" (in the report {reported:.4g})"
    print(
        f"{name}, {place}seed {seed}: {result.metric_name} {result.test_metric:.4g}{same}, "
        f"{result.reason} after {result.steps} steps, {result.seconds:.1f} s"
    )"""

_PLOT_ACCURACY = """\
figure, axes = plt.subplots(figsize=(7, 3.6))
for marker, name in zip("os^DvPX*" * 9, SERIES):
    points = [(T, r.test_metric) for (n, T, _), r in results.items() if n == name and T is not None]
    if points:
        axes.plot(*zip(*sorted(points)), marker=marker, label=name)
chance = next(iter(results.values())).chance
axes.axhline(chance, color="grey", linestyle=":", label="guessing")
axes.set(xlabel="length T", ylabel=f"test {next(iter(results.values())).metric_name}")
axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()"""

_PLOT_LOSS = """\
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
for (name, length, seed), result in results.items():
    label = name if length is None else f"{name}, T = {length}"
    (line,) = left.plot(result.curves.loss, linewidth=0.8, label=label)
    if result.converged_at is not None:
        left.plot(
            result.converged_at, result.curves.loss[result.converged_at - 1], "o",
            color=line.get_color(),
        )
    right.plot(result.curves.gradient_norm, linewidth=0.8, color=line.get_color())
left.set(xlabel="training step", ylabel="training loss")
right.set(xlabel="training step", ylabel="norm of the gradient", yscale="log")
figure.legend(*left.get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=2)
plt.show()"""

_PLOT_GRADIENTS = """\
name, length, seed = max(results, key=lambda run: run[1] or 0)
task = task_of(name, length)
figure, axes = plt.subplots(figsize=(7, 3.6))
for moment, network, dashes in (
    ("before", start(name, length, seed), ":"),
    ("after", networks[name, length, seed], "-"),
):
    for found in measure_gradients(read_network(network), task, task.test()):
        axes.plot(found.steps, found.middle, dashes, marker=".", label=f"{found.state}, {moment}")
axes.set(xlabel="step t", ylabel="$|dL/dh_t|$, median", yscale="log", title=f"{name}")
axes.legend()
plt.show()"""


def make_cells(lab: Lab, rows: Sequence[Row]) -> list[Cell]:
    """Returns the cells of the notebook of a lab; none where no run has finished.

    The runs that are executed are the shortest ones, of one seed; every other one of the report is
    one changed line away.

    Args:
        lab: What was asked.
        rows: Its runs.
    """
    chosen = choose_runs(rows)
    if not chosen:
        return []
    cut = _cut(chosen)
    members = {_name(row.spec): row.spec for row in rows}
    equations = {spec.cell: spec.equations for spec in members.values()}
    series = {name: _describe(name, spec, rows) for name, spec in members.items()}
    runs = [(_name(row.spec), row.spec.length, row.spec.seed) for row in chosen]
    reported = {
        (_name(row.spec), row.spec.length, row.spec.seed): metrics.accuracy
        for row, metrics in finished(rows)
    }
    cells = [
        _text(_introduce(lab)),
        Cell("code", _IMPORTS),
        _text("## The models"),
        Cell("code", f"EQUATIONS = {_show_texts(equations)}"),
    ]
    for cell in equations:
        cells.append(Cell("code", f"elman.parse(EQUATIONS[{cell!r}])"))
        cells.append(Cell("code", f"draw(elman.parse(EQUATIONS[{cell!r}]), steps=1)"))
    cells += [
        _text(_explain_series(lab, members)),
        Cell("code", f"SERIES = {_show(series)}"),
        Cell("code", _RUN),
        _text(_explain_runs(rows, chosen, cut)),
        Cell("code", f"RUNS = {_show(runs)}\nCUT = {cut}\nREPORTED = {_show(reported)}"),
        Cell("code", _TRAIN),
    ]
    if any(length is not None for _, length, _ in runs):
        cells += [_text("## Accuracy against length"), Cell("code", _PLOT_ACCURACY)]
    cells += [
        _text("## Loss, with the point of convergence, and the norm of the gradient"),
        Cell("code", _PLOT_LOSS),
        _text(
            "## What reaches the first step\n\n"
            "How strongly the loss depends on the state at each step, before training (dotted) and "
            "after it, at the longest length that was trained here. Where it falls towards the "
            "left, what was read there does not teach the network."
        ),
        Cell("code", _PLOT_GRADIENTS),
        _text(
            "The page `report.html` beside this notebook has the same for every run, with what "
            "the trained networks keep, where, and what was done to make training better."
        ),
    ]
    return cells


def choose_runs(rows: Sequence[Row]) -> list[Row]:
    """Returns the runs that the notebook executes: short sequences first, one seed of each.

    As many as took `SECONDS` together when the lab ran; where each took longer, the quickest.

    Args:
        rows: The runs of a lab.
    """
    first: dict[tuple[str, str], tuple[Row, float]] = {}
    for row, metrics in finished(rows):
        first.setdefault((_name(row.spec), place_of(row)), (row, metrics.seconds))
    runs = sorted(
        first.values(), key=lambda run: (run[0].spec.length is None, run[0].spec.length or 0)
    )
    chosen: list[Row] = []
    spent = 0.0
    for row, seconds in runs:
        if spent + seconds <= SECONDS:
            chosen.append(row)
            spent += seconds
    return chosen or [row for row, _ in sorted(runs, key=lambda run: run[1])[:1]]


def _cut(chosen: Sequence[Row]) -> dict[str, Any]:
    """Settings that end a run after about `LONGEST` seconds; none where it is shorter anyway."""
    metrics = chosen[0].metrics
    assert metrics is not None, "internal: a run without figures"
    if metrics.seconds <= LONGEST:
        return {}
    steps = max(1, round(metrics.steps * LONGEST / metrics.seconds))
    return {"max_steps": steps, "epochs": None}


def _name(spec: RunSpec) -> str:
    return spec.series if spec.length is not None else f"{spec.task}: {spec.series}"


def _describe(name: str, spec: RunSpec, rows: Sequence[Row]) -> dict[str, Any]:
    """What a series is, without the settings that are as always."""
    usual = TrainConfig().to_dict()
    lengths = dict.fromkeys(row.spec.length for row in rows if _name(row.spec) == name)
    return {
        "cell": spec.cell,
        "init": spec.init,
        "sizes": dict(spec.sizes),
        "task": spec.task,
        "options": {key: value for key, value in spec.options.items() if key != "length"},
        "lengths": list(lengths),
        "training": {key: value for key, value in spec.training.items() if usual.get(key) != value},
    }


def _introduce(lab: Lab) -> str:
    return (
        f"# {_plain(lab.title)}\n\n{_plain(lab.question)}\n\n"
        "This notebook trains from scratch. It needs Python 3.11 or newer and elman "
        f"{version_of('elman')} (`pip install elman`, or `pip install .` in its folder), which "
        "brings torch and matplotlib. The seeds decide everything that is drawn at random, so on "
        "the same machine the figures are those of the report to the last digit; another "
        f"processor may round otherwise.\n\nIt was written and executed by `{_plain(lab.command)}`."
    )


def _explain_series(lab: Lab, members: dict[str, RunSpec]) -> str:
    tasks = dict.fromkeys(spec.task for spec in members.values())
    told = [f"- **{name}**: {_plain(lab.tasks[name])}" for name in tasks if name in lab.tasks]
    return (
        "## The tasks, and how training goes\n\n" + "\n".join(told) + "\n\nA series is a recurrence"
        " with a start and settings of the training; settings that are not named are those of "
        "`TrainConfig`."
    )


def _explain_runs(rows: Sequence[Row], chosen: Sequence[Row], cut: dict[str, Any]) -> str:
    seeds = len({row.spec.seed for row in rows})
    if cut:
        metrics = chosen[0].metrics
        assert metrics is not None, "internal: a run without figures"
        which = (
            f"`RUNS` is the shortest of the report's runs. It took {describe_time(metrics.seconds)}"
            f" there; here `CUT` ends it after {cut['max_steps']:,} of its {metrics.steps:,} steps,"
            " so that this takes a minute or two: the figure falls short of the report's. With"
            " `CUT = {}` it is the whole run."
        )
    else:
        which = (
            "`RUNS` are the short ones of the report's runs, of one seed, so that this takes less "
            "than a minute; `CUT` would end each after fewer steps, as in `{'max_steps': 100}`."
        )
    return (
        f"## Training\n\n{which} All runs are\n\n"
        '    RUNS = [(name, T, seed) for name in SERIES for T in SERIES[name]["lengths"]\n'
        f"            for seed in range({seeds})]\n\n"
        "`REPORTED` holds the figures of the report (they are in `results.csv` too), to compare."
    )


def _text(source: str) -> Cell:
    return Cell("markdown", source)


def _plain(text: str) -> str:
    """A text that Markdown does not take for a tag."""
    return text.replace("<", "&lt;")


def _show(value: object, indent: int = 0) -> str:
    """A value as the literal that gives it again, broken over lines where it is long."""
    text = repr(value)
    if len(text) + indent <= _WIDTH or not isinstance(value, dict | list):
        return text
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        items = [f"{key!r}: {_show(item, indent + 4)}" for key, item in value.items()]
        return "{\n" + "".join(f"{inner}{item},\n" for item in items) + " " * indent + "}"
    items = [_show(item, indent + 4) for item in value]
    return "[\n" + "".join(f"{inner}{item},\n" for item in items) + " " * indent + "]"


def _show_texts(texts: dict[str, str]) -> str:
    """A dictionary of texts of several lines, line by line."""
    entries = []
    for name, text in texts.items():
        lines = "\n".join(f"        {line!r}" for line in text.splitlines(keepends=True))
        entries.append(f"    {name!r}: (\n{lines}\n    ),")
    return "{\n" + "\n".join(entries) + "\n}"
