import numpy as np
import torch

from analysis.fakes import VANILLA, Stored, make_module
from elman.analysis.network import read_network
from elman.nn import module


def test_the_interpreter_sees_the_same_network():
    made, batch = make_module(VANILLA), Stored().test()
    network = read_network(made)
    assert (network.input, network.output, network.states) == ("x", "y", ("h",))
    with torch.no_grad():
        wanted, _ = made(batch.inputs)
    np.testing.assert_allclose(
        network.run(batch.inputs).sequences["y"], wanted.numpy(), rtol=1e-4, atol=1e-5
    )


def test_shared_parameters_are_given_under_each_name():
    text = "h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t; g_t = P h_t + y_t; share W, P"
    made = module(text, sizes={"x": 2, "h": 3, "y": 3}, init="xavier", outputs=("g",))
    parameters = read_network(made).parameters
    np.testing.assert_array_equal(parameters["W"], parameters["P"])
