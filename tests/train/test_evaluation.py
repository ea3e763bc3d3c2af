"""Figures on held-out sets."""

from __future__ import annotations

import pytest
import torch

from elman.tasks import make
from elman.train import evaluation
from elman.train.evaluation import check_sizes, evaluate
from train.fakes import TASK, TinyNetwork


def test_chunks_do_not_change_the_figures():
    task = make("palindrome", length=12, validation_size=1, test_size=1250)
    network = TinyNetwork().double()
    with torch.no_grad():
        output, _ = network(task.test().inputs.double())
    found = evaluate(network, task, task.test())
    assert found.loss == pytest.approx(float(task.loss(output, task.test())), rel=1e-12)
    assert found.metric == task.metric(output, task.test())


def test_all_right_is_exactly_one():
    class Oracle(TinyNetwork):
        def forward(self, x, initial_state=None):
            digits = (x[0, :, 0] * 8.25**0.5 + 4.5).round().long()
            return torch.nn.functional.one_hot(digits, 10)[None].float() * 9, {}

    task = make("palindrome", length=11, validation_size=1, test_size=1301)
    assert evaluate(Oracle(), task, task.test()).metric == 1.0


def test_evaluation_is_without_gradients_and_without_dropout():
    network = TinyNetwork(dropout=0.5)
    first, second = (evaluate(network, TASK, TASK.test()) for _ in range(2))
    assert first == second
    assert network.training
    assert all(item.grad is None for item in network.parameters())
    network.eval()
    evaluate(network, TASK, TASK.test())
    assert not network.training


def test_an_output_of_the_wrong_size_is_said():
    with pytest.raises(ValueError, match="does not fit the task palindrome") as error:
        check_sizes(TinyNetwork(outputs=7), TASK)
    assert "[2, 1, 7]   wanted: [2, 1, 10]" in str(error.value)
    assert "Give the output 10 features" in str(error.value)
    check_sizes(TinyNetwork(), TASK)


def test_a_network_without_parameters_is_said():
    with pytest.raises(ValueError, match="no parameters"):
        check_sizes(torch.nn.Identity(), TASK)


def test_very_long_sequences_are_read_in_windows(monkeypatch):
    task = make("palindrome", length=24, test_size=30)
    network = TinyNetwork()
    seen = []
    network.forward = _carrying(network, seen)
    whole = evaluate(network, task, task.test())
    assert seen == [23]
    monkeypatch.setattr(evaluation, "_WINDOW", 10)
    parts = evaluate(network, task, task.test())
    assert seen == [23, 10, 10, 3]
    assert parts.metric == whole.metric
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)


def _carrying(network, seen):
    def forward(x, initial_state=None):
        seen.append(len(x))
        h = x.new_zeros(x.shape[1], len(network.b)) if initial_state is None else initial_state["h"]
        for step in x:
            h = torch.tanh(h @ network.W + step @ network.U + network.b)
        return (h @ network.V).expand(len(x), -1, -1), {"h": h}

    return forward
