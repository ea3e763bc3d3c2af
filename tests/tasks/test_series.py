"""Own series as a task: division, scaling, unequal lengths."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.errors import DataError, UnsupportedError
from elman.nn import module
from elman.tasks import make
from elman.train.config import TrainConfig
from elman.train.loop import train
from elman.train.padding import refuse_to_look_ahead


def write(path, counts, *, equal=False, part=None):
    """Series whose values tell their label: counts of series by label."""
    random = np.random.default_rng(1)
    rows = ["series,step,level,noise,label" + (",part" if part else "")]
    number = 0
    for label, count in counts.items():
        for _ in range(count):
            level = 5.0 if label == "high" else -3.0 if label == "low" else 1.0
            for step in range(4 if equal else int(random.integers(2, 9))):
                row = f"s{number},{step},{level + 0.1 * step},{random.normal():.4f},{label}"
                rows.append(row + (f",{part[number % len(part)]}" if part else ""))
            number += 1
    path.write_text("\n".join(rows))
    return str(path)


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "mine.csv", {"high": 20, "low": 30})


def all_training(task):
    return task.training_batch(0, task.epoch_size, 0)


def alone(batch):
    """Each series of a batch without its padding."""
    steps = [len(batch.inputs)] * len(batch) if batch.lengths is None else batch.lengths.tolist()
    return [batch.inputs[:count, place] for place, count in enumerate(steps)]


def test_series_are_divided_whole_and_by_label(path):
    task = make("series", data=path)
    sets = [all_training(task), task.validation(), task.test()]
    assert [torch.bincount(batch.targets).tolist() for batch in sets] == [[14, 21], [2, 3], [4, 6]]
    every = [one.numpy().tobytes() for batch in sets for one in alone(batch)]
    assert len(set(every)) == 50
    assert (task.input_size, task.output_size, task.labels) == (2, 2, ("high", "low"))
    assert "35 series train, 5 validate and 10 test; 2 to 8 steps" in task.notes[0]


def test_the_division_depends_on_its_seed_alone(path):
    first, same, other = (make("series", data=path, split=seed) for seed in (0, 0, 1))
    assert torch.equal(first.test().inputs, same.test().inputs)
    assert not torch.equal(alone(first.test())[0], alone(other.test())[0])


def test_padding_is_zero_and_lengths_are_those_of_the_series(path):
    batch = make("series", data=path).test()
    assert len(batch.lengths.unique()) > 1 and batch.lengths.max() == len(batch.inputs)
    for place, count in enumerate(batch.lengths.tolist()):
        assert (batch.inputs[count:, place] == 0).all()
        assert (batch.inputs[:count, place] != 0).all()


def test_series_of_equal_length_need_no_lengths(tmp_path):
    task = make("series", data=write(tmp_path / "equal.csv", {"high": 9, "low": 9}, equal=True))
    assert task.test().lengths is None


def test_scaling_is_fitted_on_training_steps_only(path):
    task = make("series", data=path)
    steps = torch.cat(alone(all_training(task))).double()
    torch.testing.assert_close(steps.mean(0), torch.zeros(2).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(steps.std(0, correction=0), torch.ones(2).double())
    tested = torch.cat(alone(task.test()))
    assert (tested.mean(0).abs() > 1e-3).any()
    raw = make("series", data=path, standardise=False)
    assert torch.cat(alone(raw.test()))[:, 0].max() > 5


def test_a_feature_that_never_changes_becomes_zero(tmp_path):
    text = "series,step,same,x,label\n" + "\n".join(
        f"s{k},{step},0.1,{k + step},{'uv'[k % 2]}" for k in range(20) for step in range(3)
    )
    (tmp_path / "a.csv").write_text(text)
    task = make("series", data=str(tmp_path / "a.csv"))
    assert (task.test().inputs[..., 0] == 0).all() and torch.isfinite(task.test().inputs).all()
    assert task.notes[1] == "Features that never change in training: 1; they become 0."


def test_rare_labels_train_before_they_are_tested(tmp_path):
    counts = {"high": 20, "low": 3, "pair": 2, "single": 1}
    task = make("series", data=write(tmp_path / "rare.csv", counts))
    sets = [all_training(task), task.validation(), task.test()]
    assert [torch.bincount(one.targets, minlength=4).tolist() for one in sets] == [
        [14, 1, 1, 1],
        [2, 1, 0, 0],
        [4, 1, 1, 0],
    ]
    assert task.notes[1] == "Too few series to be tested: 'single'."


def test_chance_is_the_most_frequent_label(path):
    assert make("series", data=path).chance == pytest.approx(6 / 10)


def test_given_parts_are_kept_and_validation_is_taken_from_training(tmp_path):
    file = write(tmp_path / "a.csv", {"high": 30, "low": 30}, part=("train", "train", "test"))
    task = make("series", data=file)
    assert [task.epoch_size, len(task.validation()), len(task.test())] == [36, 4, 20]


def test_too_few_series_or_labels_are_refused(tmp_path):
    with pytest.raises(DataError, match="have the label 'high'"):
        make("series", data=write(tmp_path / "a.csv", {"high": 9})).test()
    with pytest.raises(DataError, match="too few series: none is left for validation"):
        make("series", data=write(tmp_path / "b.csv", {"high": 2, "low": 1})).test()


def test_the_checkpoint_knows_the_data_by_content(path, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes((tmp_path / "mine.csv").read_bytes())
    task, same = make("series", data=path), make("series", data=str(copy))
    assert task.describe() == same.describe()
    copy.write_bytes(copy.read_bytes() + b"\n\n")
    assert task.describe() != make("series", data=str(copy)).describe()


SIZES = {"x": 2, "h": 12, "y": 2}
CELL = "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t + c"


def test_loss_and_accuracy_are_those_of_each_series_alone(path):
    """A batch of unequal lengths against its series one by one, gradients too."""
    task = make("series", data=path)
    batch = task.test()
    network = module(CELL, sizes=SIZES, init="orthogonal", dtype=torch.float64)
    batch = batch.to(torch.device("cpu"), torch.float64)
    loss = task.loss(network(batch.inputs)[0], batch)
    loss.backward()
    together = [item.grad.clone() for item in network.parameters()]
    network.zero_grad()
    rows = [network(one[:, None])[0][-1, 0] for one in alone(batch)]
    by_hand = torch.nn.functional.cross_entropy(torch.stack(rows), batch.targets)
    by_hand.backward()
    torch.testing.assert_close(loss, by_hand, rtol=1e-12, atol=0)
    for left, right in zip(together, network.parameters(), strict=True):
        torch.testing.assert_close(left, right.grad, rtol=1e-10, atol=1e-14)


def test_a_network_learns_them(path):
    network = module(CELL, sizes=SIZES, init="orthogonal")
    config = TrainConfig(max_steps=60, batch_size=16, learning_rate=0.02, evaluate_every=10)
    result = train(network, make("series", data=path), config)
    assert result.test_metric == 1.0


AHEAD = {
    "h_t = tanh(x_t + h_{t-1}); k_t = tanh(x_t + k_{t+1}); y_t = V h_t + V k_t": "a later step",
    "h_t = tanh(W h_{t-1} + U x_{t+1}); y_t = V h_t": "a later step",
    "h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t / T": "the number of steps",
}


@pytest.mark.parametrize("text", AHEAD)
def test_equations_that_look_ahead_are_refused_for_unequal_lengths(path, tmp_path, text):
    network = module(text, sizes={"x": 2, "h": 2, "y": 2})
    task = make("series", data=path)
    with pytest.raises(UnsupportedError, match=f"this recurrence reads {AHEAD[text]}"):
        train(network, task, TrainConfig(max_steps=1))
    equal = make("series", data=write(tmp_path / "e.csv", {"high": 9, "low": 9}, equal=True))
    train(network, equal, TrainConfig(max_steps=1, batch_size=4))


def test_equations_that_look_back_pass():
    refuse_to_look_ahead(module(CELL, sizes=SIZES), "series")
    refuse_to_look_ahead(torch.nn.Linear(1, 1), "series")
