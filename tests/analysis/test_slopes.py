import numpy as np
import torch

from analysis.fakes import TWO_STATES, VANILLA, Stored, make_module
from elman.analysis.network import read_network
from elman.analysis.slopes import Saturated, measure_saturated


def test_the_share_is_counted_from_the_values():
    made, batch = make_module(VANILLA), Stored(size=30).test()
    with torch.no_grad():
        made.U.mul_(8)
    network = read_network(made)
    (found,) = measure_saturated(network, batch)
    slopes = 1 - np.square(network.run(batch.inputs).sequences["h"])
    assert (found.function, found.name) == ("tanh", "h")
    np.testing.assert_allclose(found.shares, (slopes < 0.1).mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(found.slope, slopes.mean(), rtol=1e-4)
    assert 0 < found.share < 1


def test_every_nonlinearity_has_a_row_under_its_own_name():
    made = make_module(TWO_STATES)
    found = measure_saturated(read_network(made), Stored(size=5).test())
    assert {(item.function, item.name) for item in found} == {("sigmoid", "g"), ("tanh", "h")}
    made = make_module(
        "c_t = 0.5 c_{t-1} + U x_t; h_t = sigmoid(W h_{t-1}) * tanh(c_t); y_t = V h_t"
    )
    names = {item.name for item in measure_saturated(read_network(made), Stored(size=5).test())}
    assert "tanh(c)" in names


def test_no_steps_no_share():
    assert Saturated("tanh", "h", (), (), 1.0).share == 0.0
