r"""What the left-hand sides of a text tell: which names are defined, and which letter is time.

`h_t = ...` defines h over t; `b_h = 0` a constant; `\phi = tanh` and `f(z) = tanh(z)` say what a
letter means before a parenthesis; `h_t^2 = ...` a layer; `h(t) = ...` writes time in parentheses.
"""

from __future__ import annotations

from elman.equations import symbols
from elman.equations.context import Context, index_letter, index_letters
from elman.equations.parser import Parser
from elman.equations.reader import stop_after
from elman.equations.syntax import Name
from elman.equations.tokens import Token, nesting
from elman.errors import EquationSyntaxError, Source, SourceError, UnsupportedError

LIST_VERBS = frozenset(["share", "freeze"])
_MOST_SIDES = 10
_LONGEST_SCRIPT = 12
# How papers spell functions of @ out, without braces: `\sigma(z) = \frac{1}{1 + e^{-z}}`.
_FORMULAS = {
    "frac11+e^-@": "sigmoid",
    "1/(1+e^-@)": "sigmoid",
    "frac11+exp(-@)": "sigmoid",
    "1/(1+exp(-@))": "sigmoid",
    "max(0,@)": "relu",
    "max(@,0)": "relu",
    "frace^@-e^-@e^@+e^-@": "tanh",
    "log(1+e^@)": "softplus",
    "log(1+exp(@))": "softplus",
}
_TIME_IN_PARENTHESES = frozenset("tnkij")


def first_look(source: Source, lines: list[list[Token]]) -> Context:
    """Gathers what is defined, which letters are time, and how the text writes names."""
    tokens = [token for line in lines for token in line]
    has_subscripts = any(token.text == "_" for token in tokens)
    has_brackets = any(token.text == "[" and not token.spaced for token in tokens)
    context = Context(
        has_backslash="\\" in source.text,
        splits_words="\\" in source.text or has_subscripts or not has_brackets,
    )
    context.sure = _sure_letters(tokens)
    context.sequences = _bases(tokens, context.sure)
    for line in lines:
        kind, cut = classify(line)
        if kind == "equation":
            _note_form(line[:cut], line, cut, context)
    if context.parenthesised and not (has_subscripts or context.has_backslash):
        context.splits_words = False  # h(t) = tanh(Wh*h(t-1)), as in Matlab
    for line in lines:
        _note_names(line, context)
    return context


def classify(line: list[Token]) -> tuple[str, int]:
    """Returns the kind of a statement and where its left-hand side ends."""
    first = line[0]
    if first.kind == "word" and first.text in LIST_VERBS and line[1].kind in ("word", "command"):
        return "list", 1
    if first.kind == "word" and first.text == "init" and any(t.text == ":" for t in line):
        return "start", 1
    depth = 0
    for at, token in enumerate(line):
        depth += nesting(token)
        if depth == 0 and token.text in (":", "∈"):
            if token.text == ":" and line[min(at + 1, len(line) - 1)].text == "=":
                return "equation", at  # h_t := ...
            return "shape", at
        if depth == 0 and token.text == "=":
            return "equation", at
    return "none", 0


def segments(line: list[Token], cut: int) -> list[list[Token]]:
    """Returns the sides of `a = b = c`, the left-hand side first."""
    start = cut + 1 + (line[cut].text == ":")
    sides = [line[:cut], []]
    depth = 0
    for token in line[start:-1]:
        depth += nesting(token)
        if token.text == "=" and depth == 0:
            if len(sides) > _MOST_SIDES:
                raise EquationSyntaxError(
                    f"an equation has more than {_MOST_SIDES} equal signs",
                    token.span,
                    remedy="Write one equation a line.",
                )
            if sides[-1] and sides[-1][-1].text == ":":
                sides[-1].pop()
            sides.append([])
        else:
            sides[-1].append(token)
    return sides


def left_name(left: list[Token], context: Context, line: list[Token]) -> Name:
    """Reads a left-hand side; its single-letter index is time where the statement uses it so.

    Raises:
        EquationSyntaxError: It is not a name.
    """
    if not left:
        raise EquationSyntaxError(
            "the left-hand side is missing", line[0].span, remedy="Write h_t = ..."
        )
    if left[0].text == "[" or [token.text for token in left[:2]] == ["(", "["]:
        raise UnsupportedError(
            "several names defined at once are not supported yet",
            left[0].span.to(left[-1].span),
            remedy="Write one equation for each name.",
        )
    reader = Parser([*left, line[-1]], context, _left_time(left, line, context))
    _refuse_command(left, reader)
    read = reader.name()
    if isinstance(read, tuple) and not read[1] and reader.at >= len(left):
        return read[0]
    span = left[0].span.to(left[-1].span)
    if isinstance(read, tuple) and not read[1] and reader.at_symbol("("):
        raise UnsupportedError(
            "a function defined by a formula is not supported yet",
            span,
            remedy="Write the formula where the function is used, or name a known one: f = tanh",
        )
    lost = len(left) == 2 and left[0].kind == left[1].kind == "word" and left[1].text == "t"
    raise EquationSyntaxError(
        "the left-hand side is not a single name",
        span,
        remedy=f"Subscripts are lost in copying: write {left[0].text}_t = ..."
        if lost
        else "Define one name at a time, such as h_t = ...",
    )


def _refuse_command(left: list[Token], reader: Parser) -> None:
    r"""Refuses a left-hand side such as `\frac{dx}{dt}` or `\log a_t`, which begins no name."""
    first = left[0]
    if first.kind != "command" or first.text in symbols.FONT_COMMANDS | set(symbols.ACCENTS):
        return
    if first.text not in symbols.FUNCTION_COMMANDS | {"frac", "dfrac", "tfrac", "sqrt"}:
        raise reader.unknown_command(first)
    remedy = "Solve for the name, and define it: a_t = ..."
    if first.text.endswith("frac"):
        remedy = r"Write a derivative as a step: x_t = x_{t-1} + \Delta t (...)"
    raise EquationSyntaxError(
        "the left-hand side is not a single name", first.span.to(left[-1].span), remedy=remedy
    )


def function_meant(line: list[Token], cut: int) -> tuple[list[Token], str] | None:
    r"""Returns the letter and the function of `\phi = tanh` or `f(z) = tanh(z)`; else None."""
    left = line[:cut]
    argument: list[str] = []
    if left and left[-1].text == ")":
        opening = next((at for at, token in enumerate(left) if token.text == "("), 0)
        left, argument = left[:opening], [token.text for token in left[opening + 1 : -1]]
    right = [token for token in line[cut + 1 : -1] if token.text not in ("{", "}", "=")]
    if right and right[0].text in symbols.FONT_COMMANDS:
        right = right[1:]
    if len(argument) == 1 and left:
        known = _formula(line[cut + 1 : -1], argument[0])
        if known is not None:
            return left, known
    if not left or not right or right[0].kind not in ("word", "command"):
        return None
    function = symbols.function_name(right[0].text)
    if right[0].text == "sigma":
        function = "sigmoid"
    rest = [token.text for token in right[1:] if token.text not in ("(", ")")]
    fits = rest in ([], argument) and len(rest) < len(right)
    return (left, function) if function is not None and fits else None


def _formula(right: list[Token], argument: str) -> str | None:
    """Returns the function that a formula in one letter spells out, or None."""
    texts = ["@" if token.text == argument else token.text for token in right]
    return _FORMULAS.get("".join(text for text in texts if text not in ("{", "}", "=")))


def left_base(left: list[Token], context: Context) -> str:
    """Returns the key that a left-hand side begins with, without its scripts."""
    return Parser([*left, stop_after(left)], context, None)._base()[0]


# -- what the whole text says -----------------------------------------------------------------


def _note_form(left: list[Token], line: list[Token], cut: int, context: Context) -> None:
    """Notes layers in bare superscripts and time in parentheses."""
    texts = [token.text for token in left]
    letters = index_letters(left)
    if "^" in texts and len(letters) == 1:
        inside = [t for t in left[texts.index("^") + 1 :] if t.text not in ("{", "}")]
        until = next((at for at, t in enumerate(inside) if t.text in ("_", "(")), len(inside))
        is_label = until == 1 and inside[0].kind in ("number", "word") and inside[0].text.isalnum()
        if is_label and inside[0].text not in letters:  # that would be the time, given twice
            try:
                context.layers.add(left_base(left, context))
            except SourceError:
                return  # the second look reports it
            context.labels.add(inside[0].text)
    if texts[-1:] == [")"] and "(" in texts and function_meant(line, cut) is None:
        letter = index_letter(left[texts.index("(") + 1 : -1])
        if letter in _TIME_IN_PARENTHESES and letter is not None and texts.index("(") > 0:
            context.parenthesised.add(letter)


def _note_names(line: list[Token], context: Context) -> None:
    kind, cut = classify(line)
    if kind not in ("equation", "shape"):
        return
    try:
        if line[0].text == "[" or (line[cut - 1].text == ")" and not context.parenthesised):
            context.known.add(left_base(line[:cut], context))
        meant = function_meant(line, cut) if kind == "equation" else None
        if meant is not None:
            name = left_name(meant[0], context, line)
            if name.index is None:
                context.functions[name.key] = meant[1]
                return
        sides = segments(line, cut)[:-1] if kind == "equation" else [line[:cut]]
        for side in sides:
            name = left_name(side, context, line)
            context.known.add(name.key)
            if name.index is not None and name.index.letter is not None:
                context.letters.add(name.index.letter)
    except SourceError:
        return  # the second look reports it


def _left_time(left: list[Token], line: list[Token], context: Context) -> str | None:
    """Returns the letter that is time in the name on the left, or None.

    A letter is where it is t; where the right-hand side uses it as an index of a sequence; and
    where the same name carries a time elsewhere. `b_h = 0` and `A_c = -exp(a_c)` name constants.
    """
    texts = [token.text for token in left]
    if texts[-1] == ")" and context.parenthesised:
        return index_letter(left[texts.index("(") + 1 : -1]) if "(" in texts else None
    letters = index_letters(left)
    if letters == {"T"} and context.sure - {"T"}:
        return None  # k_{T+1} = 0 is a value after the last step
    right = [token for token in line if token.span.start >= left[-1].span.end]
    shared = letters & index_letters(right)
    likely = shared & context.sure if context.sure else shared
    if not likely and _bases(right, shared) & context.sequences:
        likely = shared
    if not likely and letters:
        opens = next((at for at, text in enumerate(texts) if text in ("[", "^")), None)
        if opens is not None:
            likely = index_letters(left[opens:]) or letters
        elif left_base(left, context) in context.timed:
            likely = letters
    return "t" if "t" in letters else min(likely, default=None)


def _sure_letters(tokens: list[Token]) -> set[str]:
    """Returns the letters that are certainly time: t, and those with an offset (`_{i-1}`)."""
    sure = {"t"} if "t" in index_letters(tokens) else set()
    for at, token in enumerate(tokens[:-3]):
        is_index = token.text in ("{", "[", "(", ",") and tokens[at + 3].kind == "number"
        if is_index and tokens[at + 2].text in ("+", "-") and 0 < at < len(tokens) - 4:
            letter = index_letter(tokens[at + 1 : at + 4])
            if letter is not None and _in_script(tokens, at) and tokens[at + 4].text in ("}", "]"):
                sure.add(letter)
    return sure


def _in_script(tokens: list[Token], at: int) -> bool:
    """Says whether a bracket opens a script, or a comma stands in one (`W_{h,i-1}`)."""
    if tokens[at].text == ",":
        start = max(0, at - _LONGEST_SCRIPT)
        before = [token.text for token in tokens[start:at]]
        if "{" not in before:
            return False
        at = start + len(before) - 1 - before[::-1].index("{")
        if "}" in before[at - start :]:
            return False
    return tokens[at].text == "[" or tokens[at - 1].text in ("_", "^")


def _bases(tokens: list[Token], letters: set[str]) -> set[str]:
    """Returns the words that carry one of the letters as an index, and their last letters."""
    found: set[str] = set()
    for at, token in enumerate(tokens[:-2]):
        if token.kind != "word" or tokens[at + 1].text not in ("_", "["):
            continue
        inside = at + 2 + (tokens[at + 2].text == "{")
        if tokens[min(inside, len(tokens) - 1)].text in letters:
            found |= {token.text, token.text[-1]}
    return found
