"""Plateaus at k/10."""

from __future__ import annotations

import torch

from elman.tasks import make
from elman.train.evaluation import tell_groups
from elman.train.groups import explain_groups, find_groups


def answers_of(named: dict[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that name one class for each of ten classes, each asked 20 times."""
    targets = torch.arange(10).repeat(20)
    answers = torch.nn.functional.one_hot(
        torch.tensor([named[int(label)] for label in targets]), 10
    )
    return answers.double(), targets


HALVES = {label: 2 if label < 5 else 7 for label in range(10)}


def test_classes_with_the_same_answer_are_a_group():
    groups = find_groups(*answers_of(HALVES))
    assert groups == ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))
    told = explain_groups(groups, 0.2, 10)
    assert told.startswith("at 2/10 the network tells 2 groups of classes apart")
    assert told.endswith("{0 1 2 3 4} {5 6 7 8 9}")


def test_answers_that_vary_within_a_class_are_still_a_group():
    answers, targets = answers_of(HALVES)
    answers[::3] = torch.nn.functional.one_hot(torch.tensor(2), 10).double()
    assert find_groups(answers, targets) == ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))


def test_nothing_is_told_where_groups_do_not_explain_the_accuracy():
    assert explain_groups(((0, 1), (2,)), 0.9, 3) == ""
    assert explain_groups(((0, 1, 2),), 1 / 3, 3) == ""
    assert explain_groups(((0,), (1,)), 1.0, 2) == ""


def test_a_network_that_knows_the_half_is_explained():
    """The sign of the first digit, kept for ever: small digits are 2, large ones are 7."""

    class Latch(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.V = torch.nn.Parameter(torch.eye(10)[[2, 7]])

        def forward(self, x, initial_state=None):
            large = (x[:1, :, 0] > 0).long().expand(x.shape[:2])
            return self.V[large], {}

    task = make("palindrome", length=12)
    assert "2/10" in tell_groups(Latch(), task, task.test())
