r"""Prose around formulas, in answers of a chat, notebooks and papers: only the formulas stay.

`The state is $h_t = \tanh(W h_{t-1})$, where $h_t$ is ...` holds one equation; `**Forget gate:**`
and `Output:` are headings; code fences are wrappers. Everything becomes spaces of the same length,
so that every place in the text stays where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from elman.equations.symbols import GREEK, function_name

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n=]*$|^[ \t]*\.\. math::", re.M)
_BOLD = re.compile(r"\*\*(?=[A-Za-z])[^*=_^\\\n]{2,80}\*\*:?")
_WORDS = r"[A-Za-z][A-Za-z ,'()/-]{2,60}"
_LABEL = re.compile(rf"^[ \t]*(?:[-*•][ \t]+|\d+[.)][ \t]+)?({_WORDS}):(?=[ \t]*$|[^\n#%]*=)", re.M)
_BRACKETED = re.compile(r"\\([()])")
_ENVIRONMENT = r"\\(?:begin|end)\{(?:equation|align|gather|eqnarray|multline|displaymath|math)\*?\}"
_MARKS = re.compile(rf"\\\\|{_ENVIRONMENT}|\\[()\[\]$#%]|\$\$?|[#%][^\n]*|\n")
_TAGS = re.compile(r"<(/?)math>")
_BULLET = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s*|[:|→.,\s]*")
_CLOSING = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_PROSE = re.compile(r"[A-Za-z0-9 \t,.;:!?→|'’\"“”()\-–—*]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_DECLARES = re.compile(r"\s*(?:init|share|freeze)\s|\s*\w+\s*:\s*scalar\s*$")
_TIME_ABOVE = re.compile(r"\^(?=\s*t(?![A-Za-z])|\s*\{\s*t\s*(?:[-+−–]\s*\d{1,6}\s*)?\})")
_LEFT_WITH_TIME_ABOVE = re.compile(
    r"(?:^|\\\\)[^=\n_]{0,60}(?:_\{?(?!t\b)\w{1,8}\}?)?\^\s*(?:t|\{\s*t\s*\})[\s&}]*:?=", re.M
)
_QUAD = re.compile(r"\\q?quad(?![A-Za-z])|(?<!\\)&|\\\\|[\n;]")
_DEFINES = re.compile(r"\s*[A-Za-z\\{][^=\n;&+*/]{0,40}?(?:&?\s*=|\\in\b)")


def formulas_only(text: str) -> str:
    r"""Returns a text of the same length in which the prose around formulas is blank.

    >>> formulas_only("Output: $y_t = V h_t$, where $h_t$ is the state.")
    '        $y_t = V h_t$        $   $              '
    >>> formulas_only("h^t = a h^{t-1}")
    'h_t = a h_{t-1}'
    """
    for pattern in (_FENCE, _BOLD):
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    text = _LABEL.sub(_unlabelled, text.replace("`", "$"))
    text = _TAGS.sub(
        lambda match: (
            ("$" if not match.group(1) else "").ljust(6) + match.group(1).replace("/", "$")
        ),
        text,
    )
    text = _without_prose(text)
    text = _BRACKETED.sub(lambda match: "$ " if match.group(1) == "(" else " $", text)
    text = _split_at_quads(text)
    if _LEFT_WITH_TIME_ABOVE.search(text):
        text = _TIME_ABOVE.sub("_", text)
    return text


def _unlabelled(match: re.Match[str]) -> str:
    """Blanks `Update gate:` before an equation or alone on its line."""
    words = _WORD.findall(match.group(1))
    declares = _DECLARES.match(match.group(1) + " ")
    is_name = len(words) == 1 and match.group(1) in (words[0], *GREEK) and _is_formula(words)
    is_label = any(len(word) > 2 for word in words) and not declares and not is_name
    return " " * len(match.group()) if is_label else match.group()


def _is_formula(words: list[str]) -> bool:
    """Says whether all the words spell functions or Greek letters."""
    return all(word in GREEK or function_name(word) is not None for word in words)


def _is_prose(piece: str) -> bool:
    words = _WORD.findall(piece)
    return (
        _PROSE.fullmatch(piece) is not None
        and not _is_formula(words)
        and _DECLARES.match(piece) is None
    )


def _without_prose(text: str) -> str:
    """Blanks what stands outside `$..$` and the like where it is words alone."""
    pieces: list[str] = []
    beside_prose = False
    parts = list(_parts(text))
    for at, (is_formula, part) in enumerate(parts):
        if not is_formula:
            lines = part.split("\n")
            marked = len(parts) > 1
            blank = [" " * len(line) if marked and _is_prose(line) else line for line in lines]
            if marked and (at == 0 or len(lines) > 1) and _BULLET.fullmatch(lines[-1]):
                blank[-1] = " " * len(lines[-1])  # before a formula
            pieces.append("\n".join(blank))
            beside_prose = blank[-1] != lines[-1] or (beside_prose and len(lines) == 1)
            continue
        after = parts[at + 1][1].split("\n")[0] if at + 1 < len(parts) else ""
        is_mention = (beside_prose or _is_prose(after)) and not re.search(r"=|:|←|∈|\\in\b", part)
        is_inline = part.startswith(("$", r"\(")) and not part.startswith("$$")
        if is_mention and is_inline:
            part = re.sub(r"[^$\n]", " ", part)
        pieces.append(part)
    return "".join(pieces)


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yields the formulas between marks, with their marks, and what stands between them."""
    done = start = 0
    opened = ""
    for mark in _MARKS.finditer(text):
        found = mark.group()
        closing = _CLOSING.get(opened, opened.replace("begin", "end"))
        if opened and found == closing:
            if start > done:
                yield False, text[done:start]
            yield True, text[start : mark.end()]
            done, opened = mark.end(), ""
        elif opened == "$" and found == "\n":
            opened = ""  # a mark without a partner
        elif not opened and (found in _CLOSING or found.startswith("\\begin")):
            start, opened = mark.start(), found
    if done < len(text):
        yield False, text[done:]


def _split_at_quads(text: str) -> str:
    r"""Ends a statement at `\qquad` or `&` where one stands before it and another one follows."""
    if "quad" not in text and "&" not in text:
        return text
    pieces: list[str] = []
    done = begun = 0
    for mark in _QUAD.finditer(text):
        if mark.group().startswith(("\\q", "&")):
            if not (text.find("=", begun, mark.start()) >= 0 and _DEFINES.match(text, mark.end())):
                continue
            pieces += [text[done : mark.start()], ";".ljust(len(mark.group()))]
            done = mark.end()
        begun = mark.end()
    return "".join([*pieces, text[done:]])
