"""Derivatives of reductions over time: what each step of the reduced sequence receives.

A reduction sees all steps at once, so its derivative at a step may need other steps: the product
of the others, for a product. It is built from sequences that run forward and backward in time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from elman.autodiff.terms import Term, Terms
from elman.ir.graph import Shape


class Reduction(Protocol):
    """What a rule sees of the place where a reduction stands.

    Attributes:
        terms: Where new terms are created.
        d: The cotangent of the total.
        shape: The shape of the total, and of the sequence at a step.
    """

    terms: Terms
    d: Term
    shape: Shape

    def body(self) -> Term:
        """Returns the sequence that is reduced, which is thereby a residual."""

    def total(self) -> Term:
        """Returns the total, which is thereby a residual."""

    def inside(self, lag: int) -> Term:
        """Returns 1 where the step at this lag exists, else 0."""

    def note(self, kind: str, term: Term) -> Term:
        """Says what a term is for a reader, and returns it."""

    def running(self, name: str, lag: int, rule: Callable[[Term], Term]) -> Callable[[int], Term]:
        """Defines a sequence computed from itself at a lag, and returns how it is read.

        Args:
            name: What it is called, before the name of the reduced sequence.
            lag: 1 to run forward, -1 to run backward.
            rule: From its value one step away (0 outside) to its value.
        """


def _sum(r: Reduction) -> Term:
    return r.d


def _mean(r: Reduction) -> Term:
    return r.d / r.terms.steps()


def _prod(r: Reduction) -> Term:
    """The product of the steps before times that of the steps after: exact where steps are 0."""
    before = r.running("upto", 1, lambda last: r.body() * ((1 - r.inside(1)) + last))
    after = r.running("from", -1, lambda last: r.body() * ((1 - r.inside(-1)) + last))
    others = ((1 - r.inside(1)) + before(1)) * ((1 - r.inside(-1)) + after(-1))
    return r.note("others", others) * r.d


def _extreme(r: Reduction) -> Term:
    """An equal share for every step that attains the extreme value."""
    attains = 1 - (r.body() - r.total()).call("sign").call("abs")
    before = r.running("ties_upto", 1, lambda last: attains + last)
    after = r.running("ties_from", -1, lambda last: attains + last)
    return r.note("share", attains / (before(0) + after(-1))) * r.d


TIME_VJPS: dict[str, Callable[[Reduction], Term]] = {
    "sum": _sum,
    "mean": _mean,
    "prod": _prod,
    "max": _extreme,
    "min": _extreme,
}
