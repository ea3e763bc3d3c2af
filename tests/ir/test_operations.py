"""Every row of the table of operations: a value, a shape, LaTeX."""

from __future__ import annotations

import math

import numpy as np
import pytest

from elman.equations.symbols import FUNCTIONS
from elman.ir.graph import Dim
from elman.ir.operations import LAYERNORM_EPSILON, OPERATIONS, TIME_REDUCTIONS
from elman.ir.values import OVER_TIME, VALUES, align, compute

X = np.array([-1.5, -0.25, 0.5, 2.0])
VECTOR = (Dim("h", 4),)

BY_HAND = {
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "hard_sigmoid": lambda x: min(max((x + 3) / 6, 0), 1),
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "abs": abs,
    "sign": lambda x: math.copysign(1, x),
    "negate": lambda x: -x,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_functions_of_one_argument(name):
    found = compute(name, [X], (VECTOR,))
    np.testing.assert_allclose(found, [BY_HAND[name](x) for x in X], rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sum", X.sum()),
        ("mean", X.mean()),
        ("max", 2.0),
        ("min", -1.5),
        ("prod", X.prod()),
        ("norm", math.sqrt(sum(x * x for x in X))),
        ("softmax", np.exp(X) / np.exp(X).sum()),
        ("layernorm", (X - X.mean()) / np.sqrt(X.var() + LAYERNORM_EPSILON)),
        ("log", np.log(np.abs(X))),
        ("sqrt", np.sqrt(np.abs(X))),
    ],
)
def test_functions_of_a_vector(name, expected):
    value = np.abs(X) if name in ("log", "sqrt") else X
    np.testing.assert_allclose(compute(name, [value], (VECTOR,)), expected, rtol=1e-14)


def test_products():
    generator = np.random.default_rng(0)
    m, n = Dim("m", 3), Dim("n", 4)
    a, x, y = generator.normal(size=(3, 4)), generator.normal(size=4), generator.normal(size=3)
    batch = generator.normal(size=(5, 4))
    np.testing.assert_allclose(compute("matmul", [a, x], ((m, n), (n,))), a @ x)
    np.testing.assert_allclose(compute("matmul", [a, batch], ((m, n), (n,))), batch @ a.T)
    np.testing.assert_allclose(compute("matmul", [y, a], ((m,), (m, n))), y @ a)
    np.testing.assert_allclose(compute("matmul", [a, a.T], ((m, n), (n, m))), a @ a.T)
    np.testing.assert_allclose(compute("dot", [x, x], ((n,), (n,))), x @ x)
    np.testing.assert_allclose(compute("outer", [y, x], ((m,), (n,))), np.outer(y, x))
    np.testing.assert_allclose(compute("transpose", [a], ((m, n),)), a.T)


def test_a_scalar_of_each_sample_goes_with_its_vector():
    scalars, vectors = np.array([1.0, 2.0]), np.ones((2, 4))
    shapes = ((), VECTOR)
    assert align([scalars, vectors], shapes)[0].shape == (2, 1)
    assert compute("multiply", [scalars, vectors], shapes).tolist() == [[1.0] * 4, [2.0] * 4]
    joined = compute("concat", [scalars, vectors], shapes)
    assert joined.tolist() == [[1.0] * 5, [2.0, 1, 1, 1, 1]]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_row_is_whole(name):
    row = OPERATIONS[name]
    assert row.name == name
    assert row.kind in ("elementwise", "product", "reduction", "row", "structure", "time")
    arguments = ["a", "b", "c"][: row.arity or 1]
    assert "a" in row.latex.format(*arguments)
    if row.kind == "elementwise":
        assert row.shape((VECTOR,) * len(arguments)) == VECTOR


def test_every_operation_has_a_value():
    assert VALUES.keys() == OPERATIONS.keys()
    assert OVER_TIME.keys() == TIME_REDUCTIONS


def test_every_function_of_the_notation_has_a_row():
    assert set(FUNCTIONS) <= set(OPERATIONS)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("add", (VECTOR, (Dim("x", 3),))),
        ("matmul", ((Dim("m", 3), Dim("n", 4)), (Dim("m", 3),))),
        ("dot", (VECTOR, ())),
        ("softmax", ((),)),
        ("outer", (VECTOR, ())),
    ],
)
def test_shapes_that_do_not_fit(name, shapes):
    assert OPERATIONS[name].shape(shapes) is None
