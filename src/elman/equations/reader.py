r"""Reading one name with its accents, subscripts, superscripts and time.

`W_{xh}`, `\tilde{\mathbf h}_{t-1}`, `h^{(2)}_t`, `h[t-1]`, `h^{(t)}` and `h'_t` all come here.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod

from elman.equations import symbols
from elman.equations.context import Context, index_letter
from elman.equations.cursor import Cursor
from elman.equations.names import join_key
from elman.equations.syntax import Expression, Index, Name, Number
from elman.equations.tokens import Token
from elman.errors import EquationSyntaxError, NameResolutionError, Span, UnsupportedError

_MAX_DIGITS = 7
_STEP_WORDS = frozenset("prev previous old last tm1 tminus1".split())
NameAndPowers = tuple[Name, list[Expression | None]]


class NameReader(Cursor, ABC):
    """A cursor over tokens that knows how to read names.

    Attributes:
        letters: The letters that are time here: the equation's own, then those that sums and
            products bind, innermost last.
    """

    def __init__(self, tokens: list[Token], context: Context, letter: str | None) -> None:
        super().__init__(tokens)
        self.context = context
        self.letters: list[str] = [] if letter is None else [letter]

    # -- names -------------------------------------------------------------------------------

    def plain_name(self, key: str, span: Span) -> Name:
        """Returns a name without scripts."""
        return Name(key, None, span)

    def name(self) -> NameAndPowers | Number | str:
        r"""Reads a name and its powers (None among them stands for a transpose).

        Returns a number for `\mathbf{1}` and the name of a function for `\mathrm{softmax}`.
        """
        first = self.peek()
        key, index = self._base()
        if index is None and key.isdigit():
            return Number(float(key), first.span)
        if not key[0].isalpha():
            raise EquationSyntaxError(
                "a name is expected here", first.span, remedy="Write a letter such as h."
            )
        if first.kind == "command" and first.text in symbols.FONT_COMMANDS and index is None:
            function = symbols.function_name(key)
            if function is not None and key not in self.context.known:
                return function
        parts: list[str] = []
        powers: list[Expression | None] = []
        end = self.previous().span
        while True:
            if self.at_symbol("_"):
                self.take()
                index = self._subscript(key, parts, index)
            elif self.at_symbol("'"):
                self.take()
                parts.append("prime")
            elif self.at_symbol("^"):
                index = self._superscript(join_key(key, parts), parts, powers, index)
            elif self._at_bracket_index():
                index = self._bracket_index(join_key(key, parts))
            else:
                break
            end = end if powers else self.previous().span
        span = first.span.to(end)
        if key == "Deltat" and index is None and not parts:
            key = "dt"  # the step size; `\\Delta t_n` is a sequence of them
        if index is None and parts and parts[-1] in _STEP_WORDS and key in self.context.known:
            self._refuse_step_word(join_key(key, parts), key, span)
        name = Name(join_key(key, parts), index, span)
        if index is not None:
            self.context.timed.add(name.key)
        return name, powers

    def _refuse_step_word(self, whole: str, key: str, span: Span) -> None:
        """Refuses `h_prev` beside h: a parameter of that name is hardly what is meant."""
        if whole not in self.context.known:
            raise NameResolutionError(
                f"{span.text} is not a step of {key}",
                span,
                remedy=f"Write {key}_{{t-1}} for the step before, or declare {whole}: [...]",
            )

    def _base(self) -> tuple[str, Index | None]:
        token = self.take()
        if token.kind == "word":
            if token.text == "Delta" and self.peek().kind == "word" and self.peek().text == "t":
                self.take()  # a step size, not a product
                return "Deltat", None
            return token.text, None
        if token.kind == "command" and token.text in symbols.FONT_COMMANDS:
            return self._grouped(token)
        if token.kind == "command" and token.text in symbols.ACCENTS:
            key, index = self._grouped(token)
            return join_key(key, [symbols.ACCENTS[token.text]]), index
        raise EquationSyntaxError(
            "a name is expected here", token.span, remedy="Write a letter such as h."
        )

    def _grouped(self, command: Token) -> tuple[str, Index | None]:
        r"""Reads the argument of an accent or a font command: a letter, a word, or a name."""
        if self.at_symbol("*") and command.text == "operatorname":
            self.take()
        if not self.at_symbol("{"):
            token = self.peek()
            if token.kind == "command":
                return self._base()
            if token.kind not in ("word", "number"):
                raise EquationSyntaxError(
                    f"\\{command.text} needs a letter", command.span, remedy="Write \\hat{y}."
                )
            whole = token.text in symbols.GREEK
            return self.split_word(len(token.text) if whole else 1).text, None
        self.take()
        if self.peek().kind == "number":
            inner, index = self.take().text, None
        else:
            read = self.name()
            if isinstance(read, str):
                inner, index = read, None
            elif isinstance(read, Number):
                inner, index = f"{read.value:g}", None
            else:
                inner, index = read[0].key, read[0].index
            is_font = command.text in symbols.FONT_COMMANDS
            while index is None and self.peek().kind == "word" and is_font:
                inner += self.take().text
        if not self.at_symbol("}"):
            raise EquationSyntaxError(
                f"\\{command.text} takes one name",
                self.peek().span,
                remedy=f"Close its brace after the name: \\{command.text}{{h}}.",
            )
        self.take()
        return inner, index

    # -- scripts -----------------------------------------------------------------------------

    def script_tokens(self) -> list[Token]:
        """Takes the tokens of a script: a braced group without its braces, or one token."""
        if not self.at_symbol("{"):
            token = self.peek()
            if token.kind == "word" and self.context.has_backslash:
                whole = token.text in symbols.GREEK or token.span.text.startswith("\\")
                return [self.split_word(len(token.text) if whole else 1)]
            if token.kind == "command" and token.text in symbols.FONT_COMMANDS | set(
                symbols.ACCENTS
            ):
                start = self.at
                self._base()
                return self.tokens[start : self.at]
            if token.kind not in ("word", "number"):
                ends = token.kind in ("end", "stop")
                raise EquationSyntaxError(
                    "a subscript is missing here",
                    self.previous().span if ends else token.span,
                    remedy="Write h_t or h_{t-1}.",
                )
            return [self.take()]
        opening = self.take()
        depth, inside = 1, []
        while depth:
            token = self.take()
            if token.kind in ("stop", "end"):
                raise EquationSyntaxError("'{' is never closed", opening.span, remedy="Add '}'.")
            depth += (token.text == "{") - (token.text == "}")
            inside.append(token)
        return inside[:-1]

    def _subscript(self, key: str, parts: list[str], index: Index | None) -> Index | None:
        tokens = self.script_tokens()
        if len(tokens) >= 2 and tokens[0].text + tokens[-1].text in ("()", "[]"):
            tokens = tokens[1:-1]
        for part in _split_commas(tokens):
            time = self._time(part, join_key(key, parts), index)
            if time is None:
                parts.append(self._part_key(part))
            else:
                index = time
        return index

    def _time(self, part: list[Token], key: str, before: Index | None = None) -> Index | None:
        """Reads a script as a time, or returns None where it is part of the name."""
        texts = [token.text for token in part]
        if key in self.context.timed and texts == ["T"]:
            raise UnsupportedError(
                f"reading {key} at the last step T is not supported yet",
                part[0].span,
                remedy="Use a sum, product or mean over all steps.",
            )
        letter = index_letter(part)
        if letter == "T" and len(part) == 3 and key in self.context.timed:
            if "T" not in self.letters and before is None:
                return Index(None, integer_of(part[1:]), from_end=True)
        if letter is not None:
            return self._letter_time(part, key, letter, before)
        step = "".join(texts)
        is_step = step.removeprefix("-").isdigit() and before is None
        return Index(None, integer_of(part)) if is_step and key in self.context.timed else None

    def _letter_time(
        self, part: list[Token], key: str, letter: str, before: Index | None
    ) -> Index | None:
        is_time = letter in self.letters
        if before is not None:
            if not is_time and len(part) == 1 and before.letter is None:
                return None
            raise UnsupportedError(
                f"{key} has two indices, the time and {part[0].text}",
                part[0].span.to(part[-1].span),
                remedy="elman reads whole vectors: write h_t, without the index of an entry.",
            )
        if is_time:
            if letter != self.letters[-1]:
                raise self._wrong_letter(key, letter, part)
            return Index(letter, integer_of(part[1:]) if len(part) == 3 else 0)
        is_timed = letter in self.context.letters and key in self.context.timed
        if len(part) == 3 or letter == "t" or is_timed:
            raise self._wrong_letter(key, letter, part)
        return None

    def _wrong_letter(self, key: str, letter: str, part: list[Token]) -> NameResolutionError:
        if not self.letters:
            left = "give the left-hand side the same time"
            return NameResolutionError(
                f"{key} is indexed by {letter}, but no time runs here",
                part[0].span.to(part[-1].span),
                remedy=f"Bind it, as \\sum_{letter} does, or {left}.",
            )
        if letter in self.letters:
            return NameResolutionError(
                f"{key} is indexed by {letter}, but time is {self.letters[-1]} here",
                part[0].span.to(part[-1].span),
                facts=[f"a sum or product over {self.letters[-1]} stands around it"],
                remedy="elman reads whole vectors; a sum over their entries is sum(a_t * b_t), "
                "or a_t^T b_t.",
            )
        bind = f", or bind it: \\sum_{letter} ..." if len(part) == 1 else "."
        return NameResolutionError(
            f"{key} is indexed by {letter}, but time is {self.letters[-1]} here",
            part[0].span.to(part[-1].span),
            remedy=f"Use the letter of the left-hand side{bind}",
        )

    def _part_key(self, part: list[Token]) -> str:
        """Returns what a script adds to a key: its letters, digits and accents."""
        reader = type(self)([*part, stop_after(part)], self.context, None)
        pieces: list[str] = []
        while reader.peek().kind != "stop":
            token = reader.peek()
            if token.kind in ("word", "number") and token.text.isalnum():
                pieces.append(reader.take().text)
            elif token.kind == "command" and (
                token.text in symbols.FONT_COMMANDS or token.text in symbols.ACCENTS
            ):
                pieces.append(reader._base()[0])
            elif token.text == "'" and pieces:
                reader.take()
                pieces[-1] += "_prime"
            elif any(other.text == "|" for other in part):
                raise UnsupportedError(
                    "a time on a condition is not supported yet",
                    part[0].span.to(part[-1].span),
                    remedy=r"Give the prediction a name of its own, such as \bar{x}_t.",
                )
            elif pieces and token.text in ("-", "+") and reader.peek(1).kind == "word":
                raise UnsupportedError(
                    "a lag that is a letter is not supported yet",
                    part[0].span.to(part[-1].span),
                    remedy=r"Give the sum its bounds, \sum_{k=1}^{3}, or write its terms out.",
                )
            else:
                raise EquationSyntaxError(
                    "this subscript is neither a time nor part of a name",
                    token.span,
                    remedy="A time is written h_{t-1}, a name W_{xh}.",
                )
        if len(pieces) > 1 and pieces[-1] in self.letters and "_" in "".join(pieces[:-1]):
            raise EquationSyntaxError(
                "this subscript runs a name and a time together",
                part[-1].span,
                remedy=r"Put a comma between them: W_{\tilde{h}, t}.",
            )
        return "".join(pieces)

    def _superscript(
        self, key: str, parts: list[str], powers: list[Expression | None], index: Index | None
    ) -> Index | None:
        """Reads a transpose, a power, a layer or a time; returns the time, if it was one."""
        if self._is_parenthesised():
            return self._parenthesised_time(key, parts, index)
        label = self._label(key, index)
        if label is not None:
            self.take()
            self.script_tokens()
            parts.append(label)
            return index
        self.take()
        if self.at_transpose():
            self.take_transpose()
            powers.append(None)
        elif self._takes_prime():
            parts.append("prime")
        else:
            powers.append(self.exponent())
        return index

    def _is_parenthesised(self) -> bool:
        if self.peek(1).text == "{" and self.peek(2).text == "(":
            return True
        if self.peek(1).text != "(":
            return False
        is_time = self.peek(2).text in self.letters and self.peek(5).text == ")"
        lag = [self.peek(ahead) for ahead in (2, 3, 4)]
        return self.peek(3).text == ")" or (is_time and index_letter(lag) is not None)

    def _label(self, key: str, index: Index | None) -> str | None:
        """Returns a bare superscript that is part of a name, as in `h_t^2` that is defined so."""
        braced = self.peek(1).text == "{"
        token = self.peek(2 if braced else 1)
        if braced and self.peek(3).text != "}":
            is_layer = token.text in self.context.labels and key in self.context.layers
            if is_layer and self.peek(3).text in ("+", "-"):
                raise UnsupportedError(
                    "a layer that is a letter is not supported yet",
                    token.span,
                    remedy="Write each layer out: h^{(1)}_t = ..., h^{(2)}_t = ...",
                )
            return None
        word = braced and token.kind == "word" and len(token.text) > 1 and index is None
        named = key[0].isupper() or key[0] == "b" or len(token.text) > 2
        if word and key not in self.context.timed and named:
            is_name = token.text in self.context.known or token.text in symbols.GREEK
            return None if is_name or token.text == "top" else token.text
        if token.text not in self.context.labels:
            return None
        owns = key in self.context.layers
        return token.text if owns or (index is None and key not in self.context.timed) else None

    def _takes_prime(self) -> bool:
        if self.at_symbol("'"):
            self.take()
            return True
        if [self.peek(ahead).text for ahead in range(3)] == ["{", "'", "}"]:
            self.script_tokens()
            return True
        return False

    def _parenthesised_time(self, key: str, parts: list[str], index: Index | None) -> Index | None:
        """Reads `^{(2)}` into the name, `^{(t-1)}` as a time, `^{(a + b)}` as neither."""
        caret = self.take()
        if self.at_symbol("{"):
            tokens = self.script_tokens()
        else:
            tokens = [self.take() for _ in range(3 if self.peek(2).text == ")" else 5)]
        inside = tokens[1:-1] if tokens and tokens[-1].text == ")" else []
        if inside and index_letter(inside) is not None:
            time = self._time(inside, key, index)
            if time is not None:
                self.context.raised.add(key)
                return time
        is_layer = len(inside) == 1 and inside[0].kind in ("number", "word")
        if is_layer and inside[0].text.isalnum():
            if key in self.context.raised and inside[0].text.isdigit() and index is None:
                return Index(None, integer_of(inside))  # h^{(0)} beside h^{(t)}: a step
            parts.append(inside[0].text)
            return index
        raise EquationSyntaxError(
            "this superscript in parentheses is neither a layer nor a time",
            caret.span.to(self.previous().span),
            remedy="Write a power without parentheses: x^{a + b}.",
        )

    def at_transpose(self) -> bool:
        """Says whether the cursor stands at what is written above a transposed matrix."""
        marks = ("T", "⊤", "top", "intercal", "mathsf", "mathrm", "mathstrut")
        if self.at_symbol("{"):
            inner = self.peek(1)
            if inner.text in symbols.FONT_COMMANDS:
                braced = self.peek(2).text == "{"
                return self.peek(3 if braced else 2).text in ("T", "top")
            return inner.text in marks[:4] and self.peek(2).text == "}"
        token = self.peek()
        if token.text in ("mathsf", "mathrm"):
            return self.peek(1).text == "T" or self.peek(2).text == "T"
        if token.kind == "word" and token.text[0] == "T" and self.context.has_backslash:
            return token.text not in self.context.known
        return token.text in marks[:4]

    def take_transpose(self) -> None:
        """Takes the mark of a transpose, braced or not."""
        if self.at_symbol("{"):
            self.script_tokens()
        elif self.peek().text in ("mathsf", "mathrm"):
            self.take()
            self.script_tokens()
        elif self.peek().kind == "word":
            self.split_word(1)
        else:
            self.take()

    def _at_bracket_index(self) -> bool:
        if not self.at_symbol("[", "(") or self.peek().spaced:
            return False
        inside = self._bracket_tokens()
        if inside is None:
            return False
        letter = index_letter(inside)
        is_time = letter is not None and letter in self.letters
        if self.at_symbol("("):
            return is_time and letter in self.context.parenthesised
        is_step = "".join(t.text for t in inside).removeprefix("-").isdigit() and len(inside) <= 2
        return is_time or is_step

    def _bracket_tokens(self) -> list[Token] | None:
        closing = "]" if self.at_symbol("[") else ")"
        inside: list[Token] = []
        for ahead in range(1, 6):
            token = self.peek(ahead)
            if token.text == closing:
                return inside
            inside.append(token)
        return None

    def _bracket_index(self, key: str) -> Index:
        inside = self._bracket_tokens() or []
        for _ in range(len(inside) + 2):
            self.take()
        letter = index_letter(inside)
        if letter is None:
            return Index(None, integer_of(inside))
        if letter != self.letters[-1]:
            raise self._wrong_letter(key, letter, inside)
        return Index(letter, integer_of(inside[1:]) if len(inside) == 3 else 0)

    def unknown_command(self, token: Token) -> EquationSyntaxError:
        """Returns the error for a LaTeX command with no meaning here, with the nearest known."""
        known = {
            *symbols.FUNCTION_COMMANDS, *symbols.ACCENTS, *symbols.FONT_COMMANDS, *symbols.GREEK,
            *symbols.OPERATOR_COMMANDS, *symbols.VARIANT_GREEK, "frac", "sqrt", "top",
        }  # fmt: skip
        if token.text in symbols.AMBIGUOUS_COMMANDS:
            return EquationSyntaxError(
                f"\\{token.text} is read in more than one way",
                token.span,
                remedy=r"Write a \odot b for entry by entry, or a b^\top for the outer product.",
            )
        near = difflib.get_close_matches(token.text, known, n=1, cutoff=0.7)
        return EquationSyntaxError(
            f"\\{token.text} is not a command elman reads",
            token.span,
            remedy=f"Did you mean \\{near[0]}?"
            if near
            else "Write it with the symbols of docs/notation.md.",
        )

    @abstractmethod
    def exponent(self) -> Expression:
        """Parses what stands after `^`."""


def _split_commas(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def integer_of(tokens: list[Token]) -> int:
    """Returns the whole number that a few tokens spell, such as `-` and `3`."""
    text = "".join(token.text for token in tokens)
    if len(text) > _MAX_DIGITS:
        raise EquationSyntaxError(
            "this step is too far away",
            tokens[0].span.to(tokens[-1].span),
            remedy=f"Steps have at most {_MAX_DIGITS - 1} digits.",
        )
    return int(text)


def stop_after(part: list[Token]) -> Token:
    """Returns the token that ends a list of them: a reader never passes the last one."""
    return Token("stop", "", part[-1].span)
