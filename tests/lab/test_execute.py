from dataclasses import replace

import pytest
import torch

import elman
from elman.lab.execute import UNFINISHED_NAME, execute
from elman.lab.models import read_models
from elman.lab.networks import network_path
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.record import RunMetrics
from elman.lab.session import Failure
from elman.lab.versions import code_version
from elman.tasks import make
from elman.train import loop
from elman.train.checkpoint import FILE_NAME, checkpoint_exists
from elman.train.evaluation import evaluate

SETTINGS = {"max_steps": 6, "evaluate_every": 3, "batch_size": 4, "grow_from": None}


def make_spec(**changes: object):
    block = Block("palindrome", {"length": 5}, read_models(["vanilla:lab"]), SETTINGS)
    (spec,) = plan_runs([block], LabOptions(hidden_size=8), 1)
    return replace(spec, **changes)


def test_a_run_gives_its_figures():
    metrics = execute(make_spec())
    assert isinstance(metrics, RunMetrics)
    assert metrics.steps == 6 and metrics.ending == "step limit" and metrics.converged_at is None
    assert len(metrics.curves["loss"]) == len(metrics.curves["gradient_norm"]) == 6
    assert metrics.curves["validation_step"] == [3.0, 6.0]
    assert 0 <= metrics.accuracy <= 1 and metrics.chance == 0.1
    assert metrics.parameters == 8 + 64 + 8 + 80 + 10


def test_the_figures_depend_on_the_spec_alone():
    spec = make_spec()
    first = execute(spec)
    torch.manual_seed(99)
    execute(make_spec(seed=1))
    second = execute(spec)
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)
    assert first.curves["loss"] != execute(make_spec(seed=1)).curves["loss"]


def test_a_loss_that_is_not_finite_is_a_failure_with_its_step():
    spec = make_spec(init={"*": "lab", "b_y": 1e38})
    settings = {**spec.training, "learning_rate": 1e38, "clip_norm": None, "optimizer": "sgd"}
    failure = execute(replace(spec, training=settings))
    assert isinstance(failure, Failure)
    assert "at step" in failure.reason and "Try a learning rate" in failure.reason


def test_the_network_kept_has_the_accuracy_reported(tmp_path):
    spec = make_spec()
    metrics = execute(spec, folder=tmp_path)
    network = elman.load(network_path(tmp_path, spec.key(code_version())))
    task = make(spec.task, **spec.options)
    assert evaluate(network, task, task.test()).metric == metrics.accuracy


def test_a_run_that_failed_keeps_no_network(tmp_path):
    spec = make_spec(init={"*": "lab", "b_y": 1e38})
    settings = {**spec.training, "learning_rate": 1e38, "clip_norm": None, "optimizer": "sgd"}
    assert isinstance(execute(replace(spec, training=settings), folder=tmp_path), Failure)
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_run_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    spec = make_spec(beyond=(7, 30))
    settings = {**spec.training, "checkpoint_every": 2, "grow_from": 3, "grow_metric": 0.1}
    spec = replace(spec, training=settings)
    whole = execute(spec)
    assert set(whole.beyond) == {"7", "30"}

    class StoppedError(Exception):
        pass

    def stop_at_step_5(run):
        if run.state.step == 4:
            raise StoppedError
        take_step(run)

    take_step = loop._Run._step
    with monkeypatch.context() as patched:
        patched.setattr(loop._Run, "_step", stop_at_step_5)
        with pytest.raises(StoppedError):
            execute(spec, folder=tmp_path)
    (unfinished,) = (tmp_path / UNFINISHED_NAME).iterdir()
    assert checkpoint_exists(unfinished)
    steps = []
    monkeypatch.setattr(loop._Run, "_step", lambda run: (steps.append(1), take_step(run)))
    assert replace(execute(spec, folder=tmp_path), seconds=0) == replace(whole, seconds=0)
    assert len(steps) == 2
    assert not unfinished.exists()


def test_a_damaged_checkpoint_only_costs_time(tmp_path):
    spec = make_spec()
    unfinished = tmp_path / UNFINISHED_NAME / spec.key(code_version())[:16]
    unfinished.mkdir(parents=True)
    (unfinished / FILE_NAME).write_text("{")
    assert replace(execute(spec, tmp_path), seconds=0) == replace(execute(spec), seconds=0)


def test_what_the_report_needs_is_kept():
    curves = execute(make_spec()).curves
    by_step = {"loss", "gradient_norm", "clipped_norm", "learning_rate", "length"}
    assert {name for name, column in curves.items() if len(column) == 6} == by_step
    assert curves["validation_length"] == [5.0, 5.0]
