"""torch's automatic differentiation of an unrolled recurrence agrees with the complex step."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff.corpus import CORPUS
from elman.codegen.autograd import differentiate_by_torch
from elman.ir import parse
from elman.paper.gradient.complex_step import differentiate_by_complex_step
from paper.derivatives import LIMIT, values_of, with_total


@pytest.mark.parametrize("name", CORPUS)
def test_it_finds_what_the_complex_step_finds(name):
    text, sizes = CORPUS[name]
    recurrence, total = with_total(text, sizes)
    pairs, values = values_of(recurrence, sizes, 3)
    graph = recurrence.typed(sizes)
    inside = [(key, 2) for key in graph.definitions]
    for place in [*((key, None) for key in recurrence.parameters), *pairs, *inside]:
        found = differentiate_by_torch(graph, values, 3, (total, None), [place])
        every = np.eye(found.size).reshape(found.size, *found.shape)
        wanted = differentiate_by_complex_step(graph, values, 3, (total, None), [place], every)
        # Beside the limit, for the stabilisers that drop out: their gradient is 0.
        close = np.allclose(found.reshape(-1), wanted, rtol=LIMIT, atol=1e-13)
        assert close, place


def test_shared_parameters_are_one_value():
    graph = parse("h_t = a h_{t-1} + b x_t; L = sum_t h_t; share a, b").typed()
    values = {"a": np.array(2.0), "b": np.array(2.0), "x": np.array([1.0]), "h_0": np.array(5.0)}
    both = differentiate_by_torch(graph, values, 1, ("L", None), [("a", None), ("b", None)])
    assert float(both) == 6.0


def test_what_does_not_occur_or_does_not_count_has_no_gradient():
    graph = parse("h_t = a h_{t-1} + x_t; y_t = b x_t; L = sum_t h_t").typed()
    values = {"a": np.array(2.0), "b": np.array(1.0), "x": np.array([1.0])}
    for key in ("b", "q"):
        assert float(differentiate_by_torch(graph, values, 1, ("L", None), [(key, None)])) == 0.0
