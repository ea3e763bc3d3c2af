"""The table of operations: one row each, with type rule and LaTeX.

Adding an operation means a row here, a NumPy value in `values`, a VJP row in `autodiff` and one
lowering per back end; a test fails while one of them is missing.

Values are NumPy arrays of a sample at one step, with leading batch axes where the caller has
them: a vector is `[..., n]`, a matrix `[..., m, n]`, a scalar `[...]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from elman.ir.graph import Shape

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
        latex: From the LaTeX of the arguments to LaTeX, `{0}` and so on for the arguments.
        arity: How many arguments, None for any number.
    """

    name: str
    kind: str
    shape: Callable[[tuple[Shape, ...]], Shape | None]
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


def _like(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[-1]


def _one(shapes: tuple[Shape, ...]) -> Shape | None:
    return shapes[0]


def _elementwise(name: str, latex: str, arity: int | None = 1) -> Operation:
    return Operation(name, "elementwise", _broadcast, latex, arity)


def _function(name: str, latex: str = "") -> Operation:
    shown = latex or f"\\operatorname{{{{{name.replace('_', chr(92) + '_')}}}}}"
    return _elementwise(name, shown + "({0})")


_ROWS = [
    _elementwise("add", "{0} + {1}", 2),
    _elementwise("subtract", "{0} - {1}", 2),
    _elementwise("multiply", r"{0} \odot {1}", 2),
    _elementwise("divide", r"\frac{{{0}}}{{{1}}}", 2),
    _elementwise("power", "{0}^{{{1}}}", 2),
    _elementwise("negate", "-{0}"),
    _elementwise("minimum", r"\min({0}, {1})", 2),
    _elementwise("maximum", r"\max({0}, {1})", 2),
    _elementwise("clip", r"\operatorname{{clip}}({0}, {1}, {2})", 3),
    _function("tanh", r"\tanh"),
    _function("sigmoid", r"\sigma"),
    _function("relu"),
    _function("leaky_relu"),
    _function("elu"),
    _function("gelu"),
    _function("silu"),
    _function("softplus"),
    _function("softsign"),
    _function("hard_sigmoid"),
    _function("exp", r"\exp"),
    _function("log", r"\log"),
    _elementwise("sqrt", r"\sqrt{{{0}}}"),
    _function("sin", r"\sin"),
    _function("cos", r"\cos"),
    _elementwise("abs", "|{0}|"),
    _function("sign"),
    # What derivatives need: 1 where positive, else 0; and the error function.
    _function("step", r"\mathbf{{1}}_{{>0}}"),
    _function("erf"),
    Operation("matmul", "product", _matmul_shape, "{0} {1}", 2),
    Operation("dot", "product", _dot_shape, r"{0}^\top {1}", 2),
    Operation("outer", "product", _outer_shape, r"{0} {1}^\top", 2),
    Operation("sum", "reduction", _summed_shape, r"\operatorname{{sum}}({0})"),
    Operation("mean", "reduction", _reduced_shape, r"\operatorname{{mean}}({0})"),
    Operation("max", "reduction", _reduced_shape, r"\max({0})"),
    Operation("min", "reduction", _reduced_shape, r"\min({0})"),
    Operation("prod", "reduction", _reduced_shape, r"\operatorname{{prod}}({0})"),
    Operation("norm", "reduction", _reduced_shape, r"\|{0}\|"),
    Operation("softmax", "row", _row_shape, r"\operatorname{{softmax}}({0})"),
    Operation("layernorm", "row", _row_shape, r"\operatorname{{layernorm}}({0})"),
    Operation("transpose", "structure", lambda shapes: shapes[0][::-1], r"{0}^\top"),
    Operation("expand", "structure", _like, r"{0} \mathbf{{1}}", 2),
    Operation("part", "structure", _like, "{0}_{{[{1}:]}}", 3),
    Operation("others", "row", _row_shape, r"\textstyle\prod_{{j \ne i}} ({0})_j"),
    Operation("concat", "structure", lambda shapes: None, "[{}]", None),
    Operation("over_time", "time", _one, r"\sum_t {0}"),
]

OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}

TIME_REDUCTIONS = frozenset(["sum", "prod", "mean", "max", "min"])
