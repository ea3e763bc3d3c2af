import numpy as np
import pytest
import torch

from elman.analysis.network import read_network
from elman.analysis.spectrum import measure_spectra
from elman.nn import module


def spectra_of(equations, **parameters):
    made = module(equations, sizes={"x": 1, "h": 2, "y": 2}, init="xavier", backend="eager")
    with torch.no_grad():
        for name, value in parameters.items():
            getattr(made, name).copy_(torch.tensor(value))
    return measure_spectra(read_network(made), torch.randn(5, 1))


def test_a_linear_map_has_its_own_eigenvalues():
    rotation = [[0.0, -0.95], [0.95, 0.0]]
    (found,) = spectra_of("h_t = W h_{t-1} + U x_t; y_t = V h_t", W=rotation)
    assert found.states == ("h",) and found.step == 3
    assert sorted(found.imaginary) == [-0.95, 0.95] and np.allclose(found.real, 0)
    assert found.moduli == pytest.approx((0.95, 0.95)) and found.kept == 2
    assert found.largest_growth == pytest.approx(0.95, abs=1e-5)


def test_two_lags_have_the_eigenvalues_of_the_companion_matrix():
    first, second = np.diag([0.5, 0.2]), np.diag([0.3, 0.1])
    (found,) = spectra_of(
        "h_t = W h_{t-1} + P h_{t-2} + U x_t; y_t = V h_t", W=first.tolist(), P=second.tolist()
    )
    companion = np.block([[first, second], [np.eye(2), np.zeros((2, 2))]])
    wanted = np.sort(np.abs(np.linalg.eigvals(companion)))[::-1]
    np.testing.assert_allclose(found.moduli, wanted, rtol=1e-3)
    assert found.kept == 0


def test_each_loop_has_a_spectrum_and_tanh_takes_part():
    found = spectra_of(
        "h_t = tanh(W h_{t-1} + U x_t); g_t = 0.9 g_{t-1} + h_t; y_t = V h_t + g_t",
        W=[[2.0, 0.0], [0.0, 0.0]],
    )
    assert [item.states for item in found] == [("h",), ("g",)]
    assert found[1].real == (0.9, 0.9) and found[1].kept == 2
    assert found[0].moduli[0] < 2.0


def test_a_loop_that_is_too_large_is_left_out(monkeypatch):
    monkeypatch.setattr("elman.analysis.spectrum.LARGEST", 1)
    assert spectra_of("h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t") == ()
