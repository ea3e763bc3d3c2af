import numpy as np
import torch

from analysis.fakes import VANILLA, Stored, make_module
from elman.analysis.probe import between_classes, collect_states, count_units, decode, probe_states
from elman.nn import module
from elman.tasks.base import Batch


class Once(Stored):
    """The class comes in the first step, and then nothing but noise in the other feature."""

    def _make(self, seed, size):
        batch = super()._make(seed, size)
        batch.inputs[1:, :, 0] = 0
        return batch


def keeper():
    """Unit 2 keeps what came first; unit 1 holds the noise of the last step."""
    made = module(
        "h_t = d * h_{t-1} + U x_t; y_t = V h_t", sizes={"x": 2, "h": 2, "y": 3}, init="xavier"
    )
    with torch.no_grad():
        made.d.copy_(torch.tensor([0.0, 1.0]))
        made.U.copy_(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    return made


def test_the_unit_that_keeps_the_class_is_found():
    found = probe_states(keeper(), Once(size=200).test())
    assert found.units == ("h 1", "h 2") and found.best_units() == [1, 0]
    assert found.classes == 3 and found.sequences == 100
    assert all(row[1] == 1.0 and row[0] < 0.1 for row in found.shares[1:])
    assert set(found.accuracies) == {1.0}
    assert found.counts == (1, 2) and found.accuracies_of_best == (1.0, 1.0)


def test_noise_tells_nothing():
    random = np.random.default_rng(0)
    values, classes = random.standard_normal((4000, 5)), random.integers(0, 4, 4000)
    assert decode(values, classes) < 0.3
    assert between_classes(values, classes).max() < 0.01


def test_a_linear_map_tells_classes_apart_that_no_unit_tells():
    random = np.random.default_rng(0)
    classes = random.integers(0, 2, 1000)
    noise = 5 * random.standard_normal(1000)
    values = np.stack([noise + classes, noise - classes], axis=1)
    assert decode(values, classes) > 0.99
    assert max(decode(values[:, [unit]], classes) for unit in (0, 1)) < 0.7


def test_a_unit_that_never_varies_holds_nothing():
    values = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert between_classes(values, np.array([0, 1, 0, 1])).tolist() == [0.0, 1.0]
    assert decode(np.tile(values, (3, 1)), np.tile([0, 0, 1, 1], 3)) <= 1.0


def test_answers_that_are_no_class_have_no_probe():
    made, batch = make_module(VANILLA), Stored(size=100).test()
    assert probe_states(made, Batch(batch.inputs, torch.randn(100))) is None
    each = Batch(batch.inputs, torch.zeros(6, 100, dtype=torch.int64), each_step=True)
    assert probe_states(made, each) is None
    assert probe_states(made, Stored(size=20).test()) is None


def test_states_of_different_shapes_stand_side_by_side():
    made = make_module("s_t = 0.9 s_{t-1} + w^T h_t\nh_t = tanh(W h_{t-1} + U x_t); y_t = V h_t")
    names, values = collect_states(made, Stored(size=7).test())
    assert count_units(made) == len(names) == values.shape[-1] == 5
    assert set(names) == {"s 1", "h 1", "h 2", "h 3", "h 4"}
