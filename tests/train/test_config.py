"""Settings: what is allowed, and what is said of the rest."""

from __future__ import annotations

import pytest

from elman.train.config import TrainConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adagrad"}, "optimizer is 'adagrad'\n  Allowed: adam, rmsprop, sgd"),
        ({"schedule": "exp"}, "schedule is 'exp'\n  Allowed: constant, cosine, linear, step"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0\n  Allowed: above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": "1e-3"}, "learning_rate is '1e-3'"),
        ({"batch_size": 0}, "batch_size is 0\n  Allowed: whole numbers from 1"),
        ({"max_steps": 1.5}, "max_steps is 1.5"),
        ({"max_steps": True}, "max_steps is True"),
        ({"warmup_steps": -1}, "warmup_steps is -1\n  Allowed: whole numbers from 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"clip_norm": 0.0}, "clip_norm is 0.0\n  Allowed: above 0, or None"),
        ({"solved_metric": float("inf")}, "solved_metric is inf"),
        ({"min_improvement": 1.0}, "min_improvement is 1.0\n  Allowed: from 0 to below 1"),
        ({"momentum": 1.0, "optimizer": "sgd"}, "momentum is 1.0"),
        ({"momentum": 0.9}, "momentum is 0.9, and the optimizer adam has none"),
    ],
)
def test_values_that_are_not_allowed(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**settings)


def test_none_switches_off():
    config = TrainConfig(clip_norm=None, solved_metric=None, epochs=None)
    assert config.clip_norm is config.solved_metric is config.epochs is None


def test_epochs_count_whole_passes():
    assert TrainConfig(epochs=3, batch_size=64).steps_for(1085, "digits") == 51
    assert TrainConfig(max_steps=7).steps_for(1085, "digits") == 7
    assert TrainConfig(max_steps=7).steps_for(None, "palindrome") == 7


def test_an_endless_stream_has_no_epochs():
    with pytest.raises(ValueError, match="epochs is 3, and the task palindrome never repeats"):
        TrainConfig(epochs=3).steps_for(None, "palindrome")


def test_settings_are_stored_and_read_back():
    config = TrainConfig(optimizer="sgd", momentum=0.9, clip_norm=None)
    assert TrainConfig(**config.to_dict()) == config
