"""The columns of figures."""

from __future__ import annotations

from elman.train.curves import Curves


def test_the_mean_loss_is_of_the_last_steps():
    curves = Curves(loss=[9.0, 1.0, 2.0, 3.0])
    assert curves.mean_loss(3) == 2.0
    assert curves.mean_loss(100) == 3.75
    assert Curves().mean_loss(3) is None


def test_columns_are_all_there_by_name():
    curves = Curves(loss=[1.0], evaluation_step=[1])
    assert curves.columns()["loss"] == [1.0]
    assert Curves(**curves.columns()) == curves
    assert curves.steps == 1
