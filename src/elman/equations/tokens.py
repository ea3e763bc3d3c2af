r"""From characters to tokens: wrappers and spacing go, Unicode becomes what it means.

A token is a number, a word (a run of letters), a command (`\tanh`) or a symbol. Statements end at
a newline, `;` or `\\`, except inside brackets and where the line plainly goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from elman.equations import symbols
from elman.errors import EquationSyntaxError, Source, Span, UnsupportedError

MAX_CHARACTERS = 64 * 1024
MAX_STATEMENTS = 1000
MAX_DEPTH = 200
MAX_TOKENS = 20_000

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WORD = re.compile(r"leaky_relu|hard_sigmoid|[A-Za-z]+")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\s*\{[A-Za-z]+\*?\}(?:\{[A-Za-z0-9]*\})?")
_ARGUMENT = re.compile(r"\s*\{[^{}]*\}")
_LINE_SKIP = re.compile(r"\[\s*[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\]")
_OPEN, _CLOSE = "([{⟨", ")]}⟩"
_WEAK_ENDS = frozenset(["\n", "\\\\"])
_GOES_ON_AFTER = frozenset("+-*/=@∈^_:")
_GOES_ON_BEFORE = frozenset("+*/=@)]}^_")


@dataclass(frozen=True)
class Token:
    """One unit of the text.

    `kind` is `number`, `word`, `command`, `symbol`, `end` (of a statement) or `stop` (of the
    text). `spaced` says whether white space stands before it, which tells `h[t]` from `W [h, x]`.
    """

    kind: str
    text: str
    span: Span
    spaced: bool = False


def nesting(token: Token) -> int:
    """Returns 1 for a bracket that opens, -1 for one that closes, else 0."""
    if token.kind != "symbol":
        return 0
    return (token.text in ("(", "[", "{", "⟨")) - (token.text in (")", "]", "}", "⟩"))


def tokenize(source: Source) -> list[Token]:
    """Turns a text into tokens, the last of which has the kind `stop`.

    Raises:
        EquationSyntaxError: The text is too long, too deep, holds a character with no meaning
            here, or a bracket has no partner.
    """
    if len(source.text) > MAX_CHARACTERS:
        raise EquationSyntaxError(
            f"the text has {len(source.text):,} characters, more than {MAX_CHARACTERS:,}",
            remedy="Give the equations alone, without the text around them.",
        )
    return _join_lines(_split_bold(_Scanner(source).scan()))


class _Scanner:
    """Walks once over the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.spaced = False
        self.columns = 0  # how many bmatrix and the like are open
        self.tokens: list[Token] = []

    def scan(self) -> list[Token]:
        while self.at < len(self.text):
            self._step()
            if len(self.tokens) > MAX_TOKENS:
                raise EquationSyntaxError(
                    f"the text has more than {MAX_TOKENS:,} names, numbers and signs",
                    self.tokens[-1].span,
                    remedy="Give the equations of one recurrence at a time.",
                )
        self._add("stop", "", 0)
        return self.tokens

    def _step(self) -> None:
        character = self.text[self.at]
        if character == "\n" or character == ";":
            self._add("end", character, 1)
        elif character in symbols.SPACES:
            if character == "$":
                self._add("end", "$", 0)
            elif character == "&" and self.columns:
                raise _matrix_of_columns(Span(self.source, self.at, self.at + 1))
            self.at += 1
            self.spaced = True
        elif character in "#%":
            newline = self.text.find("\n", self.at)
            self.at = len(self.text) if newline < 0 else newline
        elif character == "\\":
            self._command()
        elif (character.isdigit() and character.isascii()) or (
            character == "." and re.match(r"\.\d", self.text[self.at : self.at + 2])
        ):
            match = _NUMBER.match(self.text, self.at)
            assert match is not None, "internal: a digit that starts no number"
            self._add("number", match.group(), len(match.group()))
        elif match := _WORD.match(self.text, self.at):
            self._add("word", match.group(), len(match.group()))
        elif character in symbols.UNICODE_GREEK:
            self._add("word", symbols.UNICODE_GREEK[character], 1)
        elif character in symbols.SUBSCRIPTS:
            self._script("_", symbols.SUBSCRIPTS)
        elif character in symbols.SUPERSCRIPTS:
            self._script("^", symbols.SUPERSCRIPTS)
        elif character in symbols.UNICODE_OPERATORS:
            self._add("symbol", symbols.UNICODE_OPERATORS[character], 1)
        elif self.text.startswith("**", self.at):
            self._add("symbol", "^", 2)  # a power, as in Python
        elif character in "+-*/^_{}()[]=,:@|'.":
            self._add("symbol", character, 1)
        else:
            self._combining_or_refuse(character)

    def _add(self, kind: str, text: str, length: int) -> None:
        span = Span(self.source, self.at, self.at + length)
        self.at += length
        spaced, self.spaced = self.spaced, False
        if kind == "end" and self.tokens and self.tokens[-1].kind == "end":
            # Of several ends that follow each other, the strongest stays.
            if self.tokens[-1].text in _WEAK_ENDS:
                self.tokens[-1] = Token(kind, text, span, spaced)
            return
        self.tokens.append(Token(kind, text, span, spaced))

    def _command(self) -> None:
        match = _COMMAND.match(self.text, self.at)
        if match is None:
            raise EquationSyntaxError(
                "a backslash with nothing after it",
                Span(self.source, self.at, self.at + 1),
                remedy="Remove it, or write the command in full.",
            )
        name, length = match.group()[1:], len(match.group())
        skip = _LINE_SKIP.match(self.text, self.at + length) if name == "\\" else None
        if skip is not None:
            length = skip.end() - self.at
        if name == "\\" and self.columns:
            self._add("symbol", ",", length)
        elif name == "\\":
            self._add("end", "\\\\", length)
        elif name in "[]":
            self._add("end", name, length)
        elif name in symbols.IGNORED_WITH_ARGUMENT:
            self._skip_argument(name, length)
        elif name in symbols.IGNORED_COMMANDS or name == "\n":
            self.at += length
            self.spaced = True
            if name in ("left", "right") and self.text[self.at : self.at + 1] == ".":
                self.at += 1
        elif name in symbols.OPERATOR_COMMANDS:
            self._add("symbol", symbols.OPERATOR_COMMANDS[name], length)
        elif name in symbols.VARIANT_GREEK:
            self._add("word", symbols.VARIANT_GREEK[name], length)
        elif name in symbols.GREEK:
            self._add("word", name, length)
        else:
            self._add("command", name, length)

    def _skip_argument(self, name: str, length: int) -> None:
        pattern = _ENVIRONMENT if name in ("begin", "end") else _ARGUMENT
        argument = pattern.match(self.text, self.at + length)
        environment = re.sub(r"[^A-Za-z]", "", argument.group().split("}")[0]) if argument else ""
        if name in ("begin", "end") and environment in symbols.COLUMNS:
            self._column(name, length)
        elif name == "begin" and environment in ("cases", "dcases", "rcases"):
            raise UnsupportedError(
                "a definition by cases is not supported yet",
                Span(self.source, self.at, argument.end() if argument else self.at + length),
                remedy="Write it with max, min, relu or a gate; h_0 = ... gives the first state.",
            )
        elif name in ("begin", "end"):
            self._add("end", name, length)
        else:
            self.at += length
        if argument is not None:
            self.at = argument.end()
        self.spaced = True

    def _column(self, name: str, length: int) -> None:
        """Reads a column of vectors (`bmatrix`) as a bracket."""
        self.columns += 1 if name == "begin" else -1
        if name == "end" and self.tokens and self.tokens[-1].text == ",":
            self.tokens.pop()  # a last line may end in a line break too
        self.spaced = True
        self._add("symbol", "[" if name == "begin" else "]", length)

    def _script(self, mark: str, table: dict[str, str]) -> None:
        """Reads a run of small characters as one braced sub- or superscript."""
        self._add("symbol", mark, 0)
        self._add("symbol", "{", 0)
        while self.at < len(self.text) and self.text[self.at] in table:
            meaning = table[self.text[self.at]]
            if meaning.isdigit():
                kind = "number"
            elif meaning.isalpha():
                kind = "word"
            else:
                kind = "symbol"
            previous = self.tokens[-1]
            if kind == "number" and previous.kind == "number":
                self.tokens[-1] = Token(
                    "number",
                    previous.text + meaning,
                    Span(self.source, previous.span.start, self.at + 1),
                )
                self.at += 1
            else:
                self._add(kind, meaning, 1)
        self._add("symbol", "}", 0)

    def _combining_or_refuse(self, character: str) -> None:
        """Reads a combining accent (h̃) as the command for it; refuses anything else."""
        combining = {"\u0303": "tilde", "\u0302": "hat", "\u0304": "bar", "\u0307": "dot"}
        if character in combining and self.tokens and self.tokens[-1].kind == "word":
            word = self.tokens.pop()
            head, last = word.text[:-1], word.text[-1]
            middle = word.span.end - 1
            if head:
                span = Span(self.source, word.span.start, middle)
                self.tokens.append(Token("word", head, span, word.spaced))
            letter = Span(self.source, middle, self.at + 1)
            spaced = word.spaced and not head
            self.tokens.append(Token("command", combining[character], letter, spaced))
            self.tokens.append(Token("symbol", "{", letter))
            self.tokens.append(Token("word", last, letter))
            self.tokens.append(Token("symbol", "}", letter))
            self.at += 1
            return
        meant = symbols.lookalike(character)
        code = f"U+{ord(character):04X}"
        span = Span(self.source, self.at, self.at + 1)
        if meant is not None:
            raise EquationSyntaxError(
                f"the character {character!r} ({code}) only looks like {meant!r} "
                f"(U+{ord(meant):04X})",
                span,
                remedy=f"Type {meant!r} on the keyboard.",
            )
        shown = repr(character) if character.isprintable() else "an unprintable character"
        raise EquationSyntaxError(
            f"{shown} ({code}) has no meaning here",
            span,
            remedy="Remove it, or write the symbol's name as a LaTeX command.",
        )


def _split_bold(tokens: list[Token]) -> list[Token]:
    r"""Reads `\mathbf{W x}_t` as `\mathbf{W} \mathbf{x}_t`: two letters, not one name."""
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        if _is_lone_group(tokens, at):
            result.append(tokens[at + 1])  # `{\\rm tanh}` and `{\\bf h}_t`
            at += 3
            continue
        end = at + 2
        if tokens[at].kind == "command" and tokens[at].text in symbols.BOLD_COMMANDS:
            while end < len(tokens) and tokens[end].kind == "word":
                end += 1
        words = tokens[at + 2 : end]
        spaced = len(words) > 1 and all(word.spaced for word in words[1:])
        if spaced and tokens[at + 1].text == "{" and tokens[end].text == "}":
            for word in words:
                result += [tokens[at], tokens[at + 1], word, tokens[end]]
            at = end + 1
        else:
            result.append(tokens[at])
            at += 1
    return result


def _is_lone_group(tokens: list[Token], at: int) -> bool:
    """Says whether braces stand around one word, and belong to nothing before them."""
    if tokens[at].text != "{" or at + 2 >= len(tokens) or tokens[at + 2].text != "}":
        return False
    before = tokens[at - 1] if at else tokens[at]
    belongs = before.kind == "command" or (at > 0 and before.text in ("_", "^", "}"))
    inside = tokens[at + 1]
    is_function = inside.kind == "command" and inside.text in symbols.FUNCTION_COMMANDS
    return not belongs and (inside.kind == "word" or is_function)


def _join_lines(tokens: list[Token]) -> list[Token]:
    """Drops the ends of lines inside brackets and where a line plainly goes on."""
    kept: list[Token] = []
    opened: list[Token] = []
    for at, token in enumerate(tokens):
        after = tokens[min(at + 1, len(tokens) - 1)]
        if token.kind == "symbol" and token.text in _OPEN:
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                raise EquationSyntaxError(
                    f"brackets are nested more than {MAX_DEPTH} deep",
                    token.span,
                    remedy="Name a part of it in an equation of its own.",
                )
        elif token.kind == "symbol" and token.text in _CLOSE:
            _close(opened, token)
        elif token.kind == "end":
            if opened and token.text == ";":
                kept.append(Token("symbol", ",", token.span, token.spaced))
                continue
            goes_on = _goes_on(kept, after) and not _is_definition(tokens, at + 1)
            if token.text in _WEAK_ENDS and (opened or goes_on):
                continue
            if opened:
                raise _unclosed(opened[-1])
        elif token.kind == "stop" and opened:
            raise _unclosed(opened[-1])
        kept.append(token)
    return kept


def _matrix_of_columns(span: Span) -> UnsupportedError:
    return UnsupportedError(
        "a matrix with several columns is not supported yet",
        span,
        remedy="Name its blocks, and write one equation for each.",
    )


def _goes_on(kept: list[Token], after: Token) -> bool:
    """Says whether a line break stands in the middle of an equation."""
    before = kept[-1] if kept else None
    if before is None or before.kind == "end" or after.kind == "stop":
        return False
    if before.kind == "symbol" and before.text in _GOES_ON_AFTER:
        return True
    return after.kind == "symbol" and after.text in _GOES_ON_BEFORE


def _is_definition(tokens: list[Token], start: int) -> bool:
    """Says whether the line that begins here has an equal sign of its own, after a name."""
    depth = 0
    for token in tokens[start : start + 40]:
        depth += nesting(token)
        if token.kind in ("end", "stop"):
            return False
        if token.text == "=" and depth == 0:
            return token is not tokens[start]
    return False


def _close(opened: list[Token], token: Token) -> None:
    if not opened:
        raise EquationSyntaxError(
            f"{token.text!r} closes nothing",
            token.span,
            remedy=f"Remove it, or open with {_OPEN[_CLOSE.index(token.text)]!r} before.",
        )
    partner = opened.pop()
    if _OPEN.index(partner.text) != _CLOSE.index(token.text):
        expected = _CLOSE[_OPEN.index(partner.text)]
        raise EquationSyntaxError(
            f"{partner.text!r} is closed by {token.text!r}",
            partner.span.to(token.span),
            remedy=f"Close it with {expected!r}.",
        )


def _unclosed(token: Token) -> EquationSyntaxError:
    return EquationSyntaxError(
        f"{token.text!r} is never closed",
        token.span,
        remedy=f"Add {_CLOSE[_OPEN.index(token.text)]!r}.",
    )
