"""Where a statement ends: a line goes on inside brackets, and where it plainly is not complete."""

from __future__ import annotations

from elman.equations.tokens import MAX_DEPTH, Token, nesting
from elman.errors import EquationSyntaxError

WEAK_ENDS = frozenset(["\n", "\\\\"])
_OPEN, _CLOSE = "([{⟨", ")]}⟩"
_GOES_ON_AFTER = frozenset("+-*/=@∈^_:")
_GOES_ON_BEFORE = frozenset("+*/=@)]}^_")


def join_lines(tokens: list[Token]) -> list[Token]:
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
            if token.text in WEAK_ENDS and (opened or goes_on):
                continue
            if opened:
                raise _unclosed(opened[-1])
        elif token.kind == "stop" and opened:
            raise _unclosed(opened[-1])
        kept.append(token)
    return kept


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
