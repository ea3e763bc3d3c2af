"""A cursor over tokens, and the errors for a token that does not belong where it stands."""

from __future__ import annotations

from elman.equations.tokens import Token
from elman.errors import EquationSyntaxError, Span


class Cursor:
    """A place in a list of tokens, the last of which is a `stop` or `end`."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = list(tokens)
        self.length = len(tokens)
        self.at = 0

    def peek(self, ahead: int = 0) -> Token:
        """Returns the token at the cursor, or some tokens ahead; the last one is never passed."""
        at = self.at + ahead
        return self.tokens[at] if at < self.length else self.tokens[-1]

    def take(self) -> Token:
        """Returns the token at the cursor and moves on."""
        token = self.tokens[self.at]
        if self.at + 1 < self.length:
            self.at += 1
        return token

    def previous(self) -> Token:
        """Returns the token before the cursor."""
        return self.tokens[max(0, self.at - 1)]

    def at_symbol(self, *texts: str) -> bool:
        """Says whether the cursor stands at one of these symbols."""
        token = self.tokens[self.at]
        return token.kind == "symbol" and token.text in texts

    def split_word(self, length: int) -> Token:
        """Takes the first characters of the token at the cursor and leaves the rest."""
        token = self.peek()
        middle = token.span.start + length
        source = token.span.source
        if len(token.text) <= length or (token.kind == "number" and not token.text.isdigit()):
            return self.take()
        rest = Span(source, middle, token.span.end)
        self.tokens[self.at] = Token(token.kind, token.text[length:], rest)
        return Token(token.kind, token.text[:length], Span(source, token.span.start, middle))

    def expect(self, text: str) -> Token:
        """Takes the token at the cursor, which must be this symbol."""
        if not self.at_symbol(text):
            raise self.unexpected(f"{text!r} is missing here")
        return self.take()

    def unexpected(self, message: str) -> EquationSyntaxError:
        """Returns the error for the token at the cursor."""
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
