"""Truncated backpropagation through time against torch's own graph, cut by hand."""

from __future__ import annotations

import itertools

import pytest
import torch

import elman
from elman.tasks import make
from elman.tasks.base import Batch
from elman.train.truncation import backward_through_time, cuts

EQUATIONS = "h_t = tanh(W h_{t-1} + U x_t + b)\ny_t = V h_t + c"
TASK = make("palindrome", length=12)


def make_network(equations: str = EQUATIONS) -> torch.nn.Module:
    torch.manual_seed(3)
    network = elman.module(equations, {"x": 1, "h": 5, "y": 10}, init="orthogonal")
    return network.double()


def gradients(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: item.grad.clone() for name, item in network.named_parameters()}


def by_hand(network: torch.nn.Module, batch: Batch, window: int) -> dict[str, torch.Tensor]:
    """One graph whose states are detached at the cuts."""
    state, outputs = None, []
    places = cuts(len(batch.inputs), window)
    for first, last in itertools.pairwise(places):
        output, final = network(batch.inputs[first:last], state)
        state = {name: value.detach() for name, value in final.items()}
        outputs.append(output)
    network.zero_grad()
    TASK.loss(torch.cat(outputs), batch).backward()
    return gradients(network)


def batch_of(each_step: bool) -> Batch:
    batch = TASK.training_batch(0, 4, 0).to(torch.device("cpu"), torch.float64)
    if not each_step:
        return batch
    targets = torch.arange(44).reshape(11, 4) % 10
    return Batch(batch.inputs, targets, each_step=True)


@pytest.mark.parametrize("each_step", [False, True])
@pytest.mark.parametrize("window", [1, 3, 4, 10])
def test_gradients_are_those_of_a_graph_cut_at_the_windows(window, each_step):
    network, batch = make_network(), batch_of(each_step)
    expected = by_hand(network, batch, window)
    network.zero_grad()
    backward_through_time(network, TASK, batch, window)
    for name, gradient in gradients(network).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-10, atol=1e-14)


def test_a_window_as_long_as_the_sequence_truncates_nothing():
    network, batch = make_network(), batch_of(False)
    whole = backward_through_time(network, TASK, batch, None)
    expected = gradients(network)
    network.zero_grad()
    again = backward_through_time(network, TASK, batch, 11)
    assert torch.equal(whole[0], again[0]) and torch.equal(whole[1], again[1])
    assert all(torch.equal(gradients(network)[name], expected[name]) for name in expected)


def test_the_loss_and_the_output_are_those_of_the_whole_sequence():
    network, batch = make_network(), batch_of(False)
    loss, output = backward_through_time(network, TASK, batch, None)
    network.zero_grad()
    cut_loss, cut_output = backward_through_time(network, TASK, batch, 3)
    torch.testing.assert_close(cut_loss, loss)
    torch.testing.assert_close(cut_output, output)
    assert not cut_output.requires_grad


def test_a_state_that_runs_backward_cannot_be_cut():
    network = make_network("h_t = tanh(W h_{t+1} + U x_t)\ny_t = V h_t")
    with pytest.raises(ValueError, match="the state h runs backward in time"):
        backward_through_time(network, TASK, batch_of(False), 3)
