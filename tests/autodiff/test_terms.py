"""Terms simplify only what a person would not write."""

from __future__ import annotations

import pytest

from elman.autodiff.terms import Term, Terms
from elman.ir import Dim
from elman.paper.gradient.dialects import PYTHON, Writer

N = (Dim("n", 3),)


@pytest.fixture
def terms():
    return Terms()


def text(term: Term) -> str:
    return Writer(PYTHON, lambda node: node.key).write(term.node)


def scalars(terms):
    return [terms.leaf("parameter", key, ()) for key in "abc"]


def test_factors_of_one_signs_and_zeros_go(terms):
    a, b, _ = scalars(terms)
    assert text(1 * a) == text(a * 1) == text(a + 0) == text(a - 0) == text(a / 1) == "a"
    assert text(terms.negate(-a)) == "a"
    assert text(a + -b) == text(a - b) == "a - b"
    assert text(-a + b) == "b - a"
    assert text(a - -b) == "a + b"
    assert text(a * -b) == text(-a * b) == "-a*b"
    assert text(0 - a) == "-a"


def test_numbers_come_to_the_front_and_are_folded(terms):
    a, b, _ = scalars(terms)
    assert text(a * 2 * b) == text(a * (2 * b)) == "2*a*b"
    assert text(3 * (2 * a)) == "6*a"
    assert (terms.number(2) * 3 + 1).value == 7


def test_the_order_of_factors_and_summands_stays(terms):
    a, b, c = scalars(terms)
    assert text(c * b * a) == "c*b*a"
    assert text((c + b) * a) == "(c + b)*a"


def test_the_sum_of_a_product_is_an_inner_product(terms):
    u, v = (terms.leaf("parameter", key, N) for key in "uv")
    a = terms.leaf("parameter", "a", ())
    assert terms.total(u * v).node.op == "dot"
    assert text(terms.total(a * u)) == "a*sum(u)"
    assert text(terms.total(-(u * v))) == "-u @ v"
    assert text(terms.total(terms.expand(a, N))) == "3*a"


def test_a_cotangent_takes_the_shape_of_its_value(terms):
    a = terms.leaf("parameter", "a", ())
    u = terms.leaf("parameter", "u", N)
    assert terms.fit(u, ()).shape == ()
    assert terms.fit(a, N).shape == N
    assert text(terms.fit(a, N) * u) == "a*u"
    assert terms.fit(u, N) is u


def test_what_no_step_changes_is_summed_by_T(terms):
    a = terms.leaf("parameter", "a", ())
    x = terms.leaf("read", "x", ())
    assert text(terms.over_time(a)) == "T*a"
    assert terms.over_time(x).node.op == "over_time"
    assert terms.over_time(terms.over_time(x) * 0 + x).node.level == "total"
