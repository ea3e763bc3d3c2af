"""Optimizers by name, clipping, and state that survives."""

from __future__ import annotations

import pytest
import torch

from elman.train.config import TrainConfig
from elman.train.optimizers import (
    clip_gradients,
    make_optimizer,
    optimizer_tensors,
    restore_optimizer,
    set_learning_rate,
    trained_parameters,
)
from train.fakes import TinyNetwork, same_weights

KINDS = [
    {"optimizer": "adam"},
    {"optimizer": "rmsprop"},
    {"optimizer": "rmsprop", "momentum": 0.5},
    {"optimizer": "sgd"},
    {"optimizer": "sgd", "momentum": 0.9},
]


def push(network: torch.nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    """A few updates with gradients that depend on the weights."""
    for _ in range(steps):
        optimizer.zero_grad()
        sum((item**3).sum() + item.sum() for item in network.parameters()).backward()
        optimizer.step()


@pytest.mark.parametrize("settings", KINDS)
def test_a_restored_optimizer_goes_on_to_the_same_bits(settings):
    config = TrainConfig(**settings, learning_rate=0.01)
    straight, first, second = TinyNetwork(), TinyNetwork(), TinyNetwork()
    push(straight, make_optimizer(straight, config), 6)

    optimizer = make_optimizer(first, config)
    push(first, optimizer, 4)
    second.load_state_dict(first.state_dict())
    continued = make_optimizer(second, config)
    restore_optimizer(continued, second, optimizer_tensors(optimizer, first))
    push(second, continued, 2)
    assert same_weights(second, straight)


def test_state_is_named_after_the_parameters():
    network = TinyNetwork()
    optimizer = make_optimizer(network, TrainConfig())
    push(network, optimizer, 1)
    names = set(optimizer_tensors(optimizer, network))
    assert {"exp_avg.W", "exp_avg_sq.U", "step.b"} <= names


def test_a_fixed_parameter_is_not_trained():
    network = TinyNetwork()
    network.V.requires_grad_(False)
    before = network.V.clone()
    optimizer = make_optimizer(network, TrainConfig())
    optimizer.zero_grad()
    sum(item.sum() for item in network.parameters()).backward()
    optimizer.step()
    assert "V" not in trained_parameters(network)
    assert torch.equal(network.V, before)


def test_nothing_to_train_is_said():
    network = TinyNetwork().requires_grad_(False)
    with pytest.raises(ValueError, match="no parameter that is trained"):
        make_optimizer(network, TrainConfig())


def test_the_rate_of_the_next_step():
    network = TinyNetwork()
    optimizer = make_optimizer(network, TrainConfig(optimizer="sgd"))
    set_learning_rate(optimizer, 0.25)
    before = network.b.detach().clone()
    network.b.grad = torch.ones_like(network.b)
    optimizer.step()
    assert torch.equal(network.b.detach(), before - 0.25)


def give_gradients(network: TinyNetwork) -> float:
    random = torch.Generator().manual_seed(0)
    for item in network.parameters():
        item.grad = torch.randn(item.shape, generator=random)
    return float(torch.cat([item.grad.flatten() for item in network.parameters()]).norm())


def test_clipping_scales_all_gradients_by_one_factor():
    network = TinyNetwork()
    norm = give_gradients(network)
    before = [item.grad.clone() for item in network.parameters()]
    found = clip_gradients(network, norm / 4)
    assert found == pytest.approx((norm, norm / 4))
    for item, old in zip(network.parameters(), before, strict=True):
        torch.testing.assert_close(item.grad, old / 4)


@pytest.mark.parametrize("bound", [None, 1e6])
def test_a_small_gradient_is_not_touched(bound):
    network = TinyNetwork()
    norm = give_gradients(network)
    before = [item.grad.clone() for item in network.parameters()]
    assert clip_gradients(network, bound) == pytest.approx((norm, norm))
    for item, old in zip(network.parameters(), before, strict=True):
        assert torch.equal(item.grad, old)


def test_the_norm_of_a_broken_gradient_is_reported():
    network = TinyNetwork()
    give_gradients(network)
    network.b.grad[0] = float("inf")
    assert clip_gradients(network, 1.0) == (float("inf"), float("inf"))


def test_a_parameter_that_the_loss_does_not_reach_is_left_out():
    network = TinyNetwork()
    network.b.grad = torch.full_like(network.b, 3.0)
    assert clip_gradients(network, None)[0] == pytest.approx(3.0 * 6**0.5)
