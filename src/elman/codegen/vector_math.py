"""tanh, sigmoid, exp, log, sin and cos of a vector, as LLVM IR for any width and both precisions.

Errors measured in the tests: at most 4 units in the last place in float32, 1e-14 relative in
float64, infinities and NaN as IEEE 754 has them. exp, sigmoid and tanh share one core: x is split
into n ln 2 + r with |r| <= ln 2 / 2, and e^r - 1 is a polynomial without constant term, which keeps
small results exact. log is the series of artanh; sin and cos reduce with a pi in three parts, in
the range `PERIODIC_RANGE`.

References: Cody & Waite, 1980, "Software Manual for the Elementary Functions", chapters 6 and 13.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from elman.codegen.writer import Function

# |x| up to which sin and cos keep their accuracy; beyond it each lane asks the C library.
PERIODIC_RANGE = {32: 8192.0, 64: 1e6}

# ln 2 as a part that n multiplies without rounding, and the rest.
_LN2 = {
    32: (0.693359375, -2.12194440054690583e-4),
    64: (6.93147180369123816490e-01, 1.90821492927058770002e-10),
}
# (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2: in float32 the polynomial with the least largest error of
# e^r, 3.1e-9, found by reweighted least squares; in float64 Taylor's.
_EXP_SERIES = {
    32: [
        0.49999993412481136, 0.1666652010774235, 0.04166839421511381,
        0.008368780418326463, 0.001381446684968781,
    ],
    64: [1 / math.factorial(k) for k in range(2, 14)],
}  # fmt: skip
_EXP_RANGE = {32: (-104.0, 89.0), 64: (-746.0, 710.0)}
# Up to its end 2^n is a number or infinite; e^-x beyond its begin vanishes beside 1.
_SIGMOID_RANGE = {32: (-87.0, 88.7), 64: (-708.0, 709.7)}
_LOG_TERMS = {32: 5, 64: 11}
_MANTISSA = {32: 23, 64: 52}
_BIAS = {32: 127, 64: 1023}
_SINE_TERMS = {32: 6, 64: 10}


def polynomial(f: Function, x: str, coefficients: list[float]) -> str:
    """Evaluates a polynomial by Horner's rule, the constant term first in the list."""
    lanes = f.lanes
    result = lanes.splat(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = f.fma(result, x, lanes.splat(coefficient))
    return result


def exp_parts(f: Function, x: str) -> tuple[str, str, str]:
    """Returns n, e^r - 1 and 2^n for x = n ln 2 + r.

    A number is rounded to an integer by adding one so large that its last place is 1; the last bits
    of the sum are then the integer itself, ready to become an exponent.

    Args:
        f: Where to write.
        x: Within the range where e^x is finite and not zero; NaN gives NaN in the second part.
    """
    lanes = f.lanes
    large = lanes.splat(1.5 * 2.0 ** _MANTISSA[lanes.bits])
    shifted = f.fma(x, lanes.splat(1 / math.log(2)), large)
    n = f.binary("fsub", shifted, large)
    high, low = _LN2[lanes.bits]
    r = f.fma(n, lanes.splat(-high), x)
    r = f.fma(n, lanes.splat(-low), r)
    square = f.binary("fmul", r, r)
    rest = f.fma(polynomial(f, r, _EXP_SERIES[lanes.bits]), square, r)
    return n, rest, _as_exponent(f, f.as_integers(shifted))


def _as_exponent(f: Function, n: str) -> str:
    """Returns 2^n for integers whose last bits are n, in the range of normal numbers."""
    lanes = f.lanes
    exponent = f.whole("shl", n, lanes.integers(_MANTISSA[lanes.bits]))
    one = lanes.integers(_BIAS[lanes.bits] << _MANTISSA[lanes.bits])
    return f.as_floats(f.whole("add", exponent, one))


def exp(f: Function, x: str) -> str:
    """Returns e^x; below the normal numbers it fades to zero, above them it is infinite."""
    lanes = f.lanes
    lowest, highest = _EXP_RANGE[lanes.bits]
    x = f.higher(lanes.splat(lowest), f.lower(lanes.splat(highest), x))
    n, rest, _ = exp_parts(f, x)
    # Two factors: 2^n itself may lie outside the numbers when the result does not.
    half = f.intrinsic("floor", f.binary("fmul", n, lanes.splat(0.5)))
    first, second = (
        _as_exponent(f, f.to_integers(part)) for part in (half, f.binary("fsub", n, half))
    )
    return f.binary("fmul", f.fma(rest, first, first), second)


def sigmoid(f: Function, x: str) -> str:
    """Returns 1 / (1 + e^-x).

    2^n of the largest argument let through is infinite and gives 0; the smallest adds nothing to 1.
    """
    lanes = f.lanes
    one = lanes.splat(1.0)
    lowest, highest = _SIGMOID_RANGE[lanes.bits]
    y = f.higher(lanes.splat(lowest), f.lower(lanes.splat(highest), f.negate(x)))
    _, rest, scale = exp_parts(f, y)
    return f.binary("fdiv", one, f.fma(f.binary("fadd", one, rest), scale, one))


def tanh(f: Function, x: str) -> str:
    """Returns tanh x = u / (u + 2) with u = e^2|x| - 1, and the sign of x."""
    lanes = f.lanes
    size = f.intrinsic("fabs", x)
    doubled = f.binary("fadd", size, size)
    doubled = f.lower(lanes.splat(20.0 if lanes.bits == 32 else 44.0), doubled)
    _, rest, scale = exp_parts(f, doubled)
    u = f.fma(rest, scale, f.binary("fsub", scale, lanes.splat(1.0)))
    ratio = f.binary("fdiv", u, f.binary("fadd", u, lanes.splat(2.0)))
    return f.intrinsic("copysign", ratio, x)


def log(f: Function, x: str) -> str:
    """Returns ln x = n ln 2 + 2 artanh s with s = (m - 1) / (m + 1), m in [sqrt 1/2, sqrt 2)."""
    lanes = f.lanes
    mantissa = _MANTISSA[lanes.bits]
    # Numbers below the normal ones are scaled up first.
    tiny = f.compare("olt", x, lanes.splat(2.0 ** (2 - _BIAS[lanes.bits])))
    scaled = f.select(tiny, f.binary("fmul", x, lanes.splat(2.0**mantissa)), x)
    offset = f.select(tiny, lanes.splat(-mantissa), lanes.splat(0.0))
    bits = f.as_integers(scaled)
    half_root = f.as_integers(f.binary("fadd", lanes.splat(math.sqrt(0.5)), lanes.splat(0.0)))
    above = f.whole("sub", bits, half_root)
    exponent = f.whole("ashr", above, lanes.integers(mantissa))
    m = f.as_floats(f.whole("sub", bits, f.whole("shl", exponent, lanes.integers(mantissa))))
    n = f.binary("fadd", f.to_floats(exponent), offset)
    less = f.binary("fsub", m, lanes.splat(1.0))
    s = f.binary("fdiv", less, f.binary("fadd", m, lanes.splat(1.0)))
    square = f.binary("fmul", s, s)
    series = [2 / (2 * k + 3) for k in range(_LOG_TERMS[lanes.bits])]
    # 2 s = less - s less, which keeps `less` exact where x is close to one.
    tail = f.binary("fmul", square, polynomial(f, square, series))
    high, low = _LN2[lanes.bits]
    correction = f.binary("fmul", s, f.binary("fsub", tail, less))
    correction = f.fma(n, lanes.splat(low), correction)
    result = f.fma(n, lanes.splat(high), f.binary("fadd", less, correction))
    result = f.select(f.compare("oeq", x, lanes.splat(math.inf)), x, result)
    result = f.select(f.compare("oeq", x, lanes.splat(0.0)), lanes.splat(-math.inf), result)
    return f.select(f.compare("ult", x, lanes.splat(0.0)), lanes.splat(math.nan), result)


def sin(f: Function, x: str) -> str:
    """Returns sin x."""
    return _periodic(f, x, 0)


def cos(f: Function, x: str) -> str:
    """Returns cos x = sin(x + pi / 2), with the shift made in quadrants."""
    return _periodic(f, x, 1)


def _pi_parts(bits: int) -> list[float]:
    """Returns pi / 2 as a sum of three numbers of full precision.

    A fused multiplication subtracts each without rounding the product. The first difference is
    exact, so each of the others is wrong by no more than its own last place.
    """
    rest = Fraction(314159265358979323846264338327950288419716939937510582, 2 * 10**53)
    parts = []
    for _ in range(3):
        part = float(np.float32(float(rest))) if bits == 32 else float(rest)
        parts.append(part)
        rest -= Fraction(part)
    return parts


def _periodic(f: Function, x: str, shift: int) -> str:
    """Returns sin(x + shift pi / 2): the quadrant chooses between two series and a sign."""
    lanes = f.lanes
    count = f.intrinsic("rint", f.binary("fmul", x, lanes.splat(2 / math.pi)))
    r = x
    for part in _pi_parts(lanes.bits):
        r = f.fma(count, lanes.splat(-part), r)
    # A sum of zeros is +0 unless both are -0: without this and `copysign` sin(-0) would be +0.
    r = f.select(f.compare("oeq", count, lanes.splat(0.0)), x, r)
    near = f.compare("ole", f.intrinsic("fabs", x), lanes.splat(PERIODIC_RANGE[lanes.bits]))
    safe = f.select(near, count, lanes.splat(0.0))
    quadrant = f.whole("add", f.to_integers(safe), lanes.integers(shift))
    square = f.binary("fmul", r, r)
    terms = _SINE_TERMS[lanes.bits]
    odd = [(-1) ** k / math.factorial(2 * k + 1) for k in range(1, terms)]
    even = [(-1) ** k / math.factorial(2 * k) for k in range(1, terms + 1)]
    sine = f.fma(f.binary("fmul", square, r), polynomial(f, square, odd), r)
    sine = f.intrinsic("copysign", sine, r)
    cosine = f.fma(square, polynomial(f, square, even), lanes.splat(1.0))
    chosen = f.as_integers(f.select(f.odd_bits(quadrant, 1), cosine, sine))
    upper = f.whole("and", quadrant, lanes.integers(2))
    sign = f.whole("shl", upper, lanes.integers(lanes.bits - 2))
    result = f.as_floats(f.whole("xor", chosen, sign))
    return f.by_lane_unless(near, result, "cos" if shift else "sin", x)
