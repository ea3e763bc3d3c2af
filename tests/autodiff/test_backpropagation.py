"""Gradients as numbers, by name."""

from __future__ import annotations

import numpy as np

from elman.autodiff import adjoint_values, backpropagate, differentiate, gradients
from elman.cells import read_equations
from elman.ir import evaluate, parse


def test_names_of_what_is_found():
    text = "h_t = a h_{t-1} + b h_{t-2} + x_t; k_t = c k_{t+1} + h_t; L = sum_t k_t; y_t = q x_t"
    found = gradients(
        differentiate(parse(text).typed(), total="L"),
        dict.fromkeys("abcq", 0.5) | {"x": np.ones(4)},
    )
    assert set(found) == {"a", "b", "c", "q", "x", "h_0", "h_m1", "k_5"}
    assert found["q"] == 0.0
    assert found["x"].shape == (4,)


def test_an_adjoint_is_given_the_starts_of_the_forward_pass():
    graph = parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t").typed()
    adjoint = differentiate(graph, total="L")
    values = {"w": 0.5, "x": [1.0, 2.0], "h_0": 3.0}
    given = adjoint_values(adjoint, evaluate(graph, values))
    assert given["h_0"] == 3.0
    forward, backward = backpropagate(adjoint, values)
    slope = 1 - forward.sequences["h"] ** 2
    last = slope[1] * forward.at("h", 1)
    first = slope[0] * (1 + slope[1] * 0.5) * 3.0
    np.testing.assert_allclose(backward.values["dw"], first + last)


def test_the_cotangent_of_a_final_state_is_a_value_beyond_the_end():
    graph = parse("h_t = a h_{t-1} + x_t").typed()
    adjoint = differentiate(graph, outputs=["h"])
    values = {"a": 2.0, "x": np.zeros(3), "h_0": 1.0}
    forward = evaluate(graph, values)
    given = adjoint_values(adjoint, forward, {"h": np.zeros(3)})
    # dh_lag1 at T + 1 is a times the cotangent of h_T: what a step beyond the end would give.
    given[f"{adjoint.lagged['h', 1]}_4"] = 1.0
    backward = evaluate(adjoint.graph, given)
    assert backward.sequences[adjoint.cotangents["h"]].tolist() == [4.0, 2.0, 1.0]
    assert backward.values[adjoint.gradients["a"]] == 12.0


def test_a_batch_is_differentiated_at_once():
    graph = parse("h_t = tanh(W h_{t-1} + U x_t)").typed({"x": 2, "h": 3})
    generator = np.random.default_rng(0)
    values = {"W": generator.normal(size=(3, 3)), "U": generator.normal(size=(3, 2))}
    x, cotangent = generator.normal(size=(4, 5, 2)), generator.normal(size=(4, 5, 3))
    adjoint = differentiate(graph, outputs=["h"])
    _, whole = backpropagate(adjoint, {**values, "x": x}, {"h": cotangent})
    for place in range(5):
        one = gradients(adjoint, {**values, "x": x[:, place]}, {"h": cotangent[:, place]})
        np.testing.assert_allclose(whole.values["dW"][place], one["W"])


def test_adjoints_of_the_cells_print_as_they_did(golden):
    for cell in ("vanilla", "lstm", "gru"):
        graph = parse(read_equations(cell)[0]).typed({"x": 2, "h": 3, "y": 4})
        golden(f"adjoint/{cell}.txt", f"{differentiate(graph, outputs=['y'])}\n")
