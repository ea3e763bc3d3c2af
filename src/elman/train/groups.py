"""Why an accuracy sticks at k/10: how many groups of classes a network tells apart.

A network that has learned only part of the answer says the same for all classes of a group. With C
classes that are equally frequent and k groups, it is right for one class of each group: its
accuracy is k/C. So a loss that rests at a plateau of k/10 is no failure of the optimizer, but a
network that remembers, say, whether the first digit was large or small, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# Two classes are told apart where the mean answers to them differ by more than this (total
# variation: 0 for the same answers, 1 for answers without a common class).
_APART = 0.5
_NEAR = 0.03  # how far from k/C an accuracy may lie


def find_groups(answers: Tensor, targets: Tensor) -> tuple[tuple[int, ...], ...]:
    """Returns the groups of classes that get the same answers, in order of their first class.

    >>> answers = torch.tensor([[5.0, 0.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
    >>> find_groups(answers, torch.tensor([0, 1, 2]))
    ((0, 1), (2,))

    Args:
        answers: Logits, [B, C].
        targets: The class of each, [B].
    """
    said = torch.nn.functional.one_hot(answers.argmax(dim=-1), answers.shape[-1]).double()
    present = [int(label) for label in targets.unique()]
    mean = {label: said[targets == label].mean(dim=0) for label in present}
    groups: list[list[int]] = []
    for label in present:
        for group in groups:
            if float((mean[label] - mean[group[0]]).abs().sum()) / 2 <= _APART:
                group.append(label)
                break
        else:
            groups.append([label])
    return tuple(tuple(group) for group in groups)


def explain_groups(groups: Sequence[Sequence[int]], accuracy: float, classes: int) -> str:
    """Returns a sentence where an accuracy is what k groups give, else nothing.

    >>> explain_groups([(0, 1), (2,)], 0.667, 3)
    'at 2/3 the network tells 2 groups of classes apart, and names one class of each: {0 1} {2}'

    Args:
        groups: Of `find_groups`.
        accuracy: On the same answers.
        classes: C.
    """
    count = len(groups)
    if not 1 < count < classes or abs(accuracy - count / classes) > _NEAR:
        return ""
    listed = " ".join("{" + " ".join(map(str, group)) + "}" for group in groups)
    return (
        f"at {count}/{classes} the network tells {count} groups of classes apart, and names one "
        f"class of each: {listed}"
    )
