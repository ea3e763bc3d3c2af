"""Expressions in Python, elman's notation and LaTeX, with the parentheses they need."""

from __future__ import annotations

import pytest

from elman.autodiff.terms import Terms
from elman.ir import Dim
from elman.paper.gradient.dialects import LATEX, PLAIN, PYTHON, Writer

N, M = Dim("n", 2), Dim("m", 3)


def build():
    terms = Terms()
    shapes = {"a": (), "b": (), "u": (N,), "v": (N,), "W": (M, N)}
    return terms, [terms.leaf("parameter", key, shape) for key, shape in shapes.items()]


def written(term):
    return tuple(Writer(d, lambda node: node.key).write(term.node) for d in (PYTHON, PLAIN, LATEX))


TERMS, (A, B, U, V, W) = build()
CASES = [
    (A * A, ("a**2", "a^{2}", "a^{2}")),
    (U * U, ("u*u", "u * u", r"u \odot u")),
    ((A + B) * A, ("(a + b)*a", "(a + b) * a", r"(a + b)\,a")),
    (A - (B - A), ("a - (b - a)", "a - (b - a)", "a - (b - a)")),
    (A / (A * B), ("a/(a*b)", "a / (a * b)", r"\frac{a}{a\,b}")),
    (W @ (U * V), ("W @ (u*v)", "W (u * v)", r"W\,(u \odot v)")),
    (A * (W @ U), ("a*(W @ u)", "a * W u", r"a\,W\,u")),
    ((W @ U) * A, ("W @ u*a", "W u * a", r"W\,u\,a")),
    (U.call("outer", V), ("outer(u, v)", "u v^T", r"u\,v^\top")),
    (U.call("dot", V), ("u @ v", "u^T v", r"u^\top\,v")),
    (W.call("transpose"), ("W.T", "W^T", r"W^\top")),
    (A.call("tanh") * A.call("tanh"), ("tanh(a)**2", "(tanh(a))^{2}", r"\tanh^{2}(a)")),
    (A.call("maximum", B), ("maximum(a, b)", "max(a, b)", r"\max(a, b)")),
    (A.call("sigmoid"), ("sigmoid(a)", "sigmoid(a)", r"\sigma(a)")),
    (A.call("power", -1.5), ("a**(-1.5)", "a^{-1.5}", "a^{-1.5}")),
]


@pytest.mark.parametrize(("term", "texts"), CASES, ids=[texts[0] for _, texts in CASES])
def test_every_dialect(term, texts):
    assert written(term) == texts


def test_a_product_inside_a_product_keeps_its_place_in_python():
    nested = (W @ U) * ((W @ V) * A)
    assert written(nested)[0] == "W @ u*(W @ v)*a"


def test_names_stand_for_their_terms():
    term = (A + B) * A
    inner = term.node.args[0]
    writer = Writer(PYTHON, lambda node: node.key, named={inner.number: "s"})
    assert writer.write(term.node) == "s*a"
    assert writer.definition(inner) == "a + b"
