"""Gates are found in every form in which they are written."""

from __future__ import annotations

import pytest

from elman.ir import parse
from elman.ir.phases import find_phases
from elman.paper.structure.gates import find_gates


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("h_t = sigmoid(x_t) * h_{t-1}", [("h", False)]),
        ("h_t = h_{t-1} * (1 - sigmoid(x_t))", [("h", True)]),
        ("h_t = hard_sigmoid(x_t) h_{t-1}", [("h", False)]),
        ("h_t = sigmoid(a) * h_{t-1} + x_t", []),
        ("h_t = tanh(x_t) * h_{t-1}", []),
        ("h_t = 0.5 sigmoid(x_t) * h_{t-1}", [("h", False)]),
        ("z_t = sigmoid(x_t); h_t = z_{t-1} * h_{t-1}", [("h", False)]),
        ("z_t = sigmoid(b); h_t = z_t * h_{t-1} + x_t", [("h", False)]),
        ("f_t = sigmoid(x_t); h_t = f_t / (f_t + x_t^2) * h_{t-1}", [("h", False)]),
    ],
)
def test_gates(text, found):
    graph = parse(text).scalar_graph
    (loop,) = [phase for phase in find_phases(graph) if phase.direction]
    gates = find_gates(graph, loop.nodes)
    assert [(gate.target.key, gate.complement) for gate in gates] == found
