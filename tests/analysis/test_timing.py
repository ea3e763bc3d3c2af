from functools import partial

from analysis.fakes import VANILLA, Stored, make_module
from elman.analysis import timing
from elman.train.config import TrainConfig


def test_every_size_is_timed_with_kernels_and_without(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.0)
    make = partial(make_module, VANILLA, 4)
    found = timing.time_steps(make, Stored(), TrainConfig(batch_size=16, max_steps=5))
    assert [item.batch_size for item in found] == [8, 16, 64, 128]
    assert all(item.eager > 0 for item in found)
    compiled = not make("auto").backend_reason
    assert all((item.kernel is not None) == compiled for item in found)


def test_where_time_is_short_the_size_of_the_training_is_timed(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.0)
    monkeypatch.setattr(timing, "_LIMIT", 0.0)
    make = partial(make_module, VANILLA, 4)
    found = timing.time_steps(make, Stored(), TrainConfig(batch_size=16, max_steps=5))
    assert [item.batch_size for item in found] == [16]


def test_without_a_kernel_there_is_no_time_of_one(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.0)

    def make(backend):
        return make_module(VANILLA, 4, "eager")

    found = timing.time_steps(make, Stored(), TrainConfig(batch_size=8, max_steps=5))
    assert [item.kernel for item in found] == [None] * 3
