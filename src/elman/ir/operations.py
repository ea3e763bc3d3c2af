"""The table of operations: one row each, with type rule, NumPy value and LaTeX.

Adding an operation means a row here, a VJP row in `autodiff` and one lowering per back end; a
test fails while one of them is missing.

Values are NumPy arrays of a sample at one step, with leading batch axes where the caller has
them: a vector is `[..., n]`, a matrix `[..., m, n]`, a scalar `[...]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from elman.ir.graph import Shape

Array: TypeAlias = Any
ShapeRule: TypeAlias = Callable[[tuple[Shape, ...]], Shape]

LEAKY_SLOPE = 0.01
LAYERNORM_EPSILON = 1e-5


@dataclass(frozen=True)
class Operation:
    """One row of the table.

    Attributes:
        name: As graphs print it.
        kind: `elementwise` (scalars broadcast), `product`, `reduction` (over features), `row`
            (mixes the features of a vector), `structure` (moves entries), `time`.
        shape: From the shapes of the arguments to the shape of the result; None where they do
            not fit.
        value: From NumPy values to a NumPy value; elementwise rows get aligned arguments.
        latex: From the LaTeX of the arguments to LaTeX, `{0}` and so on for the arguments.
        arity: How many arguments, None for any number.
    """

    name: str
    kind: str
    shape: Callable[[tuple[Shape, ...]], Shape | None]
    value: Callable[..., Array]
    latex: str
    arity: int | None = 1


def _broadcast(shapes: tuple[Shape, ...]) -> Shape | None:
    """Scalars go with anything; vectors and matrices need equal shapes."""
    widest = max(shapes, key=len)
    same = all(not shape or same_shape(shape, widest) for shape in shapes)
    return widest if same else None


def same_shape(left: Shape, right: Shape) -> bool:
    """Says whether two shapes have the same sizes (the same symbols where sizes are open)."""
    return len(left) == len(right) and all(map(same_dim, left, right))


def same_dim(left: Any, right: Any) -> bool:
    """Says whether two dimensions are equal."""
    if left.size is None or right.size is None:
        return bool(left.symbol == right.symbol)
    return bool(left.size == right.size)


def _matmul_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    left, right = shapes
    if not left or not right or len(left) + len(right) < 3:
        return None
    inner_left, inner_right = left[-1], right[0]
    return left[:-1] + right[1:] if same_dim(inner_left, inner_right) else None


def _matmul(left: Array, right: Array, shapes: tuple[Shape, ...]) -> Array:
    letters = ("mn", "np") if len(shapes[0]) == len(shapes[1]) == 2 else ("mn", "n")
    if len(shapes[0]) == 1:
        return np.einsum("...m,...mn->...n", left, right)
    result = "mp" if len(letters[1]) == 2 else "m"
    return np.einsum(f"...{letters[0]},...{letters[1]}->...{result}", left, right)


def _dot_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    vectors = all(len(shape) == 1 for shape in shapes)
    return () if vectors and same_shape(*shapes) else None


def _outer_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[0] + shapes[1] if all(len(shape) == 1 for shape in shapes) else None


def _row_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[0] if len(shapes[0]) == 1 else None


def _reduced_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    return () if len(shapes[0]) <= 1 else None


def _summed_shape(shapes: tuple[Shape, ...]) -> Shape | None:
    return ()


def _sum(x: Array, rank: int) -> Array:
    return np.sum(x, axis=tuple(range(-rank, 0))) if rank else x


def _like(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[-1]


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


def _one(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[0]


def sigmoid(x: Array) -> Array:
    """The logistic function, without overflow for large negative arguments."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _erf(x: Array) -> Array:
    from math import erf

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


def _elementwise(
    name: str, value: Callable[..., Array], latex: str, arity: int | None = 1
) -> Operation:
    return Operation(name, "elementwise", _broadcast, value, latex, arity)


def _function(name: str, value: Callable[..., Array], latex: str = "") -> Operation:
    shown = latex or f"\\operatorname{{{{{name.replace('_', chr(92) + '_')}}}}}"
    return _elementwise(name, value, shown + "({0})")


_ROWS = [
    _elementwise("add", np.add, "{0} + {1}", 2),
    _elementwise("subtract", np.subtract, "{0} - {1}", 2),
    _elementwise("multiply", np.multiply, r"{0} \odot {1}", 2),
    _elementwise("divide", np.divide, r"\frac{{{0}}}{{{1}}}", 2),
    _elementwise("power", np.power, "{0}^{{{1}}}", 2),
    _elementwise("negate", np.negative, "-{0}"),
    _elementwise("minimum", np.minimum, r"\min({0}, {1})", 2),
    _elementwise("maximum", np.maximum, r"\max({0}, {1})", 2),
    _elementwise("clip", np.clip, r"\operatorname{{clip}}({0}, {1}, {2})", 3),
    _function("tanh", np.tanh, r"\tanh"),
    _function("sigmoid", sigmoid, r"\sigma"),
    _function("relu", lambda x: np.maximum(x, 0.0)),
    _function("leaky_relu", lambda x: np.where(x > 0, x, LEAKY_SLOPE * x)),
    _function("elu", lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))),
    _function("gelu", lambda x: 0.5 * x * (1.0 + _erf(x / np.sqrt(2.0)))),
    _function("silu", lambda x: x * sigmoid(x)),
    _function("softplus", lambda x: np.logaddexp(0.0, x)),
    _function("softsign", lambda x: x / (1.0 + np.abs(x))),
    _function("hard_sigmoid", lambda x: np.clip(x / 6.0 + 0.5, 0.0, 1.0)),
    _function("exp", np.exp, r"\exp"),
    _function("log", np.log, r"\log"),
    _elementwise("sqrt", np.sqrt, r"\sqrt{{{0}}}"),
    _function("sin", np.sin, r"\sin"),
    _function("cos", np.cos, r"\cos"),
    _elementwise("abs", np.abs, "|{0}|"),
    _function("sign", np.sign),
    # What derivatives need: 1 where positive, else 0; and the error function.
    _function("step", lambda x: np.heaviside(x, 0.0), r"\mathbf{{1}}_{{>0}}"),
    _function("erf", _erf),
    Operation("matmul", "product", _matmul_shape, _matmul, "{0} {1}", 2),
    Operation("dot", "product", _dot_shape, lambda a, b, s: np.sum(a * b, -1), r"{0}^\top {1}", 2),
    Operation(
        "outer",
        "product",
        _outer_shape,
        lambda a, b, s: a[..., :, None] * b[..., None, :],
        r"{0} {1}^\top",
        2,
    ),
    Operation("sum", "reduction", _summed_shape, _sum, r"\operatorname{{sum}}({0})"),
    Operation(
        "mean", "reduction", _reduced_shape, _reduced(np.mean), r"\operatorname{{mean}}({0})"
    ),
    Operation("max", "reduction", _reduced_shape, _reduced(np.max), r"\max({0})"),
    Operation("min", "reduction", _reduced_shape, _reduced(np.min), r"\min({0})"),
    Operation(
        "prod", "reduction", _reduced_shape, _reduced(np.prod), r"\operatorname{{prod}}({0})"
    ),
    Operation(
        "norm",
        "reduction",
        _reduced_shape,
        lambda x, rank: np.sqrt(np.sum(x * x, -1)) if rank else np.abs(x),
        r"\|{0}\|",
    ),
    Operation("softmax", "row", _row_shape, _softmax, r"\operatorname{{softmax}}({0})"),
    Operation("layernorm", "row", _row_shape, _layernorm, r"\operatorname{{layernorm}}({0})"),
    Operation(
        "transpose",
        "structure",
        lambda shapes: shapes[0][::-1],
        lambda x, rank: np.swapaxes(x, -1, -2) if rank == 2 else x,
        r"{0}^\top",
    ),
    Operation("expand", "structure", _like, _expand, r"{0} \mathbf{{1}}", 2),
    Operation("part", "structure", _like, _part, "{0}_{{[{1}:]}}", 3),
    Operation("others", "row", _row_shape, _others, r"\textstyle\prod_{{j \ne i}} ({0})_j"),
    Operation("concat", "structure", lambda shapes: None, np.concatenate, "[{}]", None),
    Operation("over_time", "time", _one, np.sum, r"\sum_t {0}"),
]

OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}

TIME_REDUCTIONS: dict[str, Callable[..., Array]] = {
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
    row = OPERATIONS[op]
    if row.kind == "elementwise":
        return row.value(*align(values, shapes))
    if row.kind == "product":
        return row.value(*values, shapes)
    if op == "concat":
        parts = [
            v if shape else np.asarray(v)[..., None]
            for v, shape in zip(values, shapes, strict=True)
        ]
        lead = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return np.concatenate([np.broadcast_to(p, (*lead, p.shape[-1])) for p in parts], axis=-1)
    if op in ("expand", "part"):
        return row.value(values, shapes)
    if row.kind in ("reduction", "structure") or op == "others":
        return row.value(values[0], len(shapes[0]))
    return row.value(*values)


def align(values: list[Array], shapes: tuple[Shape, ...]) -> list[Array]:
    """Gives values of lower rank the trailing axes they need to broadcast with the others."""
    rank = max(len(shape) for shape in shapes)
    return [
        np.asarray(value).reshape(np.shape(value) + (1,) * (rank - len(shape)))
        if len(shape) < rank
        else value
        for value, shape in zip(values, shapes, strict=True)
    ]
