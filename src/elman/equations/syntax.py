"""The syntax tree of a text of equations.

Nodes are frozen and compare by meaning: their spans, which say where in the text they stand, take
no part in the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from elman.errors import Span


@dataclass(frozen=True)
class Index:
    """When: `letter + offset`, or the fixed step `offset` where `letter` is None.

    `h_{t-1}` has `Index("t", -1)`, `h_0` has `Index(None, 0)`; `k_{T+1}`, whose steps are counted
    from the last one, has `Index(None, 1, from_end=True)`.
    """

    letter: str | None
    offset: int = 0
    from_end: bool = False


@dataclass(frozen=True)
class Number:
    """A literal."""

    value: float
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Name:
    """A variable, under its canonical key (`Wxh`, `h_tilde`), at a time if it has one."""

    key: str
    index: Index | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Call:
    """A known function of one or more arguments."""

    function: str
    arguments: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Negate:
    """A sign."""

    operand: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Binary:
    """A sum `+`, difference `-`, elementwise product `*` or quotient `/`."""

    operator: str
    left: Expression
    right: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Product:
    """The ordinary product of two or more factors, side by side or joined by `@`."""

    factors: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Power:
    """A base raised to an exponent, elementwise."""

    base: Expression
    exponent: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Transpose:
    """A transposed matrix or vector."""

    operand: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Concatenation:
    """Vectors joined over features."""

    parts: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class OverTime:
    """A `sum`, `prod`, `mean`, `max` or `min` of `body` over all steps.

    `letter` is the bound index; `lower` and `upper` are steps counted from 1 where they are given
    (`upper` None: the last step). A reduction written without an index, `sum(y)`, has the letter
    `t`.
    """

    kind: str
    letter: str
    lower: int
    body: Expression
    span: Span = field(compare=False, repr=False)


Expression: TypeAlias = (
    Number | Name | Call | Negate | Binary | Product | Power | Transpose | Concatenation | OverTime
)


@dataclass(frozen=True)
class Equation:
    """`left = right`; the index of `left` is the time of the whole equation."""

    left: Name
    right: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class ShapeDeclaration:
    """`W: [h, x]`, `alpha: scalar`; dims are numbers or names of sizes."""

    name: Name
    dims: tuple[str | int, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class FunctionDeclaration:
    r"""`\phi = tanh`: what a letter means before a parenthesis."""

    name: str
    function: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class StartDeclaration:
    """`init W: orthogonal` or `init b: 3`, the start of a parameter in training."""

    name: Name
    scheme: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class ListDeclaration:
    """`share U, V` (one value under several names) or `freeze W` (not trained)."""

    verb: str
    names: tuple[Name, ...]
    span: Span = field(compare=False, repr=False)


Statement: TypeAlias = (
    Equation | ShapeDeclaration | FunctionDeclaration | StartDeclaration | ListDeclaration
)


def children(node: Expression) -> tuple[Expression, ...]:
    """Returns the direct sub-expressions, left to right."""
    match node:
        case Number() | Name():
            return ()
        case Call(arguments=parts) | Product(factors=parts) | Concatenation(parts=parts):
            return parts
        case Negate(operand=operand) | Transpose(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Power(base=base, exponent=exponent):
            return (base, exponent)
        case OverTime(body=body):
            return (body,)
