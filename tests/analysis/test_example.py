import numpy as np

from analysis.fakes import VANILLA, Stored, make_module
from elman.analysis.example import follow_sequence
from elman.analysis.network import read_network


def test_the_values_are_those_of_the_first_sequence():
    made, batch = make_module(VANILLA), Stored().test()
    found = follow_sequence(made, batch, order=[2, 0, 1, 3])
    states = read_network(made).run(batch.inputs[:, 0]).sequences["h"]
    assert found.units == ("h 3", "h 1", "h 2", "h 4") and found.left_out == 0
    assert found.steps == (1, 2, 3, 4, 5, 6)
    np.testing.assert_allclose(found.values[0], states[:, 2], atol=6e-4)
    assert found.answer == str(int(batch.targets[0]))


def test_the_most_lively_units_come_first_and_the_rest_is_counted():
    found = follow_sequence(make_module(VANILLA, hidden=50), Stored(steps=300).test())
    assert len(found.units) == 40 and found.left_out == 10 and len(found.steps) == 120
    spreads = np.std(found.values, axis=1)
    assert spreads[0] > spreads[-1]
