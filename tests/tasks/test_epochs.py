"""Batches of a finite training set."""

from __future__ import annotations

import pytest

from elman.tasks.epochs import draw_epoch


@pytest.mark.parametrize("count, size", [(7, 3), (5, 12), (1, 4), (8, 8)])
def test_every_epoch_shows_each_once_in_an_order_of_its_own(count, size):
    steps = -(-4 * count // size)
    shown = [place for step in range(steps) for place in draw_epoch(count, step, size, 3).tolist()]
    epochs = [shown[first : first + count] for first in range(0, 4 * count, count)]
    assert all(sorted(epoch) == list(range(count)) for epoch in epochs)
    if count > 4:
        assert len({tuple(epoch) for epoch in epochs}) == 4


def test_seeds_have_orders_of_their_own():
    orders = {tuple(draw_epoch(30, 0, 30, seed).tolist()) for seed in range(10)}
    assert len(orders) == 10
