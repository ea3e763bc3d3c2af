r"""Whether the letter I is the identity matrix, as in `(W - W^\top - \gamma I) h_{t-1}`.

It is where every I of the text is a summand beside another capital letter, in a sum without time,
or beside an outer product (`I - \beta_t k_t k_t^\top`), and nothing defines or declares it.
Elsewhere (`v_t = a v_{t-1} + I`) it is a name like others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elman.equations.syntax import (
    Binary,
    Equation,
    Expression,
    Name,
    Negate,
    Product,
    ShapeDeclaration,
    Statement,
    Transpose,
    children,
)


def has_identity(statements: Sequence[Statement]) -> bool:
    """Says whether I stands for the identity matrix in a text."""
    for statement in statements:
        if isinstance(statement, ShapeDeclaration) and statement.name.key == "I":
            return False
        if isinstance(statement, Equation) and statement.left.key == "I":
            return False
    equations = [statement for statement in statements if isinstance(statement, Equation)]
    found = sum(_count(equation.right) for equation in equations)
    return found > 0 and found == sum(_summands(equation.right) for equation in equations)


def _walk(node: Expression) -> Iterator[Expression]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))


def _is_identity(node: Expression) -> bool:
    return isinstance(node, Name) and node.key == "I" and node.index is None


def _count(node: Expression) -> int:
    return sum(map(_is_identity, _walk(node)))


def _summands(root: Expression) -> int:
    """Counts the I that are summands of a sum of matrices."""
    found = 0
    waiting = [root]
    while waiting:
        node = waiting.pop()
        terms = _terms(node)
        if len(terms) > 1 and (_is_constant_matrix(node) or any(map(_is_outer, terms))):
            found += sum(_is_identity(_core(term)) for term in terms)
            waiting.extend(term for term in terms if not _is_identity(_core(term)))
        else:
            waiting.extend(children(node))
    return found


def _terms(node: Expression) -> list[Expression]:
    """Returns the terms of a sum; a node that is none is its own only term."""
    terms: list[Expression] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Binary) and node.operator in "+-":
            waiting += [node.left, node.right]
        else:
            terms.append(node)
    return terms


def _core(term: Expression) -> Expression:
    """Returns the last factor of a term: I of `-gamma I`."""
    while True:
        if isinstance(term, Negate):
            term = term.operand
        elif isinstance(term, Product) or (isinstance(term, Binary) and term.operator == "*"):
            term = children(term)[-1]
        else:
            return term


def _is_constant_matrix(node: Expression) -> bool:
    names = [part for part in _walk(node) if isinstance(part, Name)]
    capital = any(name.key[0].isupper() and name.key != "I" for name in names)
    return capital and all(name.index is None for name in names)


def _is_outer(term: Expression) -> bool:
    r"""Says whether a term ends in an outer product of vectors, as `\beta_t k_t k_t^\top` does."""
    while isinstance(term, Negate):
        term = term.operand
    if not isinstance(term, Product) or not isinstance(term.factors[-1], Transpose):
        return False
    left, right = term.factors[-2], term.factors[-1].operand
    return all(isinstance(side, Name) and side.key[0].islower() for side in (left, right))
