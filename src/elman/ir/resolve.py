"""From syntax to an untyped step graph: every name finds what it stands for.

Reading a name at this step gives the node that defines it, so a definition names a node rather
than adding one: `tau` beside `h_t = tanh(W h_{t-1} + U x_t)` is the pre-activation of h.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

from elman.equations.names import write_index
from elman.equations.syntax import (
    Binary,
    Call,
    Concatenation,
    Equation,
    Expression,
    Index,
    Name,
    Negate,
    Number,
    OverTime,
    Power,
    Product,
    ShapeDeclaration,
    Statement,
    Transpose,
    children,
)
from elman.errors import (
    CausalityError,
    NameResolutionError,
    SourceError,
    Span,
    UnsupportedError,
    raise_all,
)
from elman.ir.graph import GraphBuilder, Node, StepGraph
from elman.ir.identity import has_identity
from elman.ir.order import dependency_order, depth_of_chains, needs

_MAX_CHAIN = 40
_BINARY = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


def resolve(statements: Sequence[Statement]) -> StepGraph:
    """Builds the untyped step graph of a text.

    Raises:
        NameResolutionError: A name is defined twice, or used with and without time.
        CausalityError: Names depend on each other inside one step.
        UnsupportedError: A step reads a total, or a fixed step.
        SourceErrorGroup: Several of these, each on its own.
    """
    equations = [s for s in statements if isinstance(s, Equation)]
    declared = {s.name.key for s in statements if isinstance(s, ShapeDeclaration)}
    return _Resolver(equations, declared, identity=has_identity(statements)).run()


class _Resolver:
    def __init__(self, equations: list[Equation], declared: set[str], *, identity: bool) -> None:
        self.builder = GraphBuilder()
        self.errors: list[SourceError] = []
        self.starts = [e for e in equations if _is_step(e.left)]
        self.equations: dict[str, Equation] = {}
        for equation in equations:
            if not _is_step(equation.left):
                self._define(equation)
        self.timed = {k for k, e in self.equations.items() if e.left.index is not None}
        self.nodes: dict[str, Node] = {}
        self.declared = declared
        self.identity = identity
        self.reading = ""
        self.inputs: dict[str, Span] = {}
        self.parameters: dict[str, Span] = {}

    def _define(self, equation: Equation) -> None:
        before = self.equations.setdefault(equation.left.key, equation)
        # A name defined with time and without has an error of its own.
        if before is equation or (before.left.index is None) != (equation.left.index is None):
            return
        line, _ = before.left.span.source.position(before.left.span.start)
        self.errors.append(
            NameResolutionError(
                f"{equation.left.key} is defined twice",
                equation.left.span,
                facts=[f"first in line {line}: {before.span.text.splitlines()[0]}"],
                remedy="Give one of them another name.",
            )
        )

    def run(self) -> StepGraph:
        self._check_times()
        raise_all(self.errors)
        for key in self._order():
            try:
                self._definition(key)
            except SourceError as error:
                self.errors.append(error)
        starts = self._starts() if not self.errors else {}
        raise_all(_distinct(self.errors))
        with_time = {k: self.nodes[k] for k in self.equations if k in self.timed}
        without = {k: self.nodes[k] for k in self.equations if k not in self.timed}
        return StepGraph(
            nodes=tuple(self.builder.nodes),
            definitions=with_time,
            derived={k: n for k, n in without.items() if n.level == "static"},
            totals={k: n for k, n in without.items() if n.level == "total"},
            starts=starts,
            inputs=tuple(self.inputs),
            parameters=tuple(self.parameters),
        )

    def _check_times(self) -> None:
        """A name is used either with time or without."""
        seen: dict[str, Name] = {}
        clashes: set[str] = set()
        for name in self._names():
            first = seen.setdefault(name.key, name)
            if (first.index is None) != (name.index is None) and name.key not in clashes:
                clashes.add(name.key)
                with_time, without = (first, name) if first.index else (name, first)
                self.errors.append(
                    NameResolutionError(
                        f"{name.key} is used both with and without time",
                        without.span,
                        facts=[f"with time: {with_time.span.text}"],
                        remedy=_time_remedy(without, with_time),
                    )
                )

    def _names(self) -> list[Name]:
        found: list[Name] = []
        for equation in [*self.equations.values(), *self.starts]:
            waiting: list[Expression] = [equation.left, equation.right]
            while waiting:
                node = waiting.pop()
                if isinstance(node, Name):
                    found.append(node)
                waiting.extend(children(node))
        return found

    def _order(self) -> list[str]:
        """Returns the definitions to build, and notes an error for each cycle among them."""
        links = {k: needs(e, self.timed, self.equations) for k, e in self.equations.items()}
        order, cycles = dependency_order(links)
        self.errors.extend(self._cycle(cycle) for cycle in cycles)
        # In the order of the text, as far as a chain of definitions can be built by recursion.
        whole = depth_of_chains(links, order) <= _MAX_CHAIN
        buildable = set(order)
        return [key for key in self.equations if key in buildable] if whole else order

    def _definition(self, key: str) -> Node:
        """Returns the node of a defined name, building it first where needed."""
        if key in self.nodes:
            return self.nodes[key]
        outer, self.reading = self.reading, key
        equation = self.equations[key]
        shift = 0 if equation.left.index is None else equation.left.index.offset
        node = self._build(equation.right, shift, equation)
        self.reading = outer
        if equation.left.index is None and node.level == "step":
            raise NameResolutionError(
                f"{key} has no time, but what defines it has",
                equation.left.span,
                remedy=f"Write {key}_t, or sum over time: {key} = \\sum_t ...",
            )
        self.nodes[key] = node
        return node

    def _cycle(self, cycle: list[str]) -> CausalityError:
        key = cycle[0]
        shown = " -> ".join(f"{name}_t" if name in self.timed else name for name in cycle)
        equation = self.equations[cycle[-2]]
        remedy = f"Read one of them at an earlier step: {key}_{{t-1}}."
        if key not in self.timed:
            remedy = "Define one of them by the others, or leave one out to train it."
            if len(cycle) == 2 and has_lost_subscript(key):
                remedy = (
                    f"Subscripts are lost in copying: write {key[:-1]}_t and {key[:-1]}_{{t-1}}."
                )
            elif len(cycle) == 2:
                remedy = f"Where it changes over time, write {key}_t = ... {key}_{{t-1}} ..."
        elif f"{key}_t-1" in equation.span.text:
            remedy = f"{key}_t-1 means {key}_t minus 1; write {key}_{{t-1}}."
        return CausalityError(
            f"{key} depends on itself inside one step"
            if key in self.timed
            else f"{key} is defined by itself",
            equation.span,
            facts=[f"cycle: {shown}"],
            remedy=remedy,
        )

    # -- expressions -------------------------------------------------------------------------

    def _build(self, node: Expression, shift: int, equation: Equation) -> Node:
        """Builds the node of an expression; `shift` is the offset of the left-hand side."""

        def build(part: Expression) -> Node:
            return self._build(part, shift, equation)

        make = self.builder.node
        match node:
            case Number(value, span):
                return make("number", value=value, span=span)
            case Name():
                return self._name(node, shift)
            case Negate(operand, span):
                return make("negate", [build(operand)], span=span)
            case Binary(operator, left, right, span):
                return make(_BINARY[operator], [build(left), build(right)], span=span)
            case Product(factors, span):
                return make("product", [build(factor) for factor in factors], span=span)
            case Power(base, exponent, span):
                return make("power", [build(base), build(exponent)], span=span)
            case Transpose(operand, span):
                return make("transpose", [build(operand)], span=span)
            case Concatenation(parts, span):
                return make("concat", [build(part) for part in parts], span=span)
            case Call(function, arguments, span):
                return self._call(function, [build(a) for a in arguments], span)
            case OverTime(kind, _, _, body, span):
                return self._over_time(kind, self._build(body, 0, equation), span)

    def _call(self, function: str, args: list[Node], span: Span) -> Node:
        if function in ("max", "min") and len(args) > 1:
            result = args[0]
            for arg in args[1:]:
                result = self.builder.node(f"{function}imum", [result, arg], span=span)
            return result
        return self.builder.node(function, args, span=span)

    def _over_time(self, kind: str, body: Node, span: Span) -> Node:
        if self.reading in self.timed:
            raise UnsupportedError(
                "a step cannot read a reduction over all steps",
                span,
                remedy="Compute it from the past with a state of its own: s_t = s_{t-1} + x_t",
            )
        if body.level == "total":
            raise UnsupportedError(
                "a reduction over time inside another is not supported yet",
                span,
                remedy="Write the inner one as a total of its own.",
            )
        if body.level == "static":
            raise NameResolutionError(
                "what is reduced over time does not depend on time",
                span,
                remedy="Reduce a sequence, such as \\sum_t y_t.",
            )
        return self.builder.node("over_time", [body], key=kind, span=span)

    def _name(self, name: Name, shift: int) -> Node:
        key, index = name.key, name.index
        if index is None:
            if key == "T" and key not in self.equations:
                return self.builder.node("steps", span=name.span)
            if key in self.equations:
                return self._static(key, name)
            if key == "I" and self.identity:
                return self.builder.node("identity", span=name.span)
            if key == "pi" and key not in self.declared:
                return self.builder.node("number", value=pi, span=name.span)
            self.parameters.setdefault(key, name.span)
            return self.builder.node("parameter", key=key, span=name.span)
        if index.letter is None:
            raise UnsupportedError(
                f"reading {key} at the fixed step {write_index(index)} is not supported yet",
                name.span,
                remedy="Read it at a step relative to t, or start from a number or a parameter.",
            )
        lag = shift - index.offset
        if key in self.timed:
            if lag == 0:
                return self._definition(key)
        else:
            self.inputs.setdefault(key, name.span)
        return self.builder.node("read", key=key, lag=lag, span=name.span)

    def _static(self, key: str, name: Name) -> Node:
        node = self._definition(key)
        if node.level == "total" and self.reading in self.timed:
            raise UnsupportedError(
                f"a step cannot read the total {key}, which needs all steps",
                name.span,
                remedy="Compute it from the past with a state of its own.",
            )
        return node

    def _starts(self) -> dict[tuple[str, int], Node]:
        starts: dict[tuple[str, int], Node] = {}
        for equation in self.starts:
            index = equation.left.index
            assert index is not None, "internal: a start without a step"
            key, step = equation.left.key, index.offset
            try:
                if key not in self.timed:
                    raise NameResolutionError(
                        f"{key}_{step} is given, but {key} is not defined over time",
                        equation.left.span,
                        remedy=f"Define {key}_t, or pass {key} as an input.",
                    )
                if step > 0 or index.from_end:
                    _check_after(equation, index)
                    continue
                node = self._build(equation.right, 0, equation)
                if node.level != "static":
                    raise NameResolutionError(
                        f"the start of {key} depends on time",
                        equation.span,
                        remedy="Start from a number or a parameter: h_0 = s",
                    )
                starts[key, step] = node
            except SourceError as error:
                self.errors.append(error)
        return starts


def _check_after(equation: Equation, index: Index) -> None:
    """After the last step a value can be stated to be zero, which it is anyway."""
    is_zero = isinstance(equation.right, Number) and equation.right.value == 0
    if index.from_end and index.offset > 0 and is_zero:
        return
    step = write_index(index)
    if index.from_end and index.offset > 0:
        raise UnsupportedError(
            "a start other than zero after the last step is not supported yet",
            equation.span,
            remedy=f"Write {equation.left.key}_{{{step}}} = 0, and give its value with the others.",
        )
    raise UnsupportedError(
        f"a value at step {step} is not supported yet",
        equation.left.span,
        remedy="The steps are counted from 1; give the state at step 0.",
    )


def has_lost_subscript(key: str) -> bool:
    """Says whether a name without time looks like `ht`, copied from where it is h_t."""
    return key[1:] == "t" and key != "dt"


def _is_step(name: Name) -> bool:
    return name.index is not None and name.index.letter is None


def _time_remedy(without: Name, with_time: Name) -> str:
    if without.span.end - without.span.start < 1:
        return "Use one of the two everywhere."
    before = without.span.source.text[max(0, without.span.start - 1) : without.span.start]
    after = without.span.source.text[without.span.end : without.span.end + 1]
    if before.isalpha() or after.isalpha():
        return (
            "Letters side by side are a product; declare the name they form "
            "(W_x, or a line such as Wx: [h, x])."
        )
    return f"Write {with_time.span.text} here, or rename one of the two."


def _distinct(errors: list[SourceError]) -> list[SourceError]:
    """Drops errors that repeat another one, as two names on one cycle do."""
    kept: dict[object, SourceError] = {}
    for error in errors:
        place = error.span and (error.span.start, error.span.end)
        cycle = isinstance(error, CausalityError) and frozenset(error.facts[0].split())
        kept.setdefault(cycle or (place, error.message), error)
    return list(kept.values())
