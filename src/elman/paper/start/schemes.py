"""Random starts of parameters, by name: one definition for the paper and for torch modules.

A scheme is a name, with a number where it takes one:

    lab            normal(0.01) with zero biases, as in the lab document
    normal(s)      weights normal with standard deviation s, biases zero
    xavier         uniform, variance 2 / (fan in + fan out), biases zero (Glorot & Bengio, 2010)
    kaiming        normal, variance 2 / fan in, biases zero (He et al., 2015)
    orthogonal     recurrent square matrices orthogonal, the rest xavier (Saxe et al., 2014)
    identity       recurrent square matrices the identity, the rest xavier (Le et al., 2015)
    torch          uniform within 1 / sqrt(H), H the size of the state, as torch.nn.RNN
    uniform(a)     uniform between -a and a
    constant(c)    every entry c; a bare number means the same
    chrono(t)      log(u), u evenly spread between 1 and t - 1: biases of gates that remember over
                   up to t steps; chrono(-t) is its negative (Tallec & Ollivier, 2018,
                   arXiv:1804.11188)
    zeros, ones
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.ir import Node, Recurrence, StepGraph
from elman.ir.graph import reachable

Array: TypeAlias = NDArray[np.float64]
Init: TypeAlias = str | float | Mapping[str, str | float] | None

DEFAULT_SCHEME = "torch"
_CALL = re.compile(r"\s*([A-Za-z_]+)\s*(?:\(\s*([-+.\deE]+)\s*\))?\s*$")


@dataclass(frozen=True)
class ParameterUse:
    """How a parameter enters the recurrence, which is what schemes depend on.

    Attributes:
        shape: Its sizes.
        is_weight: It multiplies something; otherwise it is only added, as a bias is.
        is_recurrent: It multiplies a state of an earlier step and is square.
        fan_in: How many numbers each of its products adds up.
        fan_out: How many products it enters.
        state_size: H, the size of the largest state.
    """

    shape: tuple[int, ...]
    is_weight: bool
    is_recurrent: bool
    fan_in: int
    fan_out: int
    state_size: int


def draw_parameters(
    recurrence: Recurrence,
    sizes: Mapping[str, int] | None,
    init: Init,
    generator: np.random.Generator,
) -> dict[str, Array]:
    """Draws a start for every parameter.

    Args:
        recurrence: Whose parameters.
        sizes: The sizes of its vectors.
        init: A scheme for all, or schemes by parameter with `"*"` for the others; `b_f`, `b_{f}`
            and `bf` name the same one. What the text says in `init W: ...` goes before `"*"`.
        generator: Where random numbers come from.

    Raises:
        ValueError: A scheme or a parameter is unknown; the message shows the known ones.
        ShapeError: A size stays open.
    """
    uses = parameter_uses(recurrence.typed(sizes))
    schemes = _schemes_by_name(recurrence, init)
    drawn = {}
    for key in recurrence.parameters:
        scheme, number = parse_scheme(schemes[key])
        drawn[key] = SCHEMES[scheme](uses[key], number, generator)
    return drawn


def _schemes_by_name(recurrence: Recurrence, init: Init) -> dict[str, str | float]:
    if init is None:
        init = {}
    if isinstance(init, str | float | int):
        init = {"*": init}
    given = {re.sub(r"[_{}\\]", "", key): scheme for key, scheme in init.items()}
    short = {re.sub(r"[_{}\\]", "", key): key for key in recurrence.parameters}
    unknown = [key for key in given if key != "*" and key not in short]
    if unknown:
        near = difflib.get_close_matches(unknown[0], short, n=1)
        hint = f"; did you mean {short[near[0]]!r}?" if near else ""
        raise ValueError(
            f"a start is given for {unknown[0]!r}, which is not a parameter; the parameters are "
            f"{', '.join(recurrence.parameters)}{hint}"
        )
    stated = dict(recurrence.starts)
    rest = given.get("*", DEFAULT_SCHEME)
    return {key: given.get(name, stated.get(key, rest)) for name, key in short.items()}


def parse_scheme(scheme: str | float) -> tuple[str, float | None]:
    """Returns the name of a scheme and its number.

    >>> parse_scheme("normal(0.01)")
    ('normal', 0.01)

    Raises:
        ValueError: The scheme is unknown, or its number is missing or out of place.
    """
    try:
        return "constant", float(scheme)
    except ValueError:
        pass
    match = _CALL.match(str(scheme))
    name = match.group(1) if match else str(scheme)
    if match is None or name not in SCHEMES:
        near = difflib.get_close_matches(name, SCHEMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"{scheme!r} is not a start elman knows; known: {', '.join(SCHEMES)}, or a number{hint}"
        )
    number = float(match.group(2)) if match.group(2) else None
    if (number is None) == (name in _NEEDS_NUMBER):
        wanted = f"{name}(0.1)" if name in _NEEDS_NUMBER else name
        raise ValueError(f"the start {scheme!r} is not complete or has too much; write {wanted}")
    return name, number


def parameter_uses(graph: StepGraph) -> dict[str, ParameterUse]:
    """Returns how each parameter of a typed graph is used."""
    nodes = reachable(graph.roots())
    users: dict[int, list[Node]] = {}
    for node in nodes:
        for arg in node.args:
            users.setdefault(arg.number, []).append(node)
    states = {node.key for node in nodes if node.op == "read" and node.lag}
    largest = max(
        (_entries(graph.definitions[k]) for k in states & set(graph.definitions)), default=1
    )
    loops = _in_loop(graph, nodes)
    found = {}
    for node in nodes:
        if node.op == "parameter":
            found[node.key] = _use(node, users, loops, largest)
    return found


def _entries(node: Node) -> int:
    return math.prod(dim.size or 1 for dim in node.shape)


def _in_loop(graph: StepGraph, nodes: list[Node]) -> set[int]:
    """Returns the nodes that depend on a state of another step."""
    inside: set[int] = set()
    for node in nodes:
        reads_state = node.op == "read" and node.lag != 0 and node.key in graph.definitions
        if reads_state or any(arg.number in inside for arg in node.args):
            inside.add(node.number)
    return inside


def _use(node: Node, users: dict[int, list[Node]], loops: set[int], largest: int) -> ParameterUse:
    sizes = tuple(dim.size or 1 for dim in node.shape)
    fan_in, fan_out, recurrent, is_weight = 1, 1, False, False
    for user, position, transposed in _through_transpose(node, users, False):
        if user.op not in _PRODUCTS:
            continue
        is_weight = True
        if len(sizes) == 2:
            # W v adds up over the columns of W; v W and W^T v over its rows.
            inner = 1 if (position == 0) != transposed else 0
            fan_in, fan_out = sizes[inner], sizes[1 - inner]
        elif sizes:
            fan_in = fan_out = sizes[0]
        other = user.args[1 - position] if len(user.args) == 2 else user.args[0]
        recurrent = recurrent or other.number in loops
    square = len(sizes) == 2 and sizes[0] == sizes[1]
    return ParameterUse(sizes, is_weight, recurrent and square, fan_in, fan_out, largest)


_PRODUCTS = frozenset(["matmul", "multiply", "dot", "outer", "divide"])


def _through_transpose(
    node: Node, users: dict[int, list[Node]], transposed: bool
) -> list[tuple[Node, int, bool]]:
    """Returns user, position among its arguments, and whether a transpose stands between."""
    found: list[tuple[Node, int, bool]] = []
    for user in users.get(node.number, []):
        if user.op == "transpose":
            found.extend(_through_transpose(user, users, not transposed))
        else:
            found.append((user, user.args.index(node), transposed))
    return found


# -- schemes -------------------------------------------------------------------------------------


def _normal(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    deviation = 0.01 if number is None else number
    return rng.normal(0.0, deviation, use.shape) if use.is_weight else np.zeros(use.shape)


def _uniform(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    bound = number or 0.0
    return rng.uniform(-bound, bound, use.shape)


def _xavier(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    bound = math.sqrt(6.0 / (use.fan_in + use.fan_out))
    return rng.uniform(-bound, bound, use.shape) if use.is_weight else np.zeros(use.shape)


def _kaiming(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    deviation = math.sqrt(2.0 / use.fan_in)
    return rng.normal(0.0, deviation, use.shape) if use.is_weight else np.zeros(use.shape)


def _orthogonal(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    if not use.is_recurrent:
        return _xavier(use, None, rng)
    q, r = np.linalg.qr(rng.normal(size=use.shape))
    # Signs from r make the draw uniform over the orthogonal group (Mezzadri, 2007).
    return np.asarray(q * np.sign(np.diag(r)), dtype=np.float64)


def _identity(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    return np.eye(use.shape[0]) if use.is_recurrent else _xavier(use, None, rng)


def _torch(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    bound = 1.0 / math.sqrt(use.state_size)
    return rng.uniform(-bound, bound, use.shape)


def _constant(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    return np.full(use.shape, 0.0 if number is None else number)


def _chrono(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    # Evenly spread, not drawn, so that b_i = -b_f holds where both are given.
    number = 0.0 if number is None else number
    count = math.prod(use.shape)
    spread = 1 + max(0.0, abs(number) - 2) * (np.arange(count) + 0.5) / max(1, count)
    return np.copysign(np.log(spread), number).reshape(use.shape)


def _ones(use: ParameterUse, number: float | None, rng: np.random.Generator) -> Array:
    return np.ones(use.shape)


SCHEMES: dict[str, Callable[[ParameterUse, float | None, np.random.Generator], Array]] = {
    "lab": _normal,
    "normal": _normal,
    "xavier": _xavier,
    "kaiming": _kaiming,
    "orthogonal": _orthogonal,
    "identity": _identity,
    "torch": _torch,
    "uniform": _uniform,
    "constant": _constant,
    "zeros": _constant,
    "ones": _ones,
    "chrono": _chrono,
}
_NEEDS_NUMBER = frozenset(["normal", "uniform", "constant", "chrono"])
