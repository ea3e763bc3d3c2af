"""From the syntax tree back to text: plain and LaTeX, each of which reads back as the same tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from elman.equations.names import NameStyle, write_index, write_name
from elman.equations.syntax import (
    Binary,
    Call,
    Concatenation,
    Equation,
    Expression,
    FunctionDeclaration,
    Index,
    ListDeclaration,
    Name,
    Negate,
    Number,
    OverTime,
    Power,
    Product,
    ShapeDeclaration,
    StartDeclaration,
    Statement,
    Transpose,
    children,
)

# How tightly a node holds together; a child in a tighter place is put in parentheses.
_SUM, _TERM, _CHAIN, _ATOM = 1, 2, 3, 4
_LATEX_FUNCTIONS = {"tanh", "exp", "log", "sin", "cos", "min", "max"}


def to_plain(statements: Sequence[Statement]) -> str:
    """Writes statements as plain text, one a line.

    >>> from elman.equations import parse_statements
    >>> from elman.errors import Source
    >>> to_plain(parse_statements(Source(r"h_t = \\tanh(Wh_{t-1}+Ux_t)")))
    'h_t = tanh(W h_{t-1} + U x_t)'
    """
    style = name_style(statements, latex=False)
    return "\n".join(write_statement(statement, style) for statement in statements)


def to_latex_lines(statements: Sequence[Statement]) -> list[str]:
    """Writes each statement as LaTeX without its `$`."""
    style = name_style(statements, latex=True)
    return [write_statement(statement, style) for statement in statements]


def to_latex(statements: Sequence[Statement]) -> str:
    """Writes statements as one LaTeX `aligned` block."""
    lines = [line.replace(" = ", " &= ", 1) for line in to_latex_lines(statements)]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def name_style(statements: Sequence[Statement], *, latex: bool) -> NameStyle:
    """Gathers which keys have time and which are defined, as writing names depends on it."""
    timed: set[str] = set()
    known: set[str] = set()
    sure: set[str] = set()
    for statement in statements:
        if isinstance(statement, Equation):
            known.add(statement.left.key)
            _note_timed(statement.left, timed, sure)
            _note_timed(statement.right, timed, sure)
        elif isinstance(statement, ShapeDeclaration):
            known.add(statement.name.key)
        elif isinstance(statement, FunctionDeclaration):
            known.add(statement.name)
    return NameStyle(latex, frozenset(timed), frozenset(known), sure=frozenset(sure))


def _letters(expression: Expression) -> set[str]:
    """Returns the letters that are time somewhere in an expression."""
    found: set[str] = set()
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name) and node.index is not None and node.index.letter is not None:
            found.add(node.index.letter)
        waiting.extend(children(node))
    return found


def _note_timed(node: Expression, timed: set[str], sure: set[str]) -> None:
    """Notes the keys that have time, and the letters that are certainly time."""
    if isinstance(node, Name) and node.index is not None:
        timed.add(node.key)
        if node.index.letter is not None and (node.index.offset or node.index.letter == "t"):
            sure.add(node.index.letter)
    for child in children(node):
        _note_timed(child, timed, sure)


def write_statement(statement: Statement, style: NameStyle) -> str:
    """Writes one statement."""
    match statement:
        case Equation(left, right):
            style = replace(style, letters=frozenset({"t"} | _letters(left) | _letters(right)))
            letter = left.index.letter if left.index is not None else None
            seen = letter in ("t", None) or (letter in _letters(right) and style.sees(letter))
            return (
                f"{_name(left, replace(style, raised=not seen))} = {write_expression(right, style)}"
            )
        case ShapeDeclaration(name, dims):
            return _shape(name, dims, style)
        case FunctionDeclaration(key, function):
            word = "\\tanh" if style.latex and function == "tanh" else function
            if style.latex and function not in _LATEX_FUNCTIONS:
                word = f"\\operatorname{{{function}}}"
            elif style.latex:
                word = f"\\{function}"
            return f"{write_name(key, None, style)} = {word}"
        case StartDeclaration(name, scheme):
            return f"init {_name(name, style)}: {scheme}"
        case ListDeclaration(verb, names):
            return f"{verb} {', '.join(_name(name, style) for name in names)}"


def _shape(name: Name, dims: tuple[str | int, ...], style: NameStyle) -> str:
    written = _name(name, style)
    if style.latex:
        above = " \\times ".join(str(dim) for dim in dims)
        return f"{written} \\in \\mathbb{{R}}" + (f"^{{{above}}}" if dims else "")
    return f"{written}: " + (f"[{', '.join(str(dim) for dim in dims)}]" if dims else "scalar")


def write_expression(node: Expression, style: NameStyle) -> str:
    """Writes an expression."""
    return _write(node, style, 0)


def _name(name: Name, style: NameStyle) -> str:
    return write_name(name.key, name.index, style)


def _write(node: Expression, style: NameStyle, place: int) -> str:
    """Writes a node, in parentheses where its place holds tighter than it does itself."""
    text, strength = _node(node, style)
    return f"({text})" if strength < place else text


def _node(node: Expression, style: NameStyle) -> tuple[str, int]:
    match node:
        case Number(value):
            return write_number(value), _ATOM
        case Name():
            return _name(node, style), _ATOM
        case Negate(operand):
            return f"-{_write(operand, style, _CHAIN)}", _TERM
        case Binary("+" | "-" as operator, left, right):
            # A quotient or product of the same strength stands bare on either side.
            text = f"{_write(left, style, _SUM)} {operator} {_write(right, style, _TERM)}"
            return text, _SUM
        case Binary("*", left, right):
            mark = "\\odot" if style.latex else "*"
            return f"{_left(left, style)} {mark} {_write(right, style, _CHAIN)}", _TERM
        case Binary(_, left, right) if style.latex:
            return f"\\frac{{{_write(left, style, 0)}}}{{{_write(right, style, 0)}}}", _ATOM
        case Binary(_, left, right):
            return f"{_left(left, style)} / {_write(right, style, _ATOM)}", _TERM
        case Product(factors):
            return " ".join(_factors(factors, style)), _CHAIN
        case Power(base, exponent):
            inside = _write(exponent, style, 0)
            if inside.startswith("("):
                inside = f"{{{inside}}}"  # `^{(` begins a layer or a time
            return f"{_base(base, style)}^{{{inside}}}", _ATOM
        case Transpose(operand):
            mark = "^\\top" if style.latex else "^T"
            return f"{_base(operand, style)}{mark}", _ATOM
        case Concatenation(parts):
            return "[" + ", ".join(_write(part, style, 0) for part in parts) + "]", _ATOM
        case Call(function, arguments):
            inside = ", ".join(_write(argument, style, 0) for argument in arguments)
            return f"{_function(function, style)}({inside})", _ATOM
        case OverTime():
            return _over_time(node, style), _TERM


def _left(node: Expression, style: NameStyle) -> str:
    """Writes the left operand of `*` or `/`: a term, but not a sum over time, which would reach
    over the operator."""
    return _write(node, style, _CHAIN if isinstance(node, OverTime) else _TERM)


def _factors(factors: tuple[Expression, ...], style: NameStyle) -> list[str]:
    """Writes factors side by side so that none of them merges with its neighbour."""
    written: list[str] = []
    for position, factor in enumerate(factors):
        text = _write(factor, style, _ATOM)
        bare = not text.startswith("(")
        previous = factors[position - 1] if position else None
        # A name before a parenthesis could be read as a call; a bracket after a name as an index;
        # two numbers would merge.
        step_size = text == "t" and written[-1:] in (["Delta"], ["\\Delta"])
        apart = not bare or step_size or isinstance(factor, (Number, Concatenation))
        if previous is not None and apart:
            written.append("\\cdot" if style.latex else "@")
        written.append(text)
    return written


def _base(node: Expression, style: NameStyle) -> str:
    """Writes what a power or a transpose stands on."""
    if isinstance(node, (Name, Concatenation)) or (isinstance(node, Number) and node.value >= 0):
        return _write(node, style, _ATOM)
    return f"({_write(node, style, 0)})"


def _function(function: str, style: NameStyle) -> str:
    if not style.latex:
        return function
    if function in _LATEX_FUNCTIONS:
        return f"\\{function}"
    if function == "sigmoid" and "sigma" not in style.known:
        return "\\sigma"
    return f"\\operatorname{{{function}}}"


def _over_time(node: OverTime, style: NameStyle) -> str:
    letter = write_index(Index(node.letter))
    if style.latex and node.kind in ("sum", "prod"):
        mark = f"\\{node.kind}_{{{letter}}}"
    elif style.latex and node.kind in ("max", "min"):
        mark = f"\\{node.kind}_{{{letter}}}"
    elif style.latex:
        mark = f"\\operatorname{{{node.kind}}}_{{{letter}}}"
    else:
        mark = f"{node.kind}_{{{letter}}}"
    return f"{mark} {_write(node.body, style, _CHAIN)}"


def write_number(value: float) -> str:
    """Writes a literal so that it reads back as the same float."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
