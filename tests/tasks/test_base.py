"""Loss, metric and batches that all tasks share."""

from __future__ import annotations

import math

import pytest
import torch

from elman.tasks import make
from elman.tasks.base import IGNORED, Batch


@pytest.fixture
def task():
    return make("palindrome", length=6)


@pytest.fixture
def batch():
    return Batch(torch.zeros(5, 4, 1), torch.tensor([0, 1, 2, 3]))


def test_the_loss_takes_logits_of_the_last_step(task, batch):
    output = torch.randn(5, 4, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shares = output[-1].exp() / output[-1].exp().sum(-1, keepdim=True)
    by_hand = -sum(math.log(shares[row, row]) for row in range(4)) / 4
    assert float(task.loss(output, batch)) == pytest.approx(by_hand, rel=1e-12)


def test_a_sure_and_right_output_has_no_loss(task, batch):
    """A softmax before the cross-entropy would keep the loss above 1.461."""
    output = torch.zeros(5, 4, 10)
    output[-1, range(4), range(4)] = 100.0
    assert float(task.loss(output, batch)) < 1e-6


def test_the_metric_counts_the_last_step_only(task, batch):
    output = torch.zeros(5, 4, 10)
    output[:-1, range(4), range(4)] = 5.0
    output[-1, [0, 1, 2], [0, 1, 7]] = 5.0
    assert task.metric(output, batch) == 0.5


def test_chunks_are_the_batch_in_order():
    batch = Batch(torch.arange(12.0).reshape(2, 6, 1), torch.arange(6))
    chunks = list(batch.chunks(4))
    assert [len(chunk) for chunk in chunks] == [4, 2]
    assert torch.equal(torch.cat([chunk.inputs for chunk in chunks], dim=1), batch.inputs)
    assert torch.equal(torch.cat([chunk.targets for chunk in chunks]), batch.targets)


def test_a_batch_moves_to_a_type_and_keeps_its_classes(batch, device):
    moved = batch.to(torch.device(device), torch.float64)
    assert moved.inputs.dtype == torch.float64
    assert moved.targets.dtype == torch.int64
    assert moved.inputs.device.type == moved.targets.device.type == device


def test_the_stream_goes_on_from_any_step(task):
    stream = task.stream(batch_size=7, seed=3)
    first = [next(stream) for _ in range(4)]
    later = task.stream(batch_size=7, seed=3, first_step=2)
    for expected in first[2:]:
        found = next(later)
        assert torch.equal(found.inputs, expected.inputs)
        assert torch.equal(found.targets, expected.targets)
    assert not torch.equal(first[0].inputs, first[1].inputs)


def test_a_task_describes_itself_with_plain_values(task):
    described = task.describe()
    assert described["name"] == "palindrome"
    assert described["options"]["length"] == 6
    assert described["data_version"] == "1"


def test_answers_at_every_step_are_asked_where_they_are():
    targets = torch.tensor([[IGNORED, 1], [2, IGNORED], [0, 1]])
    batch = Batch(torch.zeros(3, 2, 1), targets, each_step=True)
    output = torch.zeros(3, 2, 4)
    output[0, 1, 1] = output[1, 0, 2] = output[2, 0, 0] = output[2, 1, 3] = 50.0
    task = make("palindrome", length=6)
    assert task.metric(output, batch) == 0.75
    assert float(task.loss(output, batch)) == pytest.approx(50 / 4)
    parts = list(batch.chunks(1))
    assert [part.targets.tolist() for part in parts] == [
        [[IGNORED], [2], [0]],
        [[1], [IGNORED], [1]],
    ]


def test_sequences_of_unequal_length_answer_at_their_own_end():
    lengths = torch.tensor([1, 3])
    batch = Batch(torch.zeros(3, 2, 1), torch.tensor([1, 0]), lengths)
    output = torch.full((3, 2, 2), -9.0)
    output[0, 0, 1] = output[2, 1, 0] = 9.0
    assert make("palindrome", length=6).metric(output, batch) == 1.0
    assert [part.lengths.tolist() for part in batch.chunks(1)] == [[1], [3]]


def test_numbers_have_a_squared_error(task):
    batch = Batch(torch.zeros(3, 2, 1), torch.tensor([[1.0], [2.0]]))
    output = torch.zeros(3, 2, 1, dtype=torch.float64)
    moved = batch.to(torch.device("cpu"), torch.float64)
    assert float(task.loss(output, moved)) == task.metric(output, moved) == 2.5


def test_a_task_is_made_at_another_length(task):
    other = task.at_length(9)
    assert other.describe()["options"] == task.describe()["options"] | {"length": 9}
    assert task.has_length and not make("digits").has_length
    with pytest.raises(ValueError, match="digits has no length to choose"):
        make("digits").at_length(5)
