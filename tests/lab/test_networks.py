import torch

import elman
from elman.lab.networks import keep_network, network_path


def test_a_kept_network_is_read_by_load(tmp_path):
    module = elman.module("h_t = tanh(W h_{t-1} + U x_t)", sizes={"x": 2, "h": 3})
    path = network_path(tmp_path, "0123456789abcdef" + 48 * "0")
    keep_network(module, path)
    assert path.parent.name == "networks" and path.stem == "0123456789abcdef"
    x = torch.ones(4, 1, 2)
    assert torch.equal(elman.load(path)(x)[0], module(x)[0])
