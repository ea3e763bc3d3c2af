"""Elementary functions in vectors: accuracy, special values, every target."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
import pytest

from elman.codegen import vector_math
from elman.codegen.layout import lanes_of
from elman.codegen.native import compile_object, host_target, load_object
from elman.codegen.writer import Function, Module

NAMES = ("exp", "sigmoid", "tanh", "log", "sin", "cos")
TARGETS = ("avx512", "avx2", "plain")
REFERENCES = {
    "exp": np.exp,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
}


@cache
def library(limit: str, bits: int):
    """A library with one function for each row, over arrays whose length is a multiple of 16."""
    target = host_target(limit)
    lanes = lanes_of(target, bits)
    module = Module()
    for name in NAMES:
        f = Function(module, f"each_{name}", ["i64", "ptr", "ptr"], lanes, public=True)
        count, source, result = f.arguments
        with f.loop("0", count, lanes.width) as i:
            place = f.mul(i, lanes.size)
            value = getattr(vector_math, name)(f, f.load(f.at(source, place)))
            f.store(value, f.at(result, place))
        f.finish()
    return load_object(compile_object(module.text(), target), target)


def apply(name: str, x: np.ndarray, limit: str) -> np.ndarray:
    bits = x.dtype.itemsize * 8
    padded = np.concatenate([x, np.ones(-len(x) % 16, x.dtype)])
    result = np.empty_like(padded)
    types = (ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    function = library(limit, bits).function(f"each_{name}", *types)
    function(len(padded), padded.ctypes.data, result.ctypes.data)
    return result[: len(x)]


def arguments(name: str, dtype: type) -> np.ndarray:
    generator = np.random.default_rng(0)
    if name == "log":
        near = 1 + generator.normal(size=2000) * 0.1
        far = np.exp(generator.uniform(-80, 80, 4000))
        return np.abs(np.concatenate([near, far])).astype(dtype)
    if name in ("sin", "cos"):
        multiples = np.arange(-2000, 2000) * np.pi / 2
        spread = generator.uniform(-8000, 8000, 4000)
        return np.concatenate([multiples, spread, generator.normal(size=1000)]).astype(dtype)
    scales = (1e-6, 1e-3, 0.1, 1, 5, 20)
    return np.concatenate([generator.normal(size=1000) * s for s in scales]).astype(dtype)


@pytest.mark.parametrize("limit", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_float32_is_within_four_units_in_the_last_place(name, limit):
    x = arguments(name, np.float32)
    expected = REFERENCES[name](x.astype(np.float64))
    normal = np.abs(expected) > np.finfo(np.float32).tiny
    error = np.abs(apply(name, x, limit) - expected)[normal]
    assert (error / np.spacing(np.abs(expected[normal]).astype(np.float32))).max() <= 4


@pytest.mark.parametrize("limit", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_float64_is_within_1e_14(name, limit):
    x = arguments(name, np.float64)
    expected = REFERENCES[name](x.astype(np.longdouble))
    found, nonzero = apply(name, x, limit), expected != 0
    assert not found[~nonzero].any()
    error = np.abs(found - expected)[nonzero] / np.abs(expected[nonzero])
    assert error.max() <= 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_values(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], dtype=dtype)
    found = {name: apply(name, x, "") for name in NAMES}
    inf, nan = np.inf, np.nan
    expected = {
        "exp": [inf, 0, nan, 1, 1],
        "sigmoid": [1, 0, nan, 0.5, 0.5],
        "tanh": [1, -1, nan, 0, -0.0],
        "log": [inf, nan, nan, -inf, -inf],
        "sin": [nan, nan, nan, 0, -0.0],
        "cos": [nan, nan, nan, 1, 1],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], np.array(values, dtype), err_msg=name)
    assert np.signbit(found["tanh"][4]) and np.signbit(found["sin"][4])
    assert np.isnan(apply("log", np.array([-1.0], dtype), "")).all()


@pytest.mark.parametrize("limit", TARGETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_keep_their_sign(dtype, limit):
    x = np.zeros(16, dtype)
    x[::2] = -0.0
    for name in ("sin", "tanh"):
        np.testing.assert_array_equal(np.signbit(apply(name, x, limit)), np.signbit(x), name)


def test_sin_far_beyond_its_range_asks_the_c_library():
    x = np.array([1e12, -3e15, 1e300])
    np.testing.assert_allclose(apply("sin", x, ""), np.sin(x), rtol=1e-14)
    np.testing.assert_allclose(apply("cos", x, ""), np.cos(x), rtol=1e-14)
