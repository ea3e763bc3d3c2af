from dataclasses import replace

import pytest

from elman.lab import analyses
from elman.lab.analyses import analyse_runs, analysis_path, choose_runs, read_analyses
from elman.lab.execute import execute
from elman.lab.networks import network_path
from elman.lab.pool import WorkerPool
from elman.lab.spec import RunSpec
from elman.lab.versions import code_version
from elman.train.config import TrainConfig
from lab.fakes import METRICS, make_record, make_spec

EQUATIONS = "h[t] = tanh(W @ h[t-1] + U @ x[t] + b)\ny[t] = V @ h[t] + c"


def scored(accuracy, length=5, cell="vanilla", seed=0):
    spec = make_spec(length, cell, seed)
    return make_record(spec, metrics=replace(METRICS, accuracy=accuracy))


def test_the_seed_in_the_middle_at_the_longest_common_length():
    records = [
        *(scored(value, 5, seed=seed) for seed, value in enumerate((1.0, 1.0, 1.0))),
        *(scored(value, 10, seed=seed) for seed, value in enumerate((0.2, 0.9, 0.5))),
        scored(0.1, 20),
        *(scored(value, 10, "lstm", seed) for seed, value in enumerate((0.3, 0.7))),
    ]
    chosen = [(r.spec.cell, r.spec.length, r.spec.seed) for r in choose_runs(records)]
    assert chosen == [("vanilla", 10, 2), ("lstm", 10, 0)]


def test_without_a_common_length_the_longest_of_all():
    records = [scored(0.5, 5, "vanilla"), scored(0.5, 10, "lstm")]
    assert [record.spec.cell for record in choose_runs(records)] == ["lstm"]


def test_runs_without_figures_are_not_chosen():
    assert choose_runs([make_record(status="failed", metrics=None)]) == []


def test_a_task_without_lengths_has_its_own_choice_and_six_are_enough():
    spec = replace(make_spec(), task="digits", options={})
    digits = make_record(spec)
    assert choose_runs([digits]) == [digits]
    many = [scored(0.5, cell=f"cell {number}") for number in range(9)]
    assert choose_runs([*many, digits]) == many[:6]


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the network of one run, and its record."""
    folder = tmp_path_factory.mktemp("lab")
    training = TrainConfig(max_steps=2, batch_size=4, evaluate_every=2).to_dict()
    del training["seed"]
    sizes = {"x": 1, "h": 3, "y": 10}
    options = {"length": 4, "encoding": "scalar"}
    spec = RunSpec(
        "palindrome", options, "vanilla", "lab", EQUATIONS, sizes, "orthogonal", training, 0, "1"
    )
    metrics = execute(spec, folder)
    key = spec.key(code_version())
    return folder, make_record(spec, key=key, metrics=metrics)


def test_a_network_is_looked_at_once(trained, pool):
    folder, record = trained
    told = []
    first = analyse_runs([record], folder, pool, told.append)
    assert list(first) == [record.key] and first[record.key].steps == 3
    assert told == ["looked at the network of palindrome, T = 4, vanilla, start lab, seed 0"]
    assert analyse_runs([record], folder, pool, told.append) == first == (
        read_analyses([record.key], folder)
    )  # fmt: skip
    assert len(told) == 1

    path = analysis_path(folder, record.key)
    path.write_text("{}")  # damaged: it is made anew
    assert read_analyses([record.key], folder) == {}
    again = analyse_runs([record], folder, pool, told.append)[record.key]
    assert (again.after, again.probe) == (first[record.key].after, first[record.key].probe)
    assert len(told) == 2


def test_what_cannot_be_looked_at_is_told_and_left_out(trained, tmp_path, pool):
    _, record = trained
    assert analyse_runs([record], tmp_path, pool) == {}  # its network is not there
    path = network_path(tmp_path, record.key)
    path.parent.mkdir()
    path.write_bytes(b"no weights")
    told = []
    assert analyse_runs([record], tmp_path, pool, told.append) == {}
    (sentence,) = told
    assert sentence.startswith("no look at the network of palindrome, T = 4")


def test_a_record_of_other_code_is_not_taken(trained, monkeypatch):
    folder, record = trained
    before = analysis_path(folder, record.key)
    monkeypatch.setattr(analyses, "_analysis_version", lambda: "other")
    assert analysis_path(folder, record.key) != before
