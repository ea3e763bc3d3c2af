"""From a text to its statements: equations and declarations.

A first look at every left-hand side tells which names are defined and which letter is time; then
each statement is read. Statements fail independently, and all their errors are reported at once.
"""

from __future__ import annotations

from itertools import pairwise

from elman.equations.context import Context, index_letter
from elman.equations.heads import (
    LIST_VERBS,
    classify,
    first_look,
    function_meant,
    left_name,
    segments,
)
from elman.equations.parser import Parser
from elman.equations.syntax import (
    Equation,
    FunctionDeclaration,
    Index,
    ListDeclaration,
    Name,
    ShapeDeclaration,
    StartDeclaration,
    Statement,
)
from elman.equations.tokens import MAX_STATEMENTS, Token, nesting, tokenize
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
    line = _without_range(line)
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
        if piece:
            stripped.append([*piece, Token("end", "", piece[-1].span)])
    return stripped


def _without_range(line: list[Token]) -> list[Token]:
    r"""Drops `for t = 1, \ldots, T` at the end: every equation holds at every step."""
    if len(line) > 3 and line[-2].text == "forall" and index_letter(line[-1:]) is not None:
        return line[:-2]
    for at in range(1, len(line) - 3):
        texts = [token.text for token in line[at : at + 3]]
        if texts[1:] != ["=", "1"] or index_letter(line[at : at + 1]) is None:
            continue
        rest = [token.text for token in line[at + 3 :] if token.text not in (",", ".")]
        dots = [text for text in rest if text not in ("ldots", "dots", "cdots", "to")]
        if line[at - 1].text in (",", "for", "forall", "}") and dots == ["T"]:
            keep = line[:at]
            while (keep and keep[-1].text in ("for", "forall", ",", "(")) or _is_for(keep):
                keep = keep[:-4] if _is_for(keep) else keep[:-1]
            return keep
    return line


def _is_for(line: list[Token]) -> bool:
    """Says whether a line ends in `\\text{for}`."""
    return [token.text for token in line[-3:]] == ["{", "for", "}"]


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
    parser = Parser([*right, line[-1]], context, letter)
    value = parser.expression()
    _expect_end(parser)
    return [*found, Equation(names[-1], value, span)]


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
    read = Parser([*left, left[-1]], context, None).name()
    if isinstance(read, tuple) and read[0].index is not None:
        return read[0]
    return None


def _read_shape(line: list[Token], cut: int, context: Context) -> list[Statement]:
    right = [token for token in line[cut + 1 : -1] if token.text not in ("{", "}")]
    names = _name_list(line[:cut], context, line)
    span = line[0].span.to(line[-2].span)
    dims = _dims(right, line)
    return [
        ShapeDeclaration(Name(name.key, _without_step(name.index), name.span), dims, span)
        for name in names
    ]


def _without_step(index: Index | None) -> Index | None:
    return None if index is not None and index.letter is None else index


def _dims(right: list[Token], line: list[Token]) -> tuple[str | int, ...]:
    r"""Reads `scalar`, `vector h`, `[h, x]`, `28` or `\mathbb{R}^{h \times x}`."""
    texts = [token.text for token in right]
    if texts == ["scalar"]:
        return ()
    if texts and texts[0] in ("mathbb", "mathbf", "mathrm") and texts[1:2] == ["R"]:
        texts, right = texts[1:], right[1:]
    if texts and texts[0] in ("R", "ℝ"):
        texts, right = texts[1:], right[1:]
        if texts[:1] == ["^"]:
            texts, right = texts[1:], right[1:]
        elif not texts:
            return ()
    dims: list[str | int] = []
    for token in right:
        if token.kind == "word" or (token.kind == "number" and token.text.isdigit()):
            if len(token.text) > 9 and token.kind == "number":
                break
            dims.append(int(token.text) if token.kind == "number" else token.text)
        elif token.text not in ("[", "]", ",", "@", "(", ")", "_", "mathit", "mathrm", "*"):
            break
    else:
        if len(dims) <= 2 and 0 not in dims and (dims or texts == ["[", "]"]):
            return tuple(dims)
    raise EquationSyntaxError(
        "this shape is not one elman reads",
        line[0].span.to(line[-2].span),
        remedy="Write scalar, [h], [h, x], or numbers: [128, 28].",
    )


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
    if any(token.text in ("_", "^") for token in line):
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
