"""Reading calls: functions with and without parentheses, and reductions over time."""

from __future__ import annotations

from abc import abstractmethod
from textwrap import wrap

from elman.equations import symbols
from elman.equations.context import Context, index_letter
from elman.equations.reader import NameReader, integer_of
from elman.equations.syntax import (
    Binary,
    Call,
    Expression,
    Index,
    Name,
    Negate,
    OverTime,
    Power,
    Product,
    children,
)
from elman.equations.tokens import MAX_DEPTH, Token
from elman.errors import EquationSyntaxError, NameResolutionError, Span, UnsupportedError

_MOST_PARTS = 200
_MOST_TERMS = 50
_MOST_TERMS_IN_ALL = 500
_LONGEST_TERM = 500
_REDUCTIONS = frozenset(["sum", "prod", "mean", "max", "min"])


class CallReader(NameReader):
    """Reads what follows the name of a function; the parser fills in the rest of the grammar."""

    def __init__(self, tokens: list[Token], context: Context, letter: str | None) -> None:
        super().__init__(tokens, context, letter)
        self._depths: dict[int, int] = {}
        self._keep: list[Expression] = []
        self._bars = 0
        self._open = 0

    # -- what the parser fills in ----------------------------------------------------------

    @abstractmethod
    def expression(self) -> Expression:
        """Parses a sum of terms."""

    @abstractmethod
    def term(self) -> Expression:
        """Parses chains joined by `*` and `/`."""

    @abstractmethod
    def factor(self) -> list[Expression]:
        """Parses one atom with its postfixes; a run of letters gives several factors."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Says whether a factor begins at the cursor."""

    @abstractmethod
    def product(self, factors: list[Expression]) -> Expression:
        """Returns the product of the factors, or the only one."""

    @abstractmethod
    def brackets(self) -> Expression:
        """Parses `[a, b]`."""

    @abstractmethod
    def postfixes(self, node: Expression) -> Expression:
        """Parses the powers and transposes after a node."""

    def _node(self, node: Expression) -> Expression:
        """Notes the depth of a new node, so that no tree outgrows what later stages can walk."""
        depth = 1 + max((self._depths.get(id(child), 0) for child in children(node)), default=0)
        if depth > MAX_DEPTH:
            raise _too_deep(node.span)
        if len(children(node)) > _MOST_PARTS:
            raise EquationSyntaxError(
                f"{len(children(node)):,} factors or parts stand side by side, "
                f"more than {_MOST_PARTS}",
                node.span,
                remedy="Name a part of it in an equation of its own.",
            )
        self._depths[id(node)] = depth
        self._keep.append(node)  # ids stay unique while the nodes live
        return node

    def enter(self, token: Token) -> None:
        """Counts one more level of nesting; `leave` ends it."""
        self._open += 1
        if self._open > MAX_DEPTH:
            raise _too_deep(token.span)

    def leave(self) -> None:
        """Ends a level of nesting."""
        self._open -= 1

    def _function_word(self, word: str) -> str | None:
        if word in self.context.known:
            return None
        if word == "sigma":
            # The logistic function before a parenthesis, a variable elsewhere.
            after = self.peek(1)
            called = self._opens_argument(1) or (after.text == "^" and self.peek(2).text == "(")
            return "sigmoid" if called and "sigma" not in self.context.functions else None
        return symbols.function_name(word)

    def _opens_argument(self, ahead: int) -> bool:
        """Says whether `(`, or a `[` that holds no time, stands some tokens ahead."""
        opening = self.peek(ahead).text
        is_time = self.peek(ahead + 1).text in self.letters
        return opening == "(" or (opening == "[" and not is_time)

    def _unknown_function(self, token: Token, word: str) -> NameResolutionError:
        near = symbols.nearest_function(word)
        remedy = f"Did you mean {near}?" if near else ""
        return NameResolutionError(
            f"{word!r} is not a function elman knows",
            token.span,
            facts=wrap("known: " + ", ".join(sorted(symbols.FUNCTIONS)), 90),
            remedy=remedy or "Use one of them, or write a product with a space: W (h + x).",
        )

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
            if self.at_transpose():
                raise EquationSyntaxError(
                    f"the function {token.text!r} has a transpose",
                    self.peek().span,
                    remedy="Put it after the argument: f(x)^T.",
                )
            exponent = self.exponent()
        arguments = self._arguments(function)
        span = token.span.to(self.previous().span)
        node = self._over_sequence(function, arguments, span) or self._call(
            function, arguments, span
        )
        if exponent is not None:
            node = self._node(Power(node, exponent, span))
        return self.postfixes(node)

    def _arguments(self, function: str) -> list[Expression]:
        if not self.at_symbol("(", "[") and not (
            self.at_symbol("{") and symbols.FUNCTIONS.get(function, 1) == 1
        ):
            return [self.product(self._bare_argument(function))]
        if self.at_symbol("["):
            return [self.brackets()]
        opening = self.take()
        bars, self._bars = self._bars, 0
        arguments = [self.expression()]
        while self.at_symbol(","):
            self.take()
            arguments.append(self.expression())
        self._bars = bars
        self.expect(")" if opening.text == "(" else "}")
        return arguments

    def _bare_argument(self, function: str) -> list[Expression]:
        r"""Parses the argument of `\tanh W x`: factors up to an operator or the next function."""
        if not self.starts_factor():
            raise self.unexpected(f"the argument of {function} is missing")
        factors = self.factor()
        while (self.starts_factor() or self.at_symbol("@")) and not self._at_function():
            if self.at_symbol("@"):
                self.take()
            factors += self.factor()
        return factors

    def _at_function(self) -> bool:
        token = self.peek()
        if token.kind == "command":
            return token.text in symbols.FUNCTION_COMMANDS
        if token.text in ("∑", "∏"):
            return True
        return token.kind == "word" and self._function_word(token.text) is not None

    def _argument(self) -> Expression:
        return self.product(self.factor())

    def _call(self, function: str, arguments: list[Expression], span: Span) -> Expression:
        expected = symbols.FUNCTIONS.get(function, 1)
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
        letter, lower, upper = self.bounds()
        if upper is not None:
            return self._written_out(kind, token, letter, range(lower, upper + 1))
        self.letters.append(letter)
        body = self._reduced()
        self.letters.pop()
        span = token.span.to(self.previous().span)
        return self._node(OverTime(kind, letter, lower, body, span))

    def _written_out(self, kind: str, token: Token, letter: str, numbers: range) -> Expression:
        r"""Reads `\sum_{k=1}^{3} a_k h_{t-k}` as the sum of its three terms."""
        self.context.terms += len(numbers)
        if self.context.terms > _MOST_TERMS_IN_ALL:
            raise UnsupportedError(
                f"the sums of a text have more than {_MOST_TERMS_IN_ALL} terms in all",
                token.span,
                remedy="Name a part of it in an equation of its own.",
            )
        terms: list[Expression] = []
        consumed = 0
        for number in numbers:
            rest = [
                Token("number", str(number), t.span, t.spaced) if t.text == letter else t
                for t in [*self.tokens[self.at : self.at + _LONGEST_TERM], self.tokens[-1]]
            ]
            reader = type(self)(rest, self.context, None)
            reader.letters, reader._open = list(self.letters), self._open
            terms.append(reader._reduced())
            self._depths |= reader._depths
            self._keep += reader._keep
            consumed = reader.at
        self.at += consumed
        result = terms[0]
        for term in terms[1:]:
            span = token.span.to(term.span)
            if kind == "sum":
                result = self._node(Binary("+", result, term, span))
            else:
                result = self._node(Binary("*", result, term, span))
        return result

    def _reduced(self) -> Expression:
        """Parses what a sum or product runs over: everything up to the next + or -."""
        if not self.starts_factor() and not self.at_symbol("-"):
            raise self.unexpected("what is summed or multiplied is missing")
        return self.term()

    def bounds(self) -> tuple[str, int, int | None]:
        r"""Reads the bounds of `\sum_{t=1}^{T}`: the letter, the first number, the last one.

        The last is None for T, or where none is given: then the letter is time.
        """
        if not self.at_symbol("_"):
            raise EquationSyntaxError(
                "a sum or product needs its index",
                self.previous().span,
                remedy=r"Write \sum_t, \sum_{t=1}^{T}, or sum(y) over the whole sequence.",
            )
        self.take()
        tokens = self.script_tokens()
        letter = index_letter(tokens[:1])
        between = [token.text for token in tokens]
        if between[1::2] in (["leq"] * 2, ["le"] * 2) and between[::4] == ["1", "T"]:
            letter = index_letter(tokens[2:3])  # 1 <= t <= T
            if letter is not None:
                return letter, 1, None
        has_lower = len(tokens) == 3 and tokens[1].text == "=" and tokens[2].text.isdigit()
        if letter is None or not (len(tokens) == 1 or has_lower):
            raise EquationSyntaxError(
                "this index of a sum is not one elman reads",
                tokens[0].span.to(tokens[-1].span) if tokens else self.previous().span,
                remedy=r"Write \sum_t, \sum_{t=1}^{T}, or \sum_{k=1}^{3} for a few terms.",
            )
        lower = integer_of(tokens[2:]) if has_lower else 1
        upper = self._upper(letter, lower, has_lower)
        if upper is None and lower != 1:
            raise UnsupportedError(
                "a sum over time that starts after the first step is not supported yet",
                tokens[2].span,
                remedy=r"Write \sum_{t=1}^{T}.",
            )
        return letter, lower, upper

    def _upper(self, letter: str, lower: int, has_lower: bool) -> int | None:
        """Reads what stands above a sum; None for T or nothing."""
        if not self.at_symbol("^"):
            return None
        self.take()
        tokens = self.script_tokens()
        texts = [token.text for token in tokens]
        if texts == ["T"]:
            return None
        span = tokens[0].span.to(tokens[-1].span) if tokens else self.previous().span
        if letter not in self.context.sure and texts[:1] and texts[0].isalpha() and has_lower:
            raise UnsupportedError(
                "a sum whose number of terms is a letter is not supported yet",
                span,
                facts=[f"found {''.join(texts)!r}"],
                remedy=rf"Give it a number, as in \sum_{{{letter}={lower}}}^{{3}}; "
                r"over all steps it ends at T.",
            )
        is_count = len(texts) == 1 and texts[0].isdigit() and has_lower
        if letter in self.context.sure or not is_count:
            raise UnsupportedError(
                "a sum over time that ends before the last step is not supported yet",
                span,
                facts=[f"found {''.join(texts)!r}; T is the number of steps"],
                remedy=r"End it at T, as in \sum_{t=1}^{T}.",
            )
        upper = integer_of(tokens)
        if not 0 <= upper - lower < _MOST_TERMS:
            raise UnsupportedError(
                f"a sum has from 1 to {_MOST_TERMS} terms",
                span,
                facts=[f"here it goes from {lower} to {upper}"],
                remedy="Name a part of it in an equation of its own.",
            )
        return upper


def _too_deep(span: Span) -> EquationSyntaxError:
    return EquationSyntaxError(
        f"an expression has more than {MAX_DEPTH} levels",
        span,
        facts=["each bracket, function and operator of a sum is a level"],
        remedy="Name a part of it in an equation of its own.",
    )
