"""The row of each elementwise operation for kernels: values to LLVM IR."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from elman.codegen import vector_math
from elman.codegen.normal import UnsupportedByKernelError
from elman.codegen.writer import Function
from elman.ir.graph import Node
from elman.ir.operations import LEAKY_SLOPE

Lowering: TypeAlias = Callable[..., str]

# Whole powers up to this one are products.
_LARGEST_POWER = 16


def lower_node(f: Function, node: Node, values: list[str]) -> str:
    """Writes one elementwise operation.

    Args:
        f: Where to write.
        node: The operation.
        values: Of its arguments, as vectors.

    Raises:
        UnsupportedByKernelError: The operation has no kernel.
    """
    if node.op == "power":
        return _power(f, node, values)
    lowering = LOWERINGS.get(node.op)
    if lowering is None:
        raise UnsupportedByKernelError(f"{node.op} has no kernel")
    return lowering(f, *values)


def has_lowering(node: Node) -> bool:
    """Says whether `lower_node` accepts an operation."""
    return node.op in LOWERINGS or node.op == "power"


def _number(f: Function, value: float) -> str:
    return f.lanes.splat(value)


def _power(f: Function, node: Node, values: list[str]) -> str:
    exponent = node.args[1]
    if exponent.op == "number" and exponent.value == int(exponent.value):
        times = int(abs(exponent.value))
        if times <= _LARGEST_POWER:
            result = _whole_power(f, values[0], times)
            return result if exponent.value >= 0 else _divide(f, _number(f, 1.0), result)
    if exponent.op == "number" and exponent.value == 0.5:
        return f.intrinsic("sqrt", values[0])
    return f.by_lane("pow", *values)


def _whole_power(f: Function, x: str, times: int) -> str:
    """Multiplies by repeated squaring."""
    result = ""
    while times:
        if times & 1:
            result = f.binary("fmul", result, x) if result else x
        times >>= 1
        x = f.binary("fmul", x, x) if times else x
    return result or _number(f, 1.0)


def _divide(f: Function, left: str, right: str) -> str:
    return f.binary("fdiv", left, right)


def _binary(operation: str) -> Lowering:
    return lambda f, left, right: f.binary(operation, left, right)


def _add(f: Function, *terms: str) -> str:
    result = terms[0]
    for term in terms[1:]:
        result = f.binary("fadd", result, term)
    return result


def _negate(f: Function, x: str) -> str:
    return f.negate(x)


def _lesser(f: Function, left: str, right: str) -> str:
    """The smaller; where either is not a number, not a number."""
    chosen = f.lower(left, right)
    return f.select(f.compare("uno", left, left), left, chosen)


def _greater(f: Function, left: str, right: str) -> str:
    chosen = f.higher(left, right)
    return f.select(f.compare("uno", left, left), left, chosen)


def _clip(f: Function, x: str, low: str, high: str) -> str:
    return f.lower(high, f.higher(low, x))


def _positive(f: Function, x: str) -> str:
    return f.compare("ogt", x, _number(f, 0.0))


def _relu(f: Function, x: str) -> str:
    # A NaN stays one: the comparison is false on the side that keeps x.
    return f.select(f.compare("olt", x, _number(f, 0.0)), _number(f, 0.0), x)


def _leaky_relu(f: Function, x: str) -> str:
    return f.select(_positive(f, x), x, f.binary("fmul", x, _number(f, LEAKY_SLOPE)))


def _elu(f: Function, x: str) -> str:
    below = f.lower(x, _number(f, 0.0))
    _, rest, scale = vector_math.exp_parts(f, f.higher(_number(f, -60.0), below))
    less_one = f.fma(rest, scale, f.binary("fsub", scale, _number(f, 1.0)))
    chosen = f.select(_positive(f, x), x, less_one)
    return f.select(f.compare("uno", x, x), x, chosen)


def _gelu(f: Function, x: str) -> str:
    scaled = f.binary("fmul", x, _number(f, 0.5**0.5))
    share = f.binary("fadd", _number(f, 1.0), f.by_lane("erf", scaled))
    return f.binary("fmul", f.binary("fmul", _number(f, 0.5), x), share)


def _silu(f: Function, x: str) -> str:
    return f.binary("fmul", x, vector_math.sigmoid(f, x))


def _softplus(f: Function, x: str) -> str:
    """max(x, 0) + ln(1 + e^-|x|); the correction keeps ln(1 + u) exact for small u."""
    one = _number(f, 1.0)
    u = vector_math.exp(f, _negate(f, f.intrinsic("fabs", x)))
    above = f.binary("fadd", one, u)
    lost = f.binary("fsub", u, f.binary("fsub", above, one))
    logarithm = f.binary("fadd", vector_math.log(f, above), _divide(f, lost, above))
    return f.binary("fadd", _relu(f, x), logarithm)


def _softsign(f: Function, x: str) -> str:
    return _divide(f, x, f.binary("fadd", _number(f, 1.0), f.intrinsic("fabs", x)))


def _hard_sigmoid(f: Function, x: str) -> str:
    line = f.binary("fadd", _divide(f, x, _number(f, 6.0)), _number(f, 0.5))
    return _clip(f, line, _number(f, 0.0), _number(f, 1.0))


def _step(f: Function, x: str) -> str:
    return f.select(_positive(f, x), _number(f, 1.0), _number(f, 0.0))


def _sign(f: Function, x: str) -> str:
    negative = f.compare("olt", x, _number(f, 0.0))
    below = f.select(negative, _number(f, -1.0), x)
    return f.select(_positive(f, x), _number(f, 1.0), below)


def _same(f: Function, x: str) -> str:
    return x


LOWERINGS: dict[str, Lowering] = {
    "add": _add,
    "subtract": _binary("fsub"),
    "multiply": _binary("fmul"),
    "divide": _divide,
    "negate": _negate,
    "minimum": _lesser,
    "maximum": _greater,
    "clip": _clip,
    "tanh": vector_math.tanh,
    "sigmoid": vector_math.sigmoid,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "softplus": _softplus,
    "softsign": _softsign,
    "hard_sigmoid": _hard_sigmoid,
    "exp": vector_math.exp,
    "log": vector_math.log,
    "sqrt": lambda f, x: f.intrinsic("sqrt", x),
    "sin": vector_math.sin,
    "cos": vector_math.cos,
    "abs": lambda f, x: f.intrinsic("fabs", x),
    "sign": _sign,
    "step": _step,
    "erf": lambda f, x: f.by_lane("erf", x),
    "copy": _same,
    "expand": _same,
}
