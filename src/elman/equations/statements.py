"""From a text to its statements: equations and declarations.

A first look at every left-hand side tells which names are defined and which letter is time; then
each statement is read. Statements fail independently, and all their errors are reported at once.
"""

from __future__ import annotations

from elman.equations import symbols
from elman.equations.context import Context, index_letters
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
from elman.equations.tokens import Token, tokenize
from elman.errors import (
    EquationSyntaxError,
    NameResolutionError,
    Source,
    SourceError,
    UnsupportedError,
    raise_all,
)

_LIST_VERBS = frozenset(["share", "freeze"])
_MAX_ERRORS = 20


def parse_statements(source: Source) -> tuple[Statement, ...]:
    """Reads a text of equations and declarations.

    Raises:
        EquationSyntaxError: The text does not parse; the error shows the place.
        NameResolutionError: A name is used in a way that contradicts the rest of the text.
        SourceErrorGroup: Several statements are wrong, each on its own.
    """
    lines = _split(tokenize(source))
    if not lines:
        raise EquationSyntaxError(
            "there is no equation in the text",
            remedy="Write one, such as h_t = tanh(W h_{t-1} + U x_t + b)",
        )
    context = _first_look(source, lines)
    _read_all(lines, context, gather=True)
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
        lines.extend(_split_commas(line, token))
        line = []
    return lines


def _split_commas(line: list[Token], end: Token) -> list[list[Token]]:
    """Splits `h_t = ..., y_t = ...` at commas outside brackets, where an equation follows."""
    if line and line[0].text in _LIST_VERBS:
        return [[*line, end]]
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in line:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if token.text == "," and depth == 0 and _has_definition(pieces[-1]):
            pieces.append([])
        else:
            pieces[-1].append(token)
    stripped = []
    for piece in pieces:
        while piece and piece[-1].text in (",", "."):
            piece.pop()
        if piece:
            stripped.append([*piece, Token("end", "", piece[-1].span)])
    return stripped


def _has_definition(piece: list[Token]) -> bool:
    return any(token.text in ("=", "∈", ":") for token in piece)


# -- the first look ------------------------------------------------------------------------------


def _first_look(source: Source, lines: list[list[Token]]) -> Context:
    """Gathers what is defined, which letters are time, and how the text writes names."""
    tokens = [token for line in lines for token in line]
    context = Context(
        has_backslash="\\" in source.text,
        splits_words="\\" in source.text or any(token.text == "_" for token in tokens),
    )
    context.splits_words = context.splits_words or not any(
        token.text == "[" and not token.spaced for token in tokens
    )
    for line in lines:
        _note_left(line, context)
    return context


def _note_left(line: list[Token], context: Context) -> None:
    kind, cut = _classify(line)
    if kind in ("equation", "shape"):
        try:
            name = _left_name(line[:cut], context, line)
        except SourceError:
            return  # the second look reports it
        if kind == "equation" and _function_meant(line, cut) and name.index is None:
            context.functions[name.key] = _function_meant(line, cut) or ""
            return
        context.known.add(name.key)
        if name.index is not None and name.index.letter is not None:
            context.letters.add(name.index.letter)


def _classify(line: list[Token]) -> tuple[str, int]:
    """Returns the kind of a statement and where its left-hand side ends."""
    first = line[0]
    if first.kind == "word" and first.text in _LIST_VERBS and line[1].kind in ("word", "command"):
        return "list", 1
    if first.kind == "word" and first.text == "init" and any(t.text == ":" for t in line):
        return "start", 1
    depth = 0
    for at, token in enumerate(line):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and token.text in (":", "∈"):
            if token.text == ":" and line[min(at + 1, len(line) - 1)].text == "=":
                return "equation", at  # h_t := ...
            return "shape", at
        if depth == 0 and token.text == "=":
            return "equation", at
    return "none", 0


def _left_name(left: list[Token], context: Context, line: list[Token]) -> Name:
    """Reads a left-hand side; its single-letter index is time where the statement uses it so."""
    if not left:
        raise EquationSyntaxError(
            "the left-hand side is missing", line[0].span, remedy="Write h_t = ..."
        )
    reader = Parser([*left, line[-1]], context, None)
    reader.detects_time = _left_is_timed(left, line, context)
    read = reader.name()
    if isinstance(read, tuple) and not read[1] and reader.at >= len(left):
        return read[0]
    raise EquationSyntaxError(
        "the left-hand side is not a single name",
        left[0].span.to(left[-1].span),
        remedy="Define one name at a time, such as h_t = ...",
    )


def _left_is_timed(left: list[Token], line: list[Token], context: Context) -> bool:
    """Says whether a single letter below the name on the left is time.

    It is where it is t, where the right-hand side uses it as an index too, or where the same
    name carries a time elsewhere; `b_h = 0` names a constant.
    """
    letters = index_letters(left)
    if not letters:
        return False
    right = line[len(left) :]
    if letters & ({"t"} | index_letters(right)):
        return True
    bracketed = any(token.text in ("[", "^") for token in left)
    base = Parser([*left, line[-1]], context, None)._base()[0]
    return bracketed or base in context.timed


def _function_meant(line: list[Token], cut: int) -> str | None:
    r"""Returns the function of `\phi = tanh`, or None for any other equation."""
    right = [token for token in line[cut + 1 : -1] if token.text not in ("{", "}")]
    if right and right[0].text in symbols.FONT_COMMANDS:
        right = right[1:]
    if len(right) != 1 or right[0].kind not in ("word", "command"):
        return None
    if right[0].text == "sigma":
        return "sigmoid"
    return symbols.function_name(right[0].text)


# -- the second look -----------------------------------------------------------------------------


def _read_all(
    lines: list[list[Token]], context: Context, *, gather: bool
) -> tuple[list[Statement], list[SourceError]]:
    """Reads every statement; the first time round only to learn which names carry time."""
    statements: list[Statement] = []
    errors: list[SourceError] = []
    for line in lines:
        kind, cut = _classify(line)
        if gather and kind != "equation":
            continue
        try:
            statements.extend(_READERS[kind](line, cut, context))
        except SourceError as error:
            errors.append(error)
    return statements, errors


def _read_equation(line: list[Token], cut: int, context: Context) -> list[Statement]:
    left = line[:cut]
    if left and left[-1].text == ":":
        left = left[:-1]
    name = _left_name(left, context, line)
    start = cut + 1 + (line[cut].text == ":")
    span = line[0].span.to(line[-2].span)
    function = _function_meant(line, start - 1)
    if function is not None and name.index is None:
        return [FunctionDeclaration(name.key, function, span)]
    if name.index is None and name.key in context.timed:
        step = _as_step(left, context)
        if step is not None:
            name = step
    letter = name.index.letter if name.index is not None else None
    parser = Parser(line[start:], context, letter)
    right = parser.expression()
    _expect_end(parser)
    return [Equation(name, right, span)]


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
    return [_left_name(piece, context, line) for piece in pieces]


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
    if token.text == "=":
        raise UnsupportedError(
            "an equation with two equal signs is not supported yet",
            token.span,
            remedy="Write two equations.",
        )
    if token.text == ",":
        raise EquationSyntaxError(
            "a comma stands between two expressions",
            token.span,
            remedy="Join vectors as [a, b]; put equations on lines of their own.",
        )
    raise NameResolutionError(
        f"{token.span.text or token.text!r} does not continue the equation",
        token.span,
        remedy="Check the text just before the caret.",
    )


_READERS = {
    "equation": _read_equation,
    "shape": _read_shape,
    "start": _read_start,
    "list": _read_list,
    "none": _read_none,
}
