"""Batches of a finite training set: each sequence once an epoch, in a new order each time."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def draw_epoch(count: int, step: int, batch_size: int, seed: int) -> Tensor:
    """Returns which sequences of a training set are the batch of a step.

    They are drawn without replacement; a batch may span the end of one epoch and the beginning of
    the next. Steps follow each other without a hidden state.

    >>> first, second = draw_epoch(5, 0, 3, seed=0), draw_epoch(5, 1, 3, seed=0)
    >>> sorted([*first.tolist(), *second.tolist()[:2]])
    [0, 1, 2, 3, 4]

    Args:
        count: Number of training sequences.
        step: Number of the step, from 0.
        batch_size: B.
        seed: Seed of the orders.
    Returns:
        Positions from 0 to count - 1, [B], int64.
    """
    positions = np.arange(step * batch_size, (step + 1) * batch_size)
    epochs, places = np.divmod(positions, count)
    chosen = np.empty(batch_size, dtype=np.int64)
    for epoch in np.unique(epochs):
        order = np.random.default_rng([seed, int(epoch)]).permutation(count)
        chosen[epochs == epoch] = order[places[epochs == epoch]]
    return torch.from_numpy(chosen)
