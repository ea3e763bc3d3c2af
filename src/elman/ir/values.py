"""The NumPy value of each operation, and of each reduction over time.

Apart from the table in `operations`, so that what only reads, types, derives and draws equations
starts without NumPy. A test fails while an operation has no value.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erf
from typing import Any, TypeAlias

import numpy as np

from elman.ir.graph import Shape
from elman.ir.operations import LAYERNORM_EPSILON, LEAKY_SLOPE, OPERATIONS

Array: TypeAlias = Any


def _matmul(left: Array, right: Array, shapes: tuple[Shape, ...]) -> Array:
    letters = ("mn", "np") if len(shapes[0]) == len(shapes[1]) == 2 else ("mn", "n")
    if len(shapes[0]) == 1:
        return np.einsum("...m,...mn->...n", left, right)
    result = "mp" if len(letters[1]) == 2 else "m"
    return np.einsum(f"...{letters[0]},...{letters[1]}->...{result}", left, right)


def _sum(x: Array, rank: int) -> Array:
    return np.sum(x, axis=tuple(range(-rank, 0))) if rank else x


def _expand(values: list[Array], shapes: tuple[Shape, ...]) -> Array:
    """A scalar in every entry of a shape, which the second argument only lends."""
    scalar, own = np.asarray(values[0]), tuple(dim.size or 0 for dim in shapes[-1])
    return np.broadcast_to(scalar.reshape(scalar.shape + (1,) * len(own)), scalar.shape + own)


def _part(values: list[Array], shapes: tuple[Shape, ...]) -> Array:
    """Entries of a vector from a position on, as many as the third argument's shape has."""
    start = int(values[1])
    if not shapes[-1]:
        return values[0][..., start]
    return values[0][..., start : start + (shapes[-1][0].size or 0)]


def _others(x: Array, rank: int) -> Array:
    """The product of all other entries, for each entry; exact where entries are zero."""
    if not rank:
        return np.ones_like(x)
    ones = np.ones((*x.shape[:-1], 1))
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def sigmoid(x: Array) -> Array:
    """The logistic function, without overflow for large negative arguments."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _erf(x: Array) -> Array:
    return np.vectorize(erf, otypes=[float])(x) if np.size(x) else np.asarray(x, dtype=float)


def _softmax(x: Array) -> Array:
    shifted = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return shifted / np.sum(shifted, axis=-1, keepdims=True)


def _layernorm(x: Array) -> Array:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    variance = np.mean(centred**2, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + LAYERNORM_EPSILON)


def _reduced(function: Callable[..., Array]) -> Callable[..., Array]:
    """Makes a NumPy reduction act over the features of a vector and leave a scalar alone."""
    return lambda x, rank: function(x, axis=-1) if rank else x


VALUES: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "negate": np.negative,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "clip": np.clip,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky_relu": lambda x: np.where(x > 0, x, LEAKY_SLOPE * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0))),
    "gelu": lambda x: 0.5 * x * (1.0 + _erf(x / np.sqrt(2.0))),
    "silu": lambda x: x * sigmoid(x),
    "softplus": lambda x: np.logaddexp(0.0, x),
    "softsign": lambda x: x / (1.0 + np.abs(x)),
    "hard_sigmoid": lambda x: np.clip(x / 6.0 + 0.5, 0.0, 1.0),
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda x: np.heaviside(x, 0.0),
    "erf": _erf,
    "matmul": _matmul,
    "dot": lambda a, b, shapes: np.sum(a * b, -1),
    "outer": lambda a, b, shapes: a[..., :, None] * b[..., None, :],
    "sum": _sum,
    "mean": _reduced(np.mean),
    "max": _reduced(np.max),
    "min": _reduced(np.min),
    "prod": _reduced(np.prod),
    "norm": lambda x, rank: np.sqrt(np.sum(x * x, -1)) if rank else np.abs(x),
    "softmax": _softmax,
    "layernorm": _layernorm,
    "transpose": lambda x, rank: np.swapaxes(x, -1, -2) if rank == 2 else x,
    "expand": _expand,
    "part": _part,
    "others": _others,
    "concat": np.concatenate,
    "over_time": np.sum,
}

OVER_TIME: dict[str, Callable[..., Array]] = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
}


def compute(op: str, values: list[Array], shapes: tuple[Shape, ...]) -> Array:
    """Returns the NumPy value of an operation on values of the given shapes.

    Elementwise operands are aligned from the left, so that a scalar per sample `[B]` goes with a
    vector per sample `[B, n]`.
    """
    kind, value = OPERATIONS[op].kind, VALUES[op]
    if kind == "elementwise":
        return value(*align(values, shapes))
    if kind == "product":
        return value(*values, shapes)
    if op == "concat":
        parts = [
            v if shape else np.asarray(v)[..., None]
            for v, shape in zip(values, shapes, strict=True)
        ]
        lead = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return np.concatenate([np.broadcast_to(p, (*lead, p.shape[-1])) for p in parts], axis=-1)
    if op in ("expand", "part"):
        return value(values, shapes)
    if kind in ("reduction", "structure") or op == "others":
        return value(values[0], len(shapes[0]))
    return value(*values)


def align(values: list[Array], shapes: tuple[Shape, ...]) -> list[Array]:
    """Gives values of lower rank the trailing axes they need to broadcast with the others."""
    rank = max(len(shape) for shape in shapes)
    return [
        np.asarray(value).reshape(np.shape(value) + (1,) * (rank - len(shape)))
        if len(shape) < rank
        else value
        for value, shape in zip(values, shapes, strict=True)
    ]
