"""Normal form keeps values, and names what has no kernel."""

from __future__ import annotations

import pytest

from elman.codegen.normal import UnsupportedByKernelError, normalise
from elman.ir import parse, print_graph


def test_sums_join_and_products_with_joined_vectors_split():
    graph = parse("h_t = tanh(W [x_t, h_{t-1}] + U h_{t-1} + b)").typed({"x": 2, "h": 3})
    normal, _ = normalise(graph, ["h"], [])
    lines = print_graph(normal).splitlines()
    assert "add %1 %3 %4 b" in lines[-2]
    assert sum("matmul" in line for line in lines) == 3


@pytest.mark.parametrize(
    ("text", "sizes", "message"),
    [
        ("S_t = 0.5 S_{t-1} + x_t x_t^T; y_t = S_t x_t", {"x": 2}, "matrix"),
        ("h_t = x_t h_{t-1}; L = max(h)", {}, "max over time"),
    ],
)
def test_what_has_no_kernel_is_named(text, sizes, message):
    graph = parse(text).typed(sizes)
    with pytest.raises(UnsupportedByKernelError, match=message):
        normalise(graph, list(graph.definitions), list(graph.totals))
