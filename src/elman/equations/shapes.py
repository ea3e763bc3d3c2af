"""The shapes of declarations: `[h, x]`, `scalar`, `28`, `R^{d_h x d_x}`, `(0, 1)^h`."""

from __future__ import annotations

from elman.equations.symbols import FONT_COMMANDS
from elman.equations.tokens import Token
from elman.errors import EquationSyntaxError

_SETS = (["R"], ["ℝ"])
_SEPARATORS = frozenset([",", "@", "*"])
_BRACKETS = frozenset("[](){}")
_MOST_DIGITS = 9


def read_dims(right: list[Token], line: list[Token]) -> tuple[str | int, ...]:
    r"""Reads `scalar`, `[h, x]`, `28` or `\mathbb{R}^{h \times x}`: sizes or their names.

    Args:
        right: The tokens of the shape.
        line: The whole statement, for an error's place.

    Raises:
        EquationSyntaxError: It is no scalar, vector or matrix.
    """
    texts = [token.text for token in right if token.text not in ("{", "}")]
    if texts == ["scalar"] or texts == ["[", "]"]:
        return ()
    inside = _without_set(right)
    if inside is not None:
        parts = _parts([token for token in inside if token.text not in _BRACKETS])
        dims = [_dim(part) for part in parts]
        if not inside and right:
            return ()
        if len(dims) <= 2 and all(dims):
            return tuple(dim for dim in dims if dim)
    raise EquationSyntaxError(
        "this shape is not one elman reads",
        line[0].span.to(line[-2].span),
        remedy="Write scalar, [h], [h, x], or numbers: [128, 28].",
    )


def _without_set(right: list[Token]) -> list[Token] | None:
    r"""Returns what stands above `\mathbb{R}` or `(0, 1)`; the shape itself where no set is named.

    None where a set is named that is not one of real numbers.
    """
    if right and right[0].text in ("mathbb", "mathbf", "mathrm"):
        right = [token for token in right[1:4] if token.text not in ("{", "}")] + right[4:]
        if right[:1] and right[0].text != "R":
            return None
    if right and right[0].text in ("R", "ℝ"):
        rest = right[1:]
    elif _is_interval(right):
        rest = right[right.index(_closing(right)) + 1 :]
    else:
        return right
    if not rest:
        return []
    return rest[1:] if rest[0].text == "^" else None


def _is_interval(right: list[Token]) -> bool:
    r"""Says whether `(0, 1)^` or `{(-1, 1)}^` begins here."""
    texts = [token.text for token in right if token.text not in ("{", "}", "-")]
    numbers = [text for text in texts[1:4:2] if text.isdigit()]
    is_pair = len(numbers) == 2 and texts[2:3] == [","] and texts[5:6] == ["^"]
    return is_pair and texts[0] in "([" and texts[4] in ")]"


def _closing(right: list[Token]) -> Token:
    """Returns the last token of an interval, with a brace around it."""
    at = next(at for at, token in enumerate(right) if token.text in (")", "]"))
    return right[at + 1] if right[at + 1].text == "}" else right[at]


def _parts(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text in _SEPARATORS:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _dim(part: list[Token]) -> str | int | None:
    """Reads a size or its name, `d_h` as `dh`; None for anything else, and for a size of 0."""
    kept = [token for token in part if token.text not in FONT_COMMANDS]
    if not kept or (len(kept[0].text) > _MOST_DIGITS and kept[0].kind == "number"):
        return None
    if kept[0].kind == "number":
        return int(kept[0].text) if len(kept) == 1 and kept[0].text.isdigit() else None
    name = ""
    for at, token in enumerate(kept):
        script = at % 2 == 1
        if script != (token.text in ("_", "^")):
            return None
        if not script and token.kind not in ("word", "number"):
            return None
        name += "" if script else token.text
    return name if len(kept) % 2 and name.isalnum() else None
