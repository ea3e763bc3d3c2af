"""A precedence parser for expressions.

    expression := term (('+' | '-') term)*
    term       := ['-'] chain (('*' | '/') ['-'] chain)*      elementwise product, quotient
    chain      := factor (['@'] factor)*                      ordinary product
    factor     := atom postfix*                               powers, transposes

An atom is a number, a name, a call, a bracket, a fraction or a reduction over time.
"""

from __future__ import annotations

import difflib

from elman.equations import symbols
from elman.equations.context import Context
from elman.equations.names import is_known_word
from elman.equations.reader import NameReader
from elman.equations.syntax import (
    Binary,
    Call,
    Concatenation,
    Expression,
    Index,
    Name,
    Negate,
    Number,
    OverTime,
    Power,
    Product,
    Transpose,
    children,
)
from elman.equations.tokens import MAX_DEPTH, Token
from elman.errors import EquationSyntaxError, NameResolutionError, Span, UnsupportedError

# Letters that stand for "some function" in papers when they come before a parenthesis.
_UNNAMED_FUNCTIONS = frozenset("f g phi psi Phi Psi varphi".split())
_REDUCTIONS = frozenset(["sum", "prod", "mean", "max", "min"])
_ENDS_CHAIN = frozenset(["+", "-", "*", "/", "=", ",", ")", "]", "}", "|", "‖", ":", "∈", ".", ""])


class Parser(NameReader):
    """Parses the right-hand side of one statement.

    Args:
        tokens: The tokens of one statement, a `stop` or `end` token last.
        context: What is known of the whole text.
        letter: The letter that is time in this statement, or None.
    """

    def __init__(self, tokens: list[Token], context: Context, letter: str | None) -> None:
        super().__init__(tokens, context, letter)
        self._depths: dict[int, int] = {}
        self._keep: list[Expression] = []
        self._bars = 0

    def expression(self) -> Expression:
        """Parses a sum of terms."""
        left = self._term()
        while self.at_symbol("+", "-"):
            operator = self.take().text
            right = self._term()
            left = self._node(Binary(operator, left, right, left.span.to(right.span)))
        return left

    def _node(self, node: Expression) -> Expression:
        """Notes the depth of a new node, so that no tree outgrows what later stages can walk."""
        depth = 1 + max((self._depths.get(id(child), 0) for child in children(node)), default=0)
        if depth > MAX_DEPTH:
            raise EquationSyntaxError(
                f"an expression is nested more than {MAX_DEPTH} deep",
                node.span,
                remedy="Name a part of it in an equation of its own.",
            )
        self._depths[id(node)] = depth
        self._keep.append(node)  # ids stay unique while the nodes live
        return node

    def _term(self) -> Expression:
        left = self._signed_chain()
        while self.at_symbol("*", "/"):
            operator = self.take()
            if operator.text == "/" and not self.at_symbol("-", "+"):
                right = self._denominator(left)
            else:
                right = self._signed_chain()
            left = self._node(Binary(operator.text, left, right, left.span.to(right.span)))
            if operator.text == "/" and self._starts_factor():
                # `1/2 h` and `1/T \sum`: a quotient of numbers is a number beside what follows.
                left = self._product([left, *self._factors()])
        return left

    def _denominator(self, left: Expression) -> Expression:
        factors = self._factor()
        is_number = isinstance(factors[0], Number) or (
            isinstance(factors[0], Name) and factors[0].key == "T"
        )
        if len(factors) == 1 and isinstance(left, Number) and is_number:
            return factors[0]
        if len(factors) > 1 or self._starts_factor():
            rest = factors + (self._factors() if self._starts_factor() else [])
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
            return self._product(self._factors())
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
        return self._product(self._factors())

    def _product(self, factors: list[Expression]) -> Expression:
        if len(factors) == 1:
            return factors[0]
        return self._node(Product(tuple(factors), factors[0].span.to(factors[-1].span)))

    def _factors(self) -> list[Expression]:
        """Parses factors side by side, up to an operator that binds more weakly."""
        factors = self._factor()
        while True:
            if self.at_symbol("@"):
                self.take()
                factors += self._factor()
            elif self._starts_factor():
                factors += self._factor()
            else:
                return factors

    def _starts_factor(self) -> bool:
        token = self.peek()
        if token.kind in ("stop", "end"):
            return False
        if token.kind != "symbol":
            return True
        if token.text in ("|", "‖"):
            return self._bars == 0
        return token.text in ("(", "[", "{", "∑", "∏", "√")

    def _factor(self) -> list[Expression]:
        """Parses one atom with its postfixes; a run of letters gives several factors."""
        token = self.peek()
        if token.kind == "number":
            self.take()
            return [self._postfixes(self._node(Number(_literal(token), token.span)))]
        if token.kind == "command":
            return self._command(token)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "symbol":
            return [self._symbol(token)]
        raise self._unexpected("an expression is missing here")

    # -- atoms that begin with a symbol ------------------------------------------------------

    def _symbol(self, token: Token) -> Expression:
        if token.text in ("∑", "∏"):
            self.take()
            return self._over_time("sum" if token.text == "∑" else "prod", token)
        if token.text == "√":
            self.take()
            return self._postfixes(self._call("sqrt", [self._argument()], token.span))
        if token.text in ("(", "{"):
            return self._postfixes(self._group())
        if token.text == "[":
            return self._postfixes(self._brackets())
        if token.text in ("|", "‖"):
            return self._postfixes(self._barred(token))
        raise self._unexpected("an expression is missing here")

    def _group(self) -> Expression:
        """Parses `( expression )`; brackets change the tree in no other way."""
        opening = self.take()
        bars, self._bars = self._bars, 0
        inside = self.expression()
        self._bars = bars
        self._expect(")" if opening.text == "(" else "}")
        return inside

    def _brackets(self) -> Expression:
        opening = self.take()
        bars, self._bars = self._bars, 0
        parts = [self.expression()]
        while self.at_symbol(","):
            self.take()
            parts.append(self.expression())
        self._bars = bars
        closing = self._expect("]")
        if len(parts) == 1:
            return parts[0]
        return self._node(Concatenation(tuple(parts), opening.span.to(closing.span)))

    def _barred(self, opening: Token) -> Expression:
        self.take()
        self._bars += 1
        inside = self.expression()
        self._bars -= 1
        if not self.at_symbol(opening.text):
            raise self._unexpected(f"{opening.text!r} is never closed")
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
            return [self._postfixes(self._node(Binary("/", above, below, span)))]
        if token.text == "sqrt":
            self.take()
            return [self._postfixes(self._call("sqrt", [self._braced(token)], token.span))]
        if token.text in symbols.FUNCTION_COMMANDS:
            self.take()
            return [self._function(symbols.function_name(token.text) or token.text, token)]
        if token.text in symbols.FONT_COMMANDS or token.text in symbols.ACCENTS:
            return self._named(token)
        raise self.unknown_command(token)

    def _word(self, token: Token) -> list[Expression]:
        word = token.text
        if word == "e" and "e" not in self.context.known and self.peek(1).text == "^":
            self.take()
            self.take()
            return [self._call("exp", [self._exponent()], token.span.to(self.previous().span))]
        function = self._function_word(word)
        if function is not None:
            self.take()
            return [self._function(function, token)]
        known = frozenset(self.context.known)
        if is_known_word(word, known) or not self.context.splits_words:
            return self._named(token)
        if self.peek(1).text == "(":
            raise self._unknown_function(token, word)
        return self._letters(token)

    def _function_word(self, word: str) -> str | None:
        if word in self.context.known:
            return None
        if word == "sigma":
            # The logistic function before a parenthesis, a variable elsewhere.
            after = self.peek(1)
            called = after.text == "(" or (after.text == "^" and self.peek(2).text == "(")
            return "sigmoid" if called and "sigma" not in self.context.functions else None
        return symbols.function_name(word)

    def _letters(self, token: Token) -> list[Expression]:
        """Reads a run of letters as a product; what follows belongs to the last letter."""
        factors: list[Expression] = []
        start = token.span.start
        for offset, letter in enumerate(token.text[:-1]):
            span = Span(token.span.source, start + offset, start + offset + 1)
            factors.append(self._node(self.plain_name(letter, span)))
        last = Span(token.span.source, token.span.end - 1, token.span.end)
        self.tokens[self.at] = Token("word", token.text[-1], last)
        return factors + self._factor()

    def _named(self, token: Token) -> list[Expression]:
        """Reads a name with all its scripts, and what a parenthesis after it means."""
        read = self.name()
        if isinstance(read, str):
            return [self._function(read, token)]
        if isinstance(read, Number):
            return [self._postfixes(self._node(read))]
        name, exponents = read
        if self.at_symbol("(") and name.index is None and not exponents:
            function = self.context.functions.get(name.key)
            if function is not None:
                return [self._function(function, token)]
            self._refuse_unnamed_function(name)
        node: Expression = self._node(name)
        for exponent in exponents:
            node = self._raised(node, exponent)
        return [self._postfixes(node)]

    def _refuse_unnamed_function(self, name: Name) -> None:
        if name.key in self.context.known:
            return
        if name.key in _UNNAMED_FUNCTIONS or name.key.startswith("sigma"):
            raise NameResolutionError(
                f"which function is {name.span.text}?",
                name.span,
                remedy=f"Add a line that says so, such as: {name.span.text} = tanh",
            )
        if len(name.key) > 1 and name.span.text.isalpha():
            raise self._unknown_function(self.previous(), name.span.text)

    def _unknown_function(self, token: Token, word: str) -> NameResolutionError:
        known = [*symbols.FUNCTIONS, *symbols.FUNCTION_ALIASES]
        near = difflib.get_close_matches(word, known, n=1)
        remedy = f"Did you mean {near[0]}?" if near else ""
        return NameResolutionError(
            f"{word!r} is not a function elman knows",
            token.span,
            facts=["known: " + ", ".join(sorted(symbols.FUNCTIONS))],
            remedy=remedy or "Use one of them, or write a product with a space: W (h + x).",
        )

    # -- calls and reductions ----------------------------------------------------------------

    def _function(self, function: str, token: Token) -> Expression:
        """Parses what follows a function's name: `_t` of a reduction, `^2`, its argument."""
        if self.at_symbol("_"):
            if function in _REDUCTIONS:
                return self._over_time(function, token)
            raise EquationSyntaxError(
                f"the function {token.text!r} has a subscript",
                self.peek().span,
                remedy=f"Remove it, or say what it means: {token.text}_h = {function}",
            )
        exponent = None
        if self.at_symbol("^"):
            self.take()
            exponent = self._exponent()
        arguments = self._arguments(function)
        span = token.span.to(self.previous().span)
        node = self._over_sequence(function, arguments, span) or self._call(
            function, arguments, span
        )
        if exponent is not None:
            node = self._node(Power(node, exponent, span))
        return self._postfixes(node)

    def _arguments(self, function: str) -> list[Expression]:
        if not self.at_symbol("(", "[") and not (
            self.at_symbol("{") and symbols.FUNCTIONS[function] == 1
        ):
            return [self._product(self._bare_argument(function))]
        if self.at_symbol("["):
            return [self._brackets()]
        opening = self.take()
        bars, self._bars = self._bars, 0
        arguments = [self.expression()]
        while self.at_symbol(","):
            self.take()
            arguments.append(self.expression())
        self._bars = bars
        self._expect(")" if opening.text == "(" else "}")
        return arguments

    def _bare_argument(self, function: str) -> list[Expression]:
        r"""Parses the argument of `\tanh W x`: factors up to an operator or the next function."""
        if not self._starts_factor():
            raise self._unexpected(f"the argument of {function} is missing")
        factors = self._factor()
        while (self._starts_factor() or self.at_symbol("@")) and not self._at_function():
            if self.at_symbol("@"):
                self.take()
            factors += self._factor()
        return factors

    def _at_function(self) -> bool:
        token = self.peek()
        if token.kind == "command":
            return token.text in symbols.FUNCTION_COMMANDS
        if token.text in ("∑", "∏"):
            return True
        return token.kind == "word" and self._function_word(token.text) is not None

    def _argument(self) -> Expression:
        return self._product(self._factor())

    def _call(self, function: str, arguments: list[Expression], span: Span) -> Expression:
        expected = symbols.FUNCTIONS[function]
        if expected is not None and len(arguments) != expected:
            raise EquationSyntaxError(
                f"{function} takes {expected} argument{'s' * (expected > 1)}, "
                f"here it has {len(arguments)}",
                span,
                remedy=f"Write {function}({', '.join('xab'[:expected])}).",
            )
        return self._node(Call(function, tuple(arguments), span))

    def _over_sequence(
        self, function: str, arguments: list[Expression], span: Span
    ) -> Expression | None:
        """Reads `sum(y)` of a sequence without index as a reduction over time."""
        if function not in _REDUCTIONS or len(arguments) != 1 or self.letters:
            return None
        body = self._with_time(arguments[0])
        if body is arguments[0]:
            return None
        return self._node(OverTime(function, "t", 1, body, span))

    def _with_time(self, node: Expression) -> Expression:
        """Returns the expression with the index t at every bare sequence; itself if none."""
        match node:
            case Name(key, None, span) if key in self.context.timed:
                return self._node(Name(key, Index("t", 0), span))
            case Negate(operand, span):
                new = self._with_time(operand)
                return node if new is operand else self._node(Negate(new, span))
            case Binary(operator, left, right, span):
                a, b = self._with_time(left), self._with_time(right)
                unchanged = a is left and b is right
                return node if unchanged else self._node(Binary(operator, a, b, span))
            case Power(base, exponent, span):
                new = self._with_time(base)
                return node if new is base else self._node(Power(new, exponent, span))
            case Product(factors, span):
                changed = tuple(self._with_time(factor) for factor in factors)
                same = all(a is b for a, b in zip(changed, factors, strict=True))
                return node if same else self._node(Product(changed, span))
            case Call(function, arguments, span):
                changed = tuple(self._with_time(argument) for argument in arguments)
                same = all(a is b for a, b in zip(changed, arguments, strict=True))
                return node if same else self._node(Call(function, changed, span))
        return node

    def _over_time(self, kind: str, token: Token) -> Expression:
        letter, lower = self.bounds()
        self.letters.append(letter)
        body = self._reduced()
        self.letters.pop()
        span = token.span.to(self.previous().span)
        return self._node(OverTime(kind, letter, lower, body, span))

    def _reduced(self) -> Expression:
        """Parses what a sum or product runs over: everything up to the next + or -."""
        if not self._starts_factor() and not self.at_symbol("-"):
            raise self._unexpected("what is summed or multiplied is missing")
        return self._term()

    # -- postfixes ---------------------------------------------------------------------------

    def _postfixes(self, node: Expression) -> Expression:
        while self.at_symbol("^", "'"):
            token = self.take()
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
                node = self._raised(node, self._exponent())
        return node

    def _raised(self, node: Expression, exponent: Expression | None) -> Expression:
        span = node.span.to(self.previous().span)
        if exponent is None:
            return self._node(Transpose(node, span))
        return self._node(Power(node, exponent, span))

    def _exponent(self) -> Expression:
        if self.at_symbol("{"):
            return self._group()
        token = self.peek()
        if self.at_symbol("-"):
            self.take()
            return self._node(Negate(self._exponent(), token.span.to(self.previous().span)))
        if token.kind == "word" and len(token.text) > 1 and self.context.has_backslash:
            first = Span(token.span.source, token.span.start, token.span.start + 1)
            if not is_known_word(token.text, frozenset(self.context.known)):
                return self._node(self.plain_name(self.split_word(1).text, first))
        return self._bare_atom()

    def _bare_atom(self) -> Expression:
        token = self.peek()
        if token.kind == "number":
            self.take()
            return self._node(Number(_literal(token), token.span))
        if token.kind == "word":
            self.take()
            return self._node(self.plain_name(token.text, token.span))
        if token.text == "(":
            return self._group()
        raise self._unexpected("an exponent is missing here")

    def _braced(self, command: Token) -> Expression:
        if self.at_symbol("{"):
            return self._group()
        token = self.peek()
        if token.kind == "number" and len(token.text) > 1:  # \frac12
            digit = self.split_word(1)
            return self._node(Number(_literal(digit), digit.span))
        if token.kind in ("number", "word"):
            return self._bare_atom()
        raise self._unexpected(f"\\{command.text} needs its argument in braces")

    def _expect(self, text: str) -> Token:
        if not self.at_symbol(text):
            raise self._unexpected(f"{text!r} is missing here")
        return self.take()

    def _unexpected(self, message: str) -> EquationSyntaxError:
        token = self.peek()
        if token.kind in ("stop", "end"):
            return EquationSyntaxError(
                f"{message}: the equation ends",
                self.previous().span if self.at else token.span,
                remedy="Complete the equation.",
            )
        return EquationSyntaxError(
            message,
            token.span,
            facts=[f"found {token.span.text or token.text!r}"],
            remedy="Check the text just before the caret.",
        )


def _literal(token: Token) -> float:
    value = float(token.text)
    if value in (float("inf"),):
        raise EquationSyntaxError(
            "this number is too large for float64", token.span, remedy="Write a smaller one."
        )
    return value
