"""The typed graph: well formed, and worth the same as the untyped text."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings

from elman.errors import UnsupportedError
from elman.ir import evaluate, parse
from elman.ir.verify import verify
from oracles import assert_close, random_values
from strategies import recurrences


@settings(max_examples=60)
@given(recurrences())
def test_every_graph_is_well_formed(example):
    text, sizes = example
    verify(parse(text).typed(sizes))


def test_the_verifier_finds_a_wrong_shape():
    graph = parse("h_t = W h_{t-1} + x_t").typed({"x": 3})
    wrong = dataclasses.replace(graph.definitions["h"], shape=())
    with pytest.raises(AssertionError, match="has the wrong shape"):
        verify(dataclasses.replace(graph, definitions={"h": wrong}))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("h_t = (A + B - 2 I) h_{t-1} + x_t", "h_t = A h_{t-1} + B h_{t-1} - 2 h_{t-1} + x_t"),
        ("h_t = (A - I)^T h_{t-1} + x_t", "h_t = h_{t-1} A - h_{t-1} + x_t"),
        ("h_t = -(I - A / 2) h_{t-1} + x_t", "h_t = A h_{t-1} / 2 - h_{t-1} + x_t"),
        ("h_t = diag(w) A h_{t-1} + x_t", "h_t = w * (A h_{t-1}) + x_t"),
        ("h_t = (A + diag(w)) h_{t-1} + x_t", "h_t = A h_{t-1} + w * h_{t-1} + x_t"),
        ("h_t = h_{t-1} diag(w) + x_t", "h_t = w * h_{t-1} + x_t"),
    ],
)
def test_matrices_that_only_act(text, same):
    sizes = {"x": 3}
    text = text.replace("h_{t-1} A", "h_{t-1} @ A")
    one, other = parse(text), parse(same)
    values = random_values(one, sizes, 4)
    assert set(values) == set(random_values(other, sizes, 4))
    assert_close(
        evaluate(one.typed(sizes), values).sequences, evaluate(other.typed(sizes), values).sequences
    )


@pytest.mark.parametrize(
    "text",
    ["A = W - I\nh_t = A h_{t-1} + x_t", "h_t = h_{t-1} + tanh(diag(w)) x_t"],
)
def test_such_a_matrix_has_no_value_of_its_own(text):
    with pytest.raises(UnsupportedError, match="built from I or diag"):
        parse(text).typed({"x": 3})
