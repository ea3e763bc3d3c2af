"""The kind of each loop, with a reason in the users' own names."""

from __future__ import annotations

import pytest

from elman.ir import parse
from elman.ir.phases import find_phases
from elman.paper.structure.features import LoopView
from elman.paper.structure.kinds import find_kinds


def kinds(text):
    recurrence = parse(text)
    graph = recurrence.scalar_graph
    loops = tuple(phase for phase in find_phases(graph) if phase.direction)
    return [(kind.term, kind.reason) for kind in find_kinds(LoopView(recurrence, graph, loops))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "h_t = relu(w h_{t-1} + u x_t)",
            ("Elman network", "the hidden state is fed back: h reads h_{t-1}, through relu"),
        ),
        (
            "h_t = tanh(w y_{t-1} + u x_t); y_t = v h_t",
            (
                "Jordan network",
                "the output is fed back, not the hidden layer: h reads y_{t-1}",
            ),
        ),
        (
            "h_t = 0.9 h_{t-1} + tanh(x_t); y_t = c h_t",
            ("linear state-space model", "h reads h_{t-1} without nonlinearity"),
        ),
        (
            "h_t = h_{t-1} + tanh(w h_{t-1})",
            ("residual over time", "h adds to h_{t-1} itself"),
        ),
        (
            "h_t = h_{t-1} + a (tanh(w h_{t-1}) - h_{t-1})",
            (
                "leaky integrator",
                "h keeps a fixed share of h_{t-1}, as it is subtracted again",
            ),
        ),
        ("h_t = h_{t-1}^2 + x_t", ("recurrent", "h reads h_{t-1}")),
        ("y_t = x_t", ("feed-forward", "no step reads what another step has computed")),
        (
            "f_t = sigmoid(x_t); h_t = f_t * h_{t-1}",
            ("gated", "f_t weighs h_{t-1}"),
        ),
    ],
)
def test_the_first_kind(text, expected):
    assert kinds(text)[0] == expected


def test_the_kinds_of_two_loops_are_named_once():
    assert len(kinds("h_t = tanh(a h_{t-1} + x_t); k_t = tanh(b k_{t+1} + x_t)")) == 1
