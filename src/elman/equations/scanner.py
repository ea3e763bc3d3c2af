r"""From characters to tokens: wrappers and spacing go, Unicode becomes what it means.

A token is a number, a word (a run of letters), a command (`\tanh`) or a symbol. Statements end at
a newline, `;` or `\\`, except inside brackets and where the line plainly goes on.
"""

from __future__ import annotations

import re
import unicodedata

from elman.equations import symbols
from elman.equations.alphabets import plain_characters
from elman.equations.groups import split_bold, without_idle_braces
from elman.equations.lines import WEAK_ENDS, join_lines
from elman.equations.surroundings import formulas_only
from elman.equations.tokens import MAX_CHARACTERS, MAX_TOKENS, Token, nesting
from elman.errors import EquationSyntaxError, Source, Span, UnsupportedError

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WORD = re.compile(r"leaky_relu|hard_sigmoid|[A-Za-z]+")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\s*\{[A-Za-z]+\*?\}(?:\{[A-Za-z0-9]*\})?")
_ARGUMENT = re.compile(r"\s*\{[^{}]*\}")
_LINE_SKIP = re.compile(r"\[\s*[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\]")
_PROSE = re.compile(r"\s*\{([^{}$\\]*)\}")
_REMARK_BEFORE = re.compile(r"(?:&|\\q?quad)\s*\Z")
_REMARK_AFTER = re.compile(r"\s*(?:\\\\|\\end\b|\n|\Z)")
_EQUATION_NUMBER = re.compile(r"\s*\(\s*[\w.]{1,9}\s*\)")
_COMBINING = {"\u0303": "tilde", "\u0302": "hat", "\u0304": "bar", "\u0307": "dot"}


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
    return join_lines(split_bold(without_idle_braces(_Scanner(source).scan())))


class _Scanner:
    """Walks once over the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = formulas_only(plain_characters(source.text))
        self.at = 0
        self.spaced = False
        self.columns = 0  # how many bmatrix and the like are open
        self.braces = 0  # how many brackets are open
        self.scripts: list[bool] = []  # whether each of them is part of a script
        self.arrays: list[bool] = []  # whether each open array is a column
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
            self._number(match.group())
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
        elif character in symbols.UNICODE_COMMANDS:
            self._add("command", symbols.UNICODE_COMMANDS[character], 1)
        elif self.text.startswith("**", self.at):
            self._add("symbol", "^", 2)  # a power, as in Python
        elif character == "." and self.text[self.at + 1 : self.at + 2] in ("*", "/", "^"):
            self._add("symbol", self.text[self.at + 1], 2)  # elementwise, as in Matlab
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
            if self.tokens[-1].text in WEAK_ENDS:
                self.tokens[-1] = Token(kind, text, span, spaced)
            return
        token = Token(kind, text, span, spaced)
        depth = nesting(token)
        if depth > 0:
            opens = bool(self.tokens) and self.tokens[-1].text in ("_", "^")
            self.scripts.append(opens or self.scripts[-1:] == [True])
        elif depth < 0 and self.scripts:
            self.scripts.pop()
        self.tokens.append(token)
        self.braces = max(0, self.braces + depth)

    def _number(self, text: str) -> None:
        """Adds a number; right after a letter it is part of the name, `b0` and `W_h2`."""
        word = self.tokens[-1] if self.tokens else None
        touches = word is not None and word.kind == "word" and word.span.end == self.at
        if word is None or not touches or not text.isdigit() or self.scripts[-1:] == [True]:
            self._add("number", text, len(text))
            return
        if [token.text for token in self.tokens[-2:-1]] == ["_"]:
            self.tokens.pop()
            brace = Span(self.source, word.span.start, word.span.start)
            self.tokens += [Token("symbol", "{", brace), word]
            self._add("number", text, len(text))
            self._add("symbol", "}", 0)
            return
        # Before a time it is a layer, `h1_t`; else what a subscript is: `x1` is x at step 1.
        after = self.text[self.at + len(text) : self.at + len(text) + 1]
        is_layer = after in ("_", "[", "(", "ₜ") and symbols.function_name(word.text) is None
        opening, closing = ("^{(", ")}") if is_layer else ("_{", "}")
        for mark in opening:
            self._add("symbol", mark, 0)
        self._add("number", text, len(text))
        for mark in closing:
            self._add("symbol", mark, 0)

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
        elif name in ("eqno", "leqno"):
            number = _EQUATION_NUMBER.match(self.text, self.at + length)
            self.at = number.end() if number else self.at + length
        elif name in symbols.TEXT_COMMANDS and self._is_prose(length):
            self._add("end", name, length)
            prose = _PROSE.match(self.text, self.at)
            self.at = prose.end() if prose else self.at
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

    def _is_prose(self, length: int) -> bool:
        r"""Says whether `\text{..}` holds words between formulas rather than a name."""
        prose = _PROSE.match(self.text, self.at + length)
        if prose is None or self.braces or (self.tokens and self.tokens[-1].text in ("_", "^")):
            return False
        words = prose.group(1).split()
        before = self.text[max(0, self.at - 20) : self.at]
        if _REMARK_BEFORE.search(before) and _REMARK_AFTER.match(self.text, prose.end()):
            return True  # `... &\text{cell} \\`
        is_name = len(words) == 1 and re.fullmatch(r"[\w'-]+", words[0]) is not None
        return not is_name or words[0] in ("and", "where", "with")

    def _skip_argument(self, name: str, length: int) -> None:
        pattern = _ENVIRONMENT if name in ("begin", "end") else _ARGUMENT
        argument = pattern.match(self.text, self.at + length)
        environment = re.sub(r"[^A-Za-z]", "", argument.group().split("}")[0]) if argument else ""
        if name in ("begin", "end") and self._is_column(name, environment):
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

    def _is_column(self, name: str, environment: str) -> bool:
        """Says whether an environment is a column: `bmatrix`, or an array right in brackets."""
        if environment != "array":
            return environment in symbols.COLUMNS
        if name == "end":
            return self.arrays.pop() if self.arrays else False
        before = self.tokens[-1].text if self.tokens else ""
        self.arrays.append(before in ("(", "["))
        return self.arrays[-1]

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
        if character in _COMBINING and self.tokens and self.tokens[-1].kind == "word":
            word = self.tokens.pop()
            head, last = word.text[:-1], word.text[-1]
            middle = word.span.end - 1
            if head:
                span = Span(self.source, word.span.start, middle)
                self.tokens.append(Token("word", head, span, word.spaced))
            place = Span(self.source, middle, self.at + 1)
            self._accented(_COMBINING[character], last, place, spaced=word.spaced and not head)
            return
        letter, *accent = list(unicodedata.normalize("NFD", character))
        if letter.isascii() and letter.isalpha() and len(accent) == 1 and accent[0] in _COMBINING:
            span = Span(self.source, self.at, self.at + 1)  # ŷ as one character
            self._accented(_COMBINING[accent[0]], letter, span, spaced=self.spaced)
            self.spaced = False
            return
        self._refuse(character)

    def _accented(self, accent: str, letter: str, span: Span, *, spaced: bool) -> None:
        """Adds a letter with an accent, as the command for it would."""
        self.tokens.append(Token("command", accent, span, spaced))
        self.tokens.append(Token("symbol", "{", span))
        self.tokens.append(Token("word", letter, span))
        self.tokens.append(Token("symbol", "}", span))
        self.at += 1

    def _refuse(self, character: str) -> None:
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


def _matrix_of_columns(span: Span) -> UnsupportedError:
    return UnsupportedError(
        "a matrix with several columns is not supported yet",
        span,
        remedy="Name its blocks, and write one equation for each.",
    )
