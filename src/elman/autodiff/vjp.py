"""The table of derivatives: one vector-Jacobian product per operation.

A row says what each argument receives when the result has the cotangent `d`. Most operations have
one form, which reads their arguments. Where the derivative can be written with the result
(tanh' = 1 - y^2), a second form does, so that the argument need not be kept.

Conventions where a function has no derivative: that of relu, leaky_relu, abs, sign, norm at 0 is
the one torch takes (0; for leaky_relu its slope); what ties in a maximum or minimum shares equally;
`clip` passes the cotangent at its bounds, `hard_sigmoid` does not; `step` and `sign` have none.

References: Baydin et al., 2018, "Automatic differentiation in machine learning: a survey".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from elman.autodiff.terms import Term, Terms
from elman.errors import DifferentiationError
from elman.ir.graph import Node
from elman.ir.operations import LAYERNORM_EPSILON, LEAKY_SLOPE

# Below this a norm counts as 0, where its derivative is taken to be 0. A float32 can hold it.
TINY = 1e-37


class Site(Protocol):
    """What a row sees of the place where its operation stands.

    Attributes:
        terms: Where new terms are created.
        d: The cotangent of the result.
        forward: The node that is differentiated.
    """

    terms: Terms
    d: Term
    forward: Node

    def x(self, position: int = 0) -> Term:
        """Returns the value of an argument, which is thereby a residual."""

    @property
    def y(self) -> Term:
        """The value of the result, which is thereby a residual."""


Rule: TypeAlias = Callable[[Site], "Term | None"]


@dataclass(frozen=True)
class Vjp:
    """One row.

    Attributes:
        by_inputs: A rule per argument, which reads the arguments.
        by_outputs: The same, written with the result; None where that is not possible, or loses
            accuracy (as 1 - exp(-y) would for softplus).
        every: In place of both, for any number of arguments: a rule of site and position.
    """

    by_inputs: tuple[Rule, ...] = ()
    by_outputs: tuple[Rule, ...] | None = None
    every: Callable[[Site, int], Term] | None = None

    def contribution(self, site: Site, position: int, *, by_outputs: bool) -> Term | None:
        """Returns what an argument receives; None for nothing."""
        if self.every is not None:
            return self.every(site, position)
        rules = self.by_inputs
        if by_outputs and self.by_outputs is not None:
            rules = self.by_outputs
        return rules[position](site)


def passes_on(op: str, position: int) -> bool:
    """Says whether an argument of an operation can receive anything.

    >>> passes_on("tanh", 0), passes_on("sign", 0)
    (True, False)
    """
    row = VJPS.get(op)
    return row is None or row.every is not None or row.by_inputs[position] is not _nothing


def _nothing(site: Site) -> Term | None:
    return None


def _one(slope: Rule, by_outputs: Rule | None = None) -> Vjp:
    """A function of one argument, given by its derivative."""

    def times(derivative: Rule) -> Rule:
        def rule(site: Site) -> Term | None:
            factor = derivative(site)
            return None if factor is None else factor * site.d

        return rule

    return Vjp((times(slope),), None if by_outputs is None else (times(by_outputs),))


# -- slopes that take more than a line ------------------------------------------------------------


def _gelu_slope(s: Site) -> Term:
    x = s.x()
    cumulative = 0.5 * (1 + (x / math.sqrt(2)).call("erf"))
    return cumulative + x * ((-0.5 * (x * x)).call("exp") * (1 / math.sqrt(2 * math.pi)))


def _silu_slope(s: Site) -> Term:
    gate = s.x().call("sigmoid")
    return gate * (1 + s.x() * (1 - gate))


def _power_base(s: Site) -> Term | None:
    exponent = s.terms.number(0)
    known = s.forward.args[1]
    if known.op == "number":
        if known.value == 0:
            return None
        if known.value == 1:
            return s.d
        exponent = s.terms.number(known.value - 1)
        base = s.x() if known.value == 2 else s.x().call("power", exponent)
        return known.value * base * s.d
    exponent = s.x(1)
    return exponent * s.x().call("power", exponent - 1) * s.d


def _power_exponent(value: Rule) -> Rule:
    def rule(s: Site) -> Term:
        # At base 0 the power is 0 (or 1) and its logarithm is left out of the product.
        base, result = s.x(), value(s)
        assert result is not None
        at_zero = 1 - base.call("sign").call("abs")
        return result * (base + at_zero).call("log") * s.d

    return rule


def _tie_share(sign: float) -> Rule:
    """1/2 + 1/2 sign(a - b): 1 for the larger, 0 for the smaller, 1/2 for equal ones."""

    def rule(s: Site) -> Term:
        difference = (s.x(0) - s.x(1)).call("sign")
        return (0.5 + 0.5 * sign * difference) * s.d

    return rule


def _clip_inside(s: Site) -> Term:
    x, low, high = s.x(0), s.x(1), s.x(2)
    return (1 - (low - x).call("step")) * (1 - (x - high).call("step")) * s.d


def _clip_low(s: Site) -> Term:
    x, low, high = s.x(0), s.x(1), s.x(2)
    return (low - x).call("step") * (high - low).call("step") * s.d


def _clip_high(s: Site) -> Term:
    x, low, high = s.x(0), s.x(1), s.x(2)
    return (x.call("maximum", low) - high).call("step") * s.d


def _attained(s: Site, extreme: Term) -> Term:
    """The entries equal to the extreme one, each with an equal share of the cotangent."""
    x = s.x()
    if not x.shape:
        return s.d
    equal = 1 - (x - extreme).call("sign").call("abs")
    return equal * (s.d / equal.call("sum"))


def _norm_slope(s: Site, norm: Term) -> Term:
    x = s.x()
    if not x.shape:
        return x.call("sign") * s.d
    return x * (s.d / norm.call("maximum", TINY))


def _mean(s: Site) -> Term:
    shape = s.forward.args[0].shape
    return s.terms.expand(s.d / float(shape[0].size or 1), shape) if shape else s.d


def _softmax(s: Site, y: Term) -> Term:
    return y * (s.d - y.call("dot", s.d))


def _layernorm(s: Site, y: Term) -> Term:
    x = s.x()
    centred = x - x.call("mean")
    deviation = ((centred * centred).call("mean") + LAYERNORM_EPSILON).call("sqrt")
    return (s.d - s.d.call("mean") - y * (s.d * y).call("mean")) / deviation


# -- products and structure -----------------------------------------------------------------------


def _matmul_left(s: Site) -> Term:
    left, right = (len(arg.shape) for arg in s.forward.args)
    if left == right == 2:
        return s.d @ s.x(1).call("transpose")
    return s.d.call("outer", s.x(1)) if left == 2 else s.x(1) @ s.d


def _matmul_right(s: Site) -> Term:
    left, right = (len(arg.shape) for arg in s.forward.args)
    if left == 2:
        return s.x(0).call("transpose") @ s.d
    return s.x(0).call("outer", s.d) if right == 2 else s.d * s.x(0)


def _part_of_concat(s: Site, position: int) -> Term:
    widths = [arg.shape[0].size or 0 if arg.shape else 1 for arg in s.forward.args]
    start = s.terms.number(sum(widths[:position]))
    shape = s.forward.args[position].shape
    return s.terms.make("part", [s.d, start, s.terms.like(shape)], shape)


def _padded(s: Site) -> Term:
    """Zeros around the cotangent of a part."""
    whole, start, _ = s.forward.args
    width = s.forward.shape[0] if s.forward.shape else None
    before = int(start.value)
    size = 1 if width is None else width.size or 0
    after = (whole.shape[0].size or 0) - before - size
    template = whole.shape[0]
    zero = s.terms.number(0)
    pieces = []
    for count in (before, None, after):
        if count is None:
            pieces.append(s.d)
        elif count:
            pieces.append(s.terms.expand(zero, (type(template)(f"{count}", count),)))
    return s.terms.make("concat", pieces, whole.shape)


def _not_twice(s: Site) -> Term:
    raise DifferentiationError(
        "the derivative of a product over features cannot be differentiated again\n"
        "  Write the product out, or use the exponential of a sum of logarithms."
    )


VJPS: dict[str, Vjp] = {
    "add": Vjp((lambda s: s.d, lambda s: s.d)),
    "subtract": Vjp((lambda s: s.d, lambda s: -s.d)),
    "multiply": Vjp((lambda s: s.d * s.x(1), lambda s: s.d * s.x(0))),
    "divide": Vjp(
        (lambda s: s.d / s.x(1), lambda s: -(s.d * (s.x(0) / (s.x(1) * s.x(1))))),
        (lambda s: s.d / s.x(1), lambda s: -(s.d * (s.y / s.x(1)))),
    ),
    "power": Vjp(
        (_power_base, _power_exponent(lambda s: s.x(0).call("power", s.x(1)))),
        (_power_base, _power_exponent(lambda s: s.y)),
    ),
    "negate": Vjp((lambda s: -s.d,)),
    "maximum": Vjp((_tie_share(1), _tie_share(-1))),
    "minimum": Vjp((_tie_share(-1), _tie_share(1))),
    "clip": Vjp((_clip_inside, _clip_low, _clip_high)),
    "tanh": _one(
        lambda s: 1 - s.x().call("tanh") * s.x().call("tanh"),
        lambda s: 1 - s.y * s.y,
    ),
    "sigmoid": _one(
        lambda s: s.x().call("sigmoid") * (1 - s.x().call("sigmoid")),
        lambda s: s.y * (1 - s.y),
    ),
    "relu": _one(lambda s: s.x().call("step"), lambda s: s.y.call("step")),
    "leaky_relu": _one(
        lambda s: LEAKY_SLOPE + (1 - LEAKY_SLOPE) * s.x().call("step"),
        lambda s: LEAKY_SLOPE + (1 - LEAKY_SLOPE) * s.y.call("step"),
    ),
    "elu": _one(
        lambda s: s.x().call("minimum", 0).call("exp"),
        lambda s: 1 + s.y.call("minimum", 0),
    ),
    "gelu": _one(_gelu_slope),
    "silu": _one(_silu_slope),
    "softplus": _one(lambda s: s.x().call("sigmoid")),
    "softsign": _one(
        lambda s: s.terms.number(1) / ((1 + s.x().call("abs")) * (1 + s.x().call("abs"))),
        lambda s: (1 - s.y.call("abs")) * (1 - s.y.call("abs")),
    ),
    "hard_sigmoid": _one(
        lambda s: (3 + s.x()).call("step") * (3 - s.x()).call("step") / 6,
        lambda s: s.y.call("step") * (1 - s.y).call("step") / 6,
    ),
    "exp": _one(lambda s: s.x().call("exp"), lambda s: s.y),
    "log": Vjp((lambda s: s.d / s.x(),)),
    "sqrt": Vjp(
        (lambda s: s.d / (2 * s.x().call("sqrt")),),
        (lambda s: s.d / (2 * s.y),),
    ),
    "sin": _one(lambda s: s.x().call("cos")),
    "cos": _one(lambda s: -s.x().call("sin")),
    "abs": _one(lambda s: s.x().call("sign")),
    "sign": Vjp((_nothing,)),
    "step": Vjp((_nothing,)),
    "erf": _one(lambda s: 2 / math.sqrt(math.pi) * (-(s.x() * s.x())).call("exp")),
    "matmul": Vjp((_matmul_left, _matmul_right)),
    "dot": Vjp((lambda s: s.d * s.x(1), lambda s: s.d * s.x(0))),
    "outer": Vjp((lambda s: s.d @ s.x(1), lambda s: s.d.call("transpose") @ s.x(0))),
    "sum": Vjp((lambda s: s.terms.expand(s.d, s.forward.args[0].shape),)),
    "mean": Vjp((_mean,)),
    "max": Vjp((lambda s: _attained(s, s.x().call("max")),), (lambda s: _attained(s, s.y),)),
    "min": Vjp((lambda s: _attained(s, s.x().call("min")),), (lambda s: _attained(s, s.y),)),
    "prod": Vjp((lambda s: s.d * s.x().call("others") if s.x().shape else s.d,)),
    "others": Vjp((_not_twice,)),
    "norm": Vjp((lambda s: _norm_slope(s, s.x().call("norm")),), (lambda s: _norm_slope(s, s.y),)),
    "softmax": Vjp((lambda s: _softmax(s, s.x().call("softmax")),), (lambda s: _softmax(s, s.y),)),
    "layernorm": Vjp(
        (lambda s: _layernorm(s, s.x().call("layernorm")),), (lambda s: _layernorm(s, s.y),)
    ),
    "transpose": Vjp((lambda s: s.d.call("transpose"),)),
    "expand": Vjp((lambda s: s.terms.total(s.d), _nothing)),
    "part": Vjp((_padded, _nothing, _nothing)),
    "concat": Vjp(every=_part_of_concat),
}
