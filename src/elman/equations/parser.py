"""A precedence parser for expressions.

    expression := term (('+' | '-') term)*
    term       := ['-'] chain (('*' | '/') ['-'] chain)*      elementwise product, quotient
    chain      := factor (['@'] factor)*                      ordinary product
    factor     := atom postfix*                               powers, transposes

An atom is a number, a name, a call, a bracket, a fraction or a reduction over time.
"""

from __future__ import annotations

import re

from elman.equations import symbols
from elman.equations.calls import CallReader
from elman.equations.context import index_letter
from elman.equations.names import is_known_word, split_key
from elman.equations.syntax import (
    Binary,
    Concatenation,
    Expression,
    Name,
    Negate,
    Number,
    Power,
    Product,
    Transpose,
)
from elman.equations.tokens import MAX_DEPTH, Token
from elman.errors import EquationSyntaxError, NameResolutionError, Span, UnsupportedError

# Letters that stand for "some function" in papers when they come before a parenthesis.
_UNNAMED_FUNCTIONS = frozenset("f g phi psi Phi Psi varphi".split())
_ENDS_CHAIN = frozenset(["+", "-", "*", "/", "=", ",", ")", "]", "}", "|", "‖", ":", "∈", ".", ""])


class Parser(CallReader):
    """Parses the right-hand side of one statement.

    Args:
        tokens: The tokens of one statement, a `stop` or `end` token last.
        context: What is known of the whole text.
        letter: The letter that is time in this statement, or None.
    """

    def expression(self) -> Expression:
        """Parses a sum of terms."""
        left = self.term()
        while self.at_symbol("+", "-"):
            operator = self.take().text
            right = self.term()
            left = self._node(Binary(operator, left, right, left.span.to(right.span)))
        return left

    def term(self) -> Expression:
        """Parses chains joined by `*` and `/`."""
        left = self._signed_chain()
        while self.at_symbol("*", "/"):
            operator = self.take()
            if operator.text == "/" and not self.at_symbol("-", "+"):
                right = self._denominator(left)
            else:
                right = self._signed_chain()
            left = self._node(Binary(operator.text, left, right, left.span.to(right.span)))
            if operator.text == "/" and self.starts_factor():
                # `1/2 h` and `1/T \sum`: a quotient of numbers is a number beside what follows.
                left = self.product([left, *self._factors()])
        return left

    def _denominator(self, left: Expression) -> Expression:
        factors = self.factor()
        is_number = isinstance(factors[0], Number) or (
            isinstance(factors[0], Name) and factors[0].key == "T"
        )
        if len(factors) == 1 and isinstance(left, Number) and is_number:
            return factors[0]
        if len(factors) > 1 or self.starts_factor():
            rest = factors + (self._factors() if self.starts_factor() else [])
            span = left.span.to(rest[-1].span)
            raise EquationSyntaxError(
                "it is not clear how far this quotient goes",
                span,
                remedy="Write (a / b) c or a / (b c).",
            )
        return factors[0]

    def _signed_chain(self) -> Expression:
        if self.at_symbol("+"):
            self.take()
            return self._signed_chain_checked()
        if not self.at_symbol("-"):
            return self.product(self._factors())
        sign = self.take()
        operand = self._signed_chain_checked()
        return self._node(Negate(operand, sign.span.to(operand.span)))

    def _signed_chain_checked(self) -> Expression:
        if self.at_symbol("+", "-"):
            raise EquationSyntaxError(
                "two signs follow each other",
                self.peek().span,
                remedy="Keep one, or put the signed term in parentheses.",
            )
        return self.product(self._factors())

    def product(self, factors: list[Expression]) -> Expression:
        """Returns the product of the factors, or the only one."""
        if len(factors) == 1:
            return factors[0]
        return self._node(Product(tuple(factors), factors[0].span.to(factors[-1].span)))

    def _factors(self) -> list[Expression]:
        """Parses factors side by side, up to an operator that binds more weakly."""
        factors = self.factor()
        while True:
            if self.at_symbol("@"):
                self.take()
                factors += self.factor()
            elif self.starts_factor():
                factors += self.factor()
            else:
                return factors

    def starts_factor(self) -> bool:
        """Says whether a factor begins at the cursor."""
        token = self.peek()
        if token.kind in ("stop", "end"):
            return False
        if token.kind != "symbol":
            return True
        if token.text in ("|", "‖"):
            return self._bars == 0
        return token.text in ("(", "[", "{", "∑", "∏", "√", "⟨")

    def factor(self) -> list[Expression]:
        """Parses one atom with its postfixes; a run of letters gives several factors."""
        token = self.peek()
        self.enter(token)
        factors = self._atom(token)
        self.leave()
        return factors

    def _atom(self, token: Token) -> list[Expression]:
        if token.kind == "number":
            self.take()
            return [self.postfixes(self._node(Number(_literal(token), token.span)))]
        if token.kind == "command":
            return self._command(token)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "symbol":
            return [self._symbol(token)]
        raise self.unexpected("an expression is missing here")

    # -- atoms that begin with a symbol ------------------------------------------------------

    def _symbol(self, token: Token) -> Expression:
        if token.text in ("∑", "∏"):
            self.take()
            return self._over_time("sum" if token.text == "∑" else "prod", token)
        if token.text == "√":
            self.take()
            return self.postfixes(self._call("sqrt", [self._argument()], token.span))
        if token.text in ("(", "{"):
            return self.postfixes(self._group())
        if token.text == "[":
            return self.postfixes(self.brackets())
        if token.text in ("|", "‖"):
            return self.postfixes(self._barred(token))
        if token.text == "⟨":
            return self._inner_product(token)
        raise self.unexpected("an expression is missing here")

    def _group(self) -> Expression:
        """Parses `( expression )`; brackets change the tree in no other way."""
        opening = self.take()
        bars, self._bars = self._bars, 0
        inside = self.expression()
        self._bars = bars
        if self.at_symbol(","):
            raise EquationSyntaxError(
                "a comma stands between two expressions",
                self.peek().span,
                remedy="Only a known function takes several arguments; join vectors as [a, b].",
            )
        self.expect(")" if opening.text == "(" else "}")
        return inside

    def brackets(self) -> Expression:
        """Parses `[a, b]`."""
        opening = self.take()
        bars, self._bars = self._bars, 0
        parts = [self.expression()]
        while self.at_symbol(","):
            self.take()
            parts.append(self.expression())
        self._bars = bars
        closing = self.expect("]")
        if len(parts) == 1:
            return parts[0]
        return self._node(Concatenation(tuple(parts), opening.span.to(closing.span)))

    def _inner_product(self, opening: Token) -> Expression:
        r"""Parses `\\langle a, b \\rangle`, which is a^T b."""
        self.take()
        left = self.expression()
        self.expect(",")
        right = self.expression()
        self.expect("⟩")
        transposed = self._node(Transpose(left, left.span))
        return self._node(Product((transposed, right), opening.span.to(self.previous().span)))

    def _barred(self, opening: Token) -> Expression:
        self.take()
        self._bars += 1
        inside = self.expression()
        self._bars -= 1
        if not self.at_symbol(opening.text):
            raise self.unexpected(f"{opening.text!r} is never closed")
        closing = self.take()
        if opening.text == "‖" and self.at_symbol("_"):
            self._norm_order()
        name = "abs" if opening.text == "|" else "norm"
        return self._call(name, [inside], opening.span.to(closing.span))

    def _norm_order(self) -> None:
        self.take()
        tokens = self.script_tokens()
        if [token.text for token in tokens] != ["2"]:
            raise UnsupportedError(
                "only the Euclidean norm is supported",
                tokens[0].span if tokens else None,
                remedy=r"Write \|x\| or \|x\|_2, or sum(abs(x)) for the sum of absolute values.",
            )

    # -- atoms that begin with a command or a word -------------------------------------------

    def _command(self, token: Token) -> list[Expression]:
        if token.text == "frac" or token.text == "dfrac" or token.text == "tfrac":
            self.take()
            above, below = self._braced(token), self._braced(token)
            span = token.span.to(self.previous().span)
            return [self.postfixes(self._node(Binary("/", above, below, span)))]
        if token.text == "sqrt":
            self.take()
            if self.at_symbol("["):
                raise UnsupportedError(
                    "a root other than the square root is not supported yet",
                    self.peek().span,
                    remedy="Write a power: x^{1/3}.",
                )
            return [self.postfixes(self._call("sqrt", [self._braced(token)], token.span))]
        if token.text in symbols.FUNCTION_COMMANDS:
            self.take()
            return [self._function(symbols.function_name(token.text) or token.text, token)]
        if token.text in symbols.FONT_COMMANDS or token.text in symbols.ACCENTS:
            return self._named(token)
        raise self.unknown_command(token)

    def _word(self, token: Token) -> list[Expression]:
        word = token.text
        if word == "e" and "e" not in self.context.known and self.peek(1).text == "^":
            if self._at_raised_time():
                return self._named(token)
            self.take()
            self.take()
            return [self._call("exp", [self.exponent()], token.span.to(self.previous().span))]
        function = self._function_word(word)
        if function is not None:
            self.take()
            return [self._function(function, token)]
        if word in symbols.PROSE and word not in self.context.known:
            raise _prose(token)
        if is_known_word(word, self.context.known) or not self.context.splits_words:
            return self._named(token)
        if self.peek(1).text == "(":
            raise self._unknown_function(token, word)
        return self._letters(token)

    def _at_raised_time(self) -> bool:
        """Says whether `e^{(t)}` stands here, a sequence rather than an exponential."""
        texts = [self.peek(ahead).text for ahead in range(2, 9)]
        until = texts.index(")") if ")" in texts else 0
        inside = [self.peek(ahead) for ahead in range(4, 2 + until)]
        is_time = index_letter(inside) in self.letters
        return texts[:2] == ["{", "("] and is_time and texts[until + 1 : until + 2] == ["}"]

    def _letters(self, token: Token) -> list[Expression]:
        """Reads a run of letters as a product; what follows belongs to the last letter."""
        if len(token.text) > MAX_DEPTH:
            raise EquationSyntaxError(
                f"a run of {len(token.text):,} letters is neither a name nor a product",
                token.span,
                remedy="Put spaces between the factors, or declare the name: W: [h, x]",
            )
        factors: list[Expression] = []
        start = token.span.start
        for offset, letter in enumerate(token.text[:-1]):
            span = Span(token.span.source, start + offset, start + offset + 1)
            factors.append(self._node(self._checked_name(letter, span)))
        last = Span(token.span.source, token.span.end - 1, token.span.end)
        self.tokens[self.at] = Token("word", token.text[-1], last)
        return factors + self.factor()

    def _named(self, token: Token) -> list[Expression]:
        """Reads a name with all its scripts, and what a parenthesis after it means."""
        read = self.name()
        if isinstance(read, str):
            return [self._function(read, token)]
        if isinstance(read, Number):
            return [self.postfixes(self._node(read))]
        name, exponents = read
        is_word = len(name.key) > 2 and name.key.isalpha() and name.key not in self.context.known
        is_word = is_word and name.key not in symbols.GREEK
        if token.text == "operatorname" and is_word:
            raise self._unknown_function(token, name.key)
        self._refuse_words(name, token)
        if self._opens_argument(0) and name.index is None and not exponents:
            function = self.context.functions.get(name.key)
            if function is None and name.key == "sigma" and "sigma" not in self.context.known:
                function = "sigmoid"  # in bold, or as an operator name
            if function is not None:
                return [self._function(function, token)]
            self._refuse_unnamed_function(name)
        node: Expression = self._node(name)
        for exponent in exponents:
            node = self._raised(node, exponent)
        return [self.postfixes(node)]

    def _checked_name(self, key: str, span: Span) -> Name:
        """Returns a name without scripts, unless it is the time."""
        name = self.plain_name(key, span)
        self._refuse_words(name, Token("word", key, span))
        return name

    def _refuse_words(self, name: Name, token: Token) -> None:
        """Refuses prose that reads like a name, and time that reads like a number."""
        if name.index is not None or name.key in self.context.known:
            return
        if name.key in symbols.PROSE and token.kind == "command":
            raise _prose(token)
        if name.key in self.letters:
            raise UnsupportedError(
                f"the time {name.key} as a number is not supported yet",
                name.span,
                remedy=f"Give it as an input, such as n_{name.key} with the values 1, 2, 3, ...",
            )

    def _refuse_unnamed_function(self, name: Name) -> None:
        if name.key in self.context.known:
            return
        letter = split_key(name.key)[0]
        is_calligraphic = len(name.key) == 5 and name.key.endswith("_cal")
        if letter in _UNNAMED_FUNCTIONS or letter == "sigma" or is_calligraphic:
            raise NameResolutionError(
                f"which function is {name.span.text}?",
                name.span,
                remedy=f"Add a line that says so, such as: {name.span.text} = tanh",
            )
        text = re.sub(r"\\[a-z]+\s*\{\s*(\w+)\s*\}", r"\1", name.span.text)
        if len(name.key) > 1 and text.isalpha() and self.at_symbol("("):
            raise self._unknown_function(Token("word", text, name.span), text)

    # -- postfixes ---------------------------------------------------------------------------

    def postfixes(self, node: Expression) -> Expression:
        """Parses the powers and transposes after a node."""
        while self.at_symbol("^", "'") or self._at_positive_part():
            token = self.take()
            if token.text == "_":
                self.script_tokens() if self.at_symbol("{") else self.take()
                node = self._call("relu", [node], node.span.to(self.previous().span))
                continue
            if token.text == "'":
                raise EquationSyntaxError(
                    "a prime is part of a name; here it stands after an expression",
                    token.span,
                    remedy=r"Write ^\top for a transpose.",
                )
            if self.at_transpose():
                self.take_transpose()
                node = self._node(Transpose(node, node.span.to(self.previous().span)))
            else:
                node = self._raised(node, self.exponent())
        return node

    def _at_positive_part(self) -> bool:
        """Says whether `_+` stands here, as after `[x]`."""
        texts = [self.peek(ahead).text for ahead in range(4)]
        return texts[:2] == ["_", "+"] or texts == ["_", "{", "+", "}"]

    def _raised(self, node: Expression, exponent: Expression | None) -> Expression:
        span = node.span.to(self.previous().span)
        if exponent is None:
            return self._node(Transpose(node, span))
        return self._node(Power(node, exponent, span))

    def exponent(self) -> Expression:
        if self.at_symbol("{"):
            return self._group()
        token = self.peek()
        if self.at_symbol("-"):
            self.take()
            if self.at_symbol("-"):
                raise self.unexpected("two signs follow each other")
            return self._node(Negate(self.exponent(), token.span.to(self.previous().span)))
        if token.kind == "word" and len(token.text) > 1 and self.context.has_backslash:
            first = Span(token.span.source, token.span.start, token.span.start + 1)
            if not is_known_word(token.text, self.context.known):
                return self._node(self._checked_name(self.split_word(1).text, first))
        return self._bare_atom()

    def _bare_atom(self) -> Expression:
        token = self.peek()
        if token.kind == "number":
            self.take()
            return self._node(Number(_literal(token), token.span))
        if token.kind == "word":
            self.take()
            return self._node(self._checked_name(token.text, token.span))
        if token.text == "(":
            return self._group()
        if token.text in ("*", "star"):
            raise EquationSyntaxError(
                "a star above a name is not read",
                token.span,
                remedy=r"Make it part of the name: \beta_{star}.",
            )
        raise self.unexpected("an exponent is missing here")

    def _braced(self, command: Token) -> Expression:
        if self.at_symbol("{"):
            return self._group()
        token = self.peek()
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():  # \frac12
            digit = self.split_word(1)
            return self._node(Number(_literal(digit), digit.span))
        if token.kind in ("number", "word"):
            return self._bare_atom()
        raise self.unexpected(f"\\{command.text} needs its argument in braces")


def _literal(token: Token) -> float:
    value = float(token.text)
    if value in (float("inf"),):
        raise EquationSyntaxError(
            "this number is too large for float64", token.span, remedy="Write a smaller one."
        )
    return value


def _prose(token: Token) -> EquationSyntaxError:
    return EquationSyntaxError(
        "this is prose among the formulas",
        token.span,
        facts=[f"found {token.span.text!r}"],
        remedy="Put it into a comment, # ..., or each formula between dollar signs.",
    )
