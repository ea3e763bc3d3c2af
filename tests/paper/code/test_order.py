"""As few loops as the equations allow, in an order in which nothing is read too early."""

from __future__ import annotations

import pytest

from elman.ir import parse
from elman.paper.code.order import find_parts, order_blocks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h_t = a h_{t-1} + x_t; y_t = b h_t", [("forward", ["h", "y"])]),
        ("tau_t = a h_{t-1} + x_t; h_t = tanh(tau_t)", [("forward", ["tau", "h"])]),
        ("g_t = a x_t; h_t = h_{t-1} + g_t", [("forward", ["g", "h"])]),
        ("h_t = a h_{t-1} + x_t; k_t = b k_{t-1} + h_t", [("forward", ["h", "k"])]),
        (
            "h_t = h_{t-1} + x_t; k_t = k_{t+1} + x_t; y_t = h_t + k_t",
            [("forward", ["h"]), ("backward", ["k"]), ("forward", ["y"])],
        ),
        ("y_t = z_{t+1}; z_t = x_t", [("forward", ["z"]), ("forward", ["y"])]),
        ("y_t = a; h_t = h_{t-1} + y_t", [("forward", ["y", "h"])]),
        ("h_t = h_{t-1} + x_t; y_t = h_t", [("forward", ["h", "y"])]),
    ],
)
def test_loops(text, expected):
    graph = parse(text).typed()
    blocks = order_blocks(graph, find_parts(graph))
    assert [(b.direction, [key for key, _ in b.definitions]) for b in blocks] == expected


def test_large_expressions_that_are_used_twice_are_parts():
    graph = parse("h_t = tanh(a x_t + b h_{t-1} + c) + (a x_t + b h_{t-1} + c)^2").typed()
    parts = find_parts(graph)
    assert len(parts) == 1
    (block,) = order_blocks(graph, parts)
    assert [key for key, _ in block.definitions] == [1, "h"]


def test_small_ones_are_written_again():
    assert find_parts(parse("h_t = tanh(-x_t) + sigmoid(-x_t)").typed()) == []
