"""The copying problem."""

from __future__ import annotations

import math

import pytest
import torch

from elman.tasks import make


@pytest.mark.parametrize("length, symbols", [(1, 1), (20, 10), (7, 3)])
def test_a_sequence_is_symbols_blanks_signal_blanks(length, symbols):
    task = make("copying", length=length, symbols=symbols)
    batch = task.training_batch(0, 50, 2)
    steps = length + 2 * symbols
    assert batch.inputs.shape == (steps, 50, 10) and batch.targets.shape == (steps, 50)
    read = batch.inputs.argmax(-1)
    assert (read[:symbols] < 8).all()
    assert (read[symbols : symbols + length - 1] == 8).all()
    assert (read[symbols + length - 1] == 9).all()
    assert (read[symbols + length :] == 8).all()
    assert (batch.targets[:-symbols] == 8).all()
    assert torch.equal(batch.targets[-symbols:], read[:symbols])
    assert batch.inputs.sum(-1).eq(1).all()


def test_a_network_without_memory_reaches_the_baseline():
    """Surely a blank until the signal, then each symbol with probability one eighth."""
    task = make("copying", length=200)
    batch = task.test()
    output = torch.zeros(task.steps, len(batch), 9)
    output[:-10, :, 8] = 100.0
    output[-10:, :, 8] = -100.0
    assert task.chance == pytest.approx(10 * math.log(8) / 220)
    assert task.metric(output, batch) == pytest.approx(task.chance, rel=1e-5)


def test_a_network_that_remembers_has_no_loss():
    task = make("copying", length=5)
    batch = task.validation()
    output = 100 * torch.nn.functional.one_hot(batch.targets, 9).float()
    assert task.metric(output, batch) < 1e-6


def test_all_symbols_occur_equally_often():
    task = make("copying", length=1)
    counts = task.training_batch(0, 8000, 0).targets[-10:].flatten().bincount(minlength=8)
    assert (counts / counts.sum() - 1 / 8).abs().max() < 0.01


@pytest.mark.parametrize("given", [{"length": 0}, {"length": 9, "symbols": True}])
def test_wrong_options_are_refused(given):
    with pytest.raises(ValueError, match="of copying is"):
        make("copying", **given)
