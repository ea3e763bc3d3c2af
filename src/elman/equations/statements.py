"""From a text to its statements: equations and declarations.

A first look at every left-hand side tells which names are defined and which letter is time; then
each statement is read. Statements fail independently, and all their errors are reported at once.
"""

from __future__ import annotations

from itertools import pairwise

from elman.equations import symbols
from elman.equations.context import Context
from elman.equations.heads import (
    LIST_VERBS,
    classify,
    first_look,
    function_meant,
    left_name,
    segments,
)
from elman.equations.parser import Parser
from elman.equations.reader import stop_after
from elman.equations.scanner import tokenize
from elman.equations.shapes import read_dims
from elman.equations.syntax import (
    Equation,
    FunctionDeclaration,
    ListDeclaration,
    Name,
    ShapeDeclaration,
    StartDeclaration,
    Statement,
)
from elman.equations.tokens import MAX_STATEMENTS, Token, nesting
from elman.equations.trimming import trim
from elman.errors import (
    EquationSyntaxError,
    NameResolutionError,
    Source,
    SourceError,
    UnsupportedError,
    raise_all,
)

_MAX_ERRORS = 20
_LONGEST = 2_000


def parse_statements(source: Source) -> tuple[Statement, ...]:
    """Reads a text of equations and declarations.

    Raises:
        EquationSyntaxError: The text does not parse; the error shows the place.
        NameResolutionError: A name is used in a way that contradicts the rest of the text.
        SourceErrorGroup: Several statements are wrong, each on its own.
    """
    lines = _split(tokenize(source))
    if len(lines) > MAX_STATEMENTS:
        raise EquationSyntaxError(
            f"the text has {len(lines):,} statements, more than {MAX_STATEMENTS:,}",
            lines[MAX_STATEMENTS][0].span,
            remedy="Give the equations of one recurrence at a time.",
        )
    if not lines:
        raise EquationSyntaxError(
            "there is no equation in the text",
            remedy="Write one, such as h_t = tanh(W h_{t-1} + U x_t + b)",
        )
    context = first_look(source, lines)
    _read_all(lines, context, gather=True)
    context.terms = 0
    statements, errors = _read_all(lines, context, gather=False)
    raise_all(errors[:_MAX_ERRORS])
    return tuple(statements)


def _split(tokens: list[Token]) -> list[list[Token]]:
    """Returns the tokens of each statement, its end last; trailing commas and full stops go."""
    lines: list[list[Token]] = []
    line: list[Token] = []
    for token in tokens:
        if token.kind not in ("end", "stop"):
            line.append(token)
            continue
        if len(line) > _LONGEST:
            raise EquationSyntaxError(
                f"a statement has more than {_LONGEST:,} names, numbers and signs",
                line[_LONGEST].span,
                remedy="Name a part of it in an equation of its own.",
            )
        lines.extend(_split_commas(line, token))
        line = []
    return lines


def _split_commas(line: list[Token], end: Token) -> list[list[Token]]:
    """Splits `h_t = ..., y_t = ...` at commas outside brackets, where an equation follows."""
    if line and line[0].text in LIST_VERBS:
        return [[*line, end]]
    line = trim(line)
    pieces: list[list[Token]] = [[]]
    depth = 0
    defines = False
    for token in line:
        depth += nesting(token)
        if token.text == "," and depth == 0 and defines:
            pieces.append([])
            defines = False
        else:
            pieces[-1].append(token)
            defines = defines or token.text in ("=", "∈", ":")
    stripped = []
    for piece in pieces:
        while piece and piece[-1].text in (",", "."):
            piece.pop()
        piece = trim(piece) if len(pieces) > 1 else piece
        if piece:
            stripped.append([*piece, Token("end", "", piece[-1].span)])
    return stripped


def _read_all(
    lines: list[list[Token]], context: Context, *, gather: bool
) -> tuple[list[Statement], list[SourceError]]:
    """Reads every statement; the first time round only to learn which names carry time."""
    statements: list[Statement] = []
    errors: list[SourceError] = []
    for line in lines:
        kind, cut = classify(line)
        if gather and kind != "equation":
            continue
        try:
            statements.extend(_READERS[kind](line, cut, context))
        except SourceError as error:
            errors.append(error)
    return statements, errors


def _read_equation(line: list[Token], cut: int, context: Context) -> list[Statement]:
    span = line[0].span.to(line[-2].span)
    meant = function_meant(line, cut)
    if meant is not None:
        name = left_name(meant[0], context, line)
        if name.index is None:
            return [FunctionDeclaration(name.key, meant[1], span)]
    *lefts, right = segments(line, cut)
    names = [_defined(left, context, line) for left in lefts]
    found: list[Statement] = []
    for name, after in pairwise(names):
        _check_letters(name, after)
        found.append(Equation(name, after, span))
    letter = names[-1].index.letter if names[-1].index is not None else None
    right, set_of = _split_set(right)
    parser = Parser([*right, line[-1]], context, letter)
    value = parser.expression()
    _expect_end(parser)
    found.append(Equation(names[-1], value, span))
    if set_of:
        shape = ShapeDeclaration(_whole(names[0]), read_dims(set_of, line), span)
        found.append(shape)
    return found


def _split_set(right: list[Token]) -> tuple[list[Token], list[Token]]:
    r"""Splits `\tanh(...) \in \mathbb{R}^h` into the value and the set it lies in."""
    depth = 0
    for at, token in enumerate(right):
        depth += nesting(token)
        if token.text == "∈" and depth == 0:
            return right[:at], right[at + 1 :]
    return right, []


def _check_letters(name: Name, after: Name) -> None:
    """In `a_t = b_t = ...` all sides run over the same letter."""
    letters = [side.index.letter for side in (name, after) if side.index is not None]
    if len(set(letters)) > 1 or len(letters) == 1:
        raise NameResolutionError(
            f"{name.span.text} and {after.span.text} are equal, but not indexed alike",
            after.span,
            remedy="Write two equations, each with one letter for the time.",
        )


def _defined(left: list[Token], context: Context, line: list[Token]) -> Name:
    """Reads what an equation defines; a middle of `a = b = c` must be a name too."""
    try:
        name = left_name(left, context, line)
    except EquationSyntaxError as error:
        if not left or left[0] is line[0]:
            raise
        raise UnsupportedError(
            "an equation with two equal signs is not supported yet, unless it names one value",
            error.span,
            remedy="Write two equations.",
        ) from None
    if name.index is None and name.key in context.letters and name.key not in context.timed:
        raise NameResolutionError(
            f"{name.key} is the time, which cannot be defined",
            name.span,
            remedy="Remove the line; every equation holds at every step.",
        )
    if name.index is None and name.key in context.timed:
        return _as_step(left, context) or name
    return name


def _as_step(left: list[Token], context: Context) -> Name | None:
    """Reads `h_0` on the left as a step of the sequence h."""
    read = Parser([*left, stop_after(left)], context, None).name()
    if isinstance(read, tuple) and read[0].index is not None:
        return read[0]
    return None


def _read_shape(line: list[Token], cut: int, context: Context) -> list[Statement]:
    names = _name_list(line[:cut], context, line)
    span = line[0].span.to(line[-2].span)
    dims = read_dims(line[cut + 1 : -1], line)
    return [ShapeDeclaration(_whole(name), dims, span) for name in names]


def _whole(name: Name) -> Name:
    """Returns the name that a declaration speaks of: h of `h_0`, and `h_t` as it is."""
    is_step = name.index is not None and name.index.letter is None
    return Name(name.key, None if is_step else name.index, name.span)


def _name_list(left: list[Token], context: Context, line: list[Token]) -> list[Name]:
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in left:
        depth += (token.text in ("{", "(", "[")) - (token.text in ("}", ")", "]"))
        if token.text == "," and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [left_name(piece, context, line) for piece in pieces]


def _read_start(line: list[Token], cut: int, context: Context) -> list[Statement]:
    colon = next(at for at, token in enumerate(line) if token.text == ":")
    scheme = "".join(token.text for token in line[colon + 1 : -1])
    span = line[0].span.to(line[-2].span)
    if not scheme:
        raise EquationSyntaxError(
            "the start is missing", span, remedy="Write init W: orthogonal, or init b: 1"
        )
    names = _name_list(line[cut:colon], context, line)
    return [StartDeclaration(name, scheme, span) for name in names]


def _read_list(line: list[Token], cut: int, context: Context) -> list[Statement]:
    names = tuple(_name_list(line[cut:-1], context, line))
    return [ListDeclaration(line[0].text, names, line[0].span.to(line[-2].span))]


def _read_none(line: list[Token], cut: int, context: Context) -> list[Statement]:
    del cut, context
    span = line[0].span.to(line[-2].span)
    prose = any(token.text in symbols.PROSE for token in line) or line[0].text == "^"
    if any(token.text in ("_", "^") for token in line) and not prose:
        raise EquationSyntaxError(
            "this is an expression, not an equation",
            span,
            remedy="Write what it defines: h_t = ...",
        )
    raise EquationSyntaxError(
        "this line is neither an equation nor a declaration",
        span,
        remedy="Put prose into a comment: # ...",
    )


def _expect_end(parser: Parser) -> None:
    token = parser.peek()
    if token.kind in ("end", "stop"):
        return
    if token.text == ",":
        raise EquationSyntaxError(
            "a comma stands between two expressions",
            token.span,
            remedy="Join vectors as [a, b]; put equations on lines of their own.",
        )
    remedy = "Check the text just before the caret."
    if token.text == ".":
        remedy = "A product is written with a space, W h; a function alone, tanh(x)."
    raise NameResolutionError(
        f"{token.span.text or token.text!r} does not continue the equation",
        token.span,
        remedy=remedy,
    )


_READERS = {
    "equation": _read_equation,
    "shape": _read_shape,
    "start": _read_start,
    "list": _read_list,
    "none": _read_none,
}
