"""The adjoint over a number of steps, without loops."""

from __future__ import annotations

import pytest

from elman.autodiff import differentiate
from elman.ir import parse
from elman.paper.gradient.dialects import PYTHON, Writer
from elman.paper.gradient.unrolled import unroll_adjoint


def text(term):
    return "0" if term is None else Writer(PYTHON, lambda node: node.key).write(term.node)


def unrolled(source, steps, **more):
    adjoint = differentiate(parse(source).typed(), total="L")
    return unroll_adjoint(adjoint, steps, **more).values


def test_what_lies_beyond_the_ends_is_left_out():
    values = unrolled("h_t = w h_{t-1} + x_t; L = sum_t h_t", 3)
    assert [text(values["dh", t]) for t in (3, 2, 1)] == ["1", "1 + w", "1 + (1 + w)*w"]
    assert text(values["dw", None]) == "(1 + (1 + w)*w)*h_0 + (1 + w)*h_1 + h_2"


def test_products_over_time_leave_their_own_factor_out():
    values = unrolled("y_t = a x_t; h_t = h_{t-1} + y_t; L = prod_t y_t", 3)
    assert [text(values["dy", t]) for t in (1, 2, 3)] == ["y_2*y_3", "y_1*y_3", "y_2*y_1"]
    alone = unrolled("y_t = a x_t; h_t = h_{t-1} + y_t; L = prod_t y_t", 1)
    assert text(alone["dy", 1]) == "1"


def test_inputs_read_before_the_start_are_zero():
    values = unrolled("h_t = w h_{t-1} + u x_{t-1}; L = sum_t h_t", 2)
    assert text(values["du", None]) == "x_1"


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_cotangent_that_is_given_counts_at_its_step(steps):
    adjoint = differentiate(parse("h_t = w h_{t-1} + x_t; y_t = v h_t").typed(), outputs=["y"])
    values = unroll_adjoint(adjoint, steps, given={("y", 1): 1.0}).values
    assert text(values[adjoint.gradients["v"], None]) == "h_1"
    assert text(values[adjoint.gradients["w"], None]) == "v*h_0"
