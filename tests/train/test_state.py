"""A run between two steps, as tensors and back."""

from __future__ import annotations

import pytest
import torch

from elman.train.config import TrainConfig
from elman.train.optimizers import make_optimizer
from elman.train.state import RunState, restore_tensors, to_tensors
from train.fakes import TinyNetwork, same_weights


def make_state() -> RunState:
    network = TinyNetwork()
    return RunState(network, make_optimizer(network, TrainConfig()))


def test_the_best_state_is_the_highest_metric_then_the_lowest_loss():
    state = make_state()
    kept = []
    for step, loss, metric in [(1, 2.0, 0.5), (2, 1.0, 0.4), (3, 1.5, 0.5), (4, 1.5, 0.5)]:
        state.keep_if_best(step, loss, metric)
        kept.append(state.best.step)
    assert kept == [1, 1, 3, 3]


def test_the_best_weights_are_copies():
    state = make_state()
    before = state.module.W.detach().clone()
    state.keep_if_best(1, 1.0, 0.5)
    with torch.no_grad():
        state.module.W.zero_()
    assert torch.equal(state.best.weights["W"], before)


def test_a_run_goes_through_tensors_unchanged():
    state, other = make_state(), make_state()
    state.module(torch.randn(3, 4, 1))[0].sum().backward()
    state.optimizer.step()
    state.curves.loss += [2.5, 1 / 3]
    state.curves.evaluation_step.append(2)
    state.keep_if_best(2, 0.25, 0.75)
    best = state.best.to_dict()

    restore_tensors(other, to_tensors(state), best)
    assert same_weights(other.module, state.module)
    assert other.curves == state.curves
    assert other.step == 2
    assert (other.best.step, other.best.loss, other.best.metric) == (2, 0.25, 0.75)
    assert other.best.weights.keys() == state.best.weights.keys()
    assert to_tensors(other).keys() == to_tensors(state).keys()


def test_the_random_state_is_part_of_a_run():
    state = make_state()
    tensors = to_tensors(state)
    expected = torch.rand(4)
    restore_tensors(make_state(), tensors, None)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("name", ["module.W", "curve.loss", "random.cpu"])
def test_a_missing_tensor_is_an_error(name):
    tensors = to_tensors(make_state())
    del tensors[name]
    with pytest.raises((KeyError, RuntimeError), match=r"W|loss|random"):
        restore_tensors(make_state(), tensors, None)


def test_best_weights_must_be_whole():
    state = make_state()
    state.keep_if_best(1, 1.0, 0.5)
    tensors = to_tensors(state)
    del tensors["best.W"]
    with pytest.raises(KeyError, match="different tensors"):
        restore_tensors(make_state(), tensors, {"step": 1, "loss": 1.0, "metric": 0.5})
