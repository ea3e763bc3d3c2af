"""What a derivative passes through, and what it is asked for."""

from __future__ import annotations

import pytest

from elman.autodiff import differentiate
from elman.autodiff.activity import active_nodes, choose_targets, lagged_names
from elman.errors import DifferentiationError
from elman.ir import parse

TEXT = "h_t = a h_{t-1} + b x_t; k_t = c k_{t-2}; y_t = d h_t; A = exp(a); L = sum_t y_t"


def test_lags_by_name():
    assert lagged_names(parse(TEXT).typed()) == {"h": [1], "k": [2]}


def test_names_are_sorted_into_targets():
    graph = parse(TEXT).typed()
    targets = choose_targets(graph, ["a", "x", "h", "A"])
    assert (targets.parameters, targets.derived) == (frozenset("a"), frozenset("A"))
    assert (targets.inputs, targets.states) == (frozenset("x"), frozenset("h"))
    everything = choose_targets(graph, None)
    assert everything.parameters == frozenset("abcd")
    assert everything.derived == frozenset()
    with pytest.raises(DifferentiationError, match="with respect to q, y\n  parameters: a, b"):
        choose_targets(graph, ["a", "q", "y"])


def test_only_what_lies_between_is_active():
    graph = parse(TEXT).typed()
    roots = [graph.totals["L"]]
    targets = choose_targets(graph, ["b"])
    active = active_nodes(graph, roots, targets, through_starts=True)
    assert graph.definitions["h"].number in active
    assert graph.definitions["k"].number not in active
    assert differentiate(graph, total="L", wrt=["c", "k"]).zero == ("c", "k")


def test_bad_requests():
    graph = parse(TEXT).typed()
    with pytest.raises(ValueError, match="either outputs or a total"):
        differentiate(graph)
    with pytest.raises(ValueError, match="by is 'both'"):
        differentiate(graph, total="L", by="both")
    with pytest.raises(DifferentiationError, match="there is no output q"):
        differentiate(graph, outputs=["q"])
    with pytest.raises(DifferentiationError, match="h is not a total"):
        differentiate(graph, total="h")
    vector = parse("h_t = tanh(W h_{t-1} + U x_t); L = sum_t h_t").typed({"x": 2, "h": 3})
    with pytest.raises(DifferentiationError, match=r"L is no scalar, its shape is \[3\]"):
        differentiate(vector, total="L")
