r"""Derivatives by the complex step, which needs no rule of differentiation.

For a real analytic f, `f(x + i h) = f(x) + i h f'(x) + O(h^2)`: with h = 1e-30 the imaginary part
divided by h is the derivative to the last digit, as nothing is subtracted. The unrolled graph is
evaluated in complex numbers; nothing of `autodiff` takes part, so it is an independent judge.

References: Squire and Trapp, 1998, doi:10.1137/S003614459631241X; Martins, Sturdza and Alonso,
2003, doi:10.1145/838250.838251.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.equations.names import step_key
from elman.ir.graph import StepGraph
from elman.ir.values import OVER_TIME, compute
from elman.paper.unroll import UnrolledGraph, UnrolledNode, unroll

Array: TypeAlias = NDArray[Any]
Place: TypeAlias = tuple[str, int | None]

STEP = 1e-30


def differentiate_by_complex_step(
    graph: StepGraph,
    values: Mapping[str, Array],
    steps: int,
    source: Place,
    targets: Sequence[Place],
    directions: Array,
) -> NDArray[np.float64]:
    """Returns the derivative of one number in some directions of a value.

    >>> from elman.ir import parse
    >>> graph = parse("h_t = w h_{t-1} + x_t; L = sum_t h_t").typed()
    >>> values = {"w": np.array(2.0), "x": np.array([1.0, 1.0])}
    >>> every = np.ones(1)
    >>> differentiate_by_complex_step(graph, values, 2, ("L", None), [("w", None)], every).tolist()
    [1.0]

    Args:
        graph: A typed step graph.
        values: Parameters, inputs [T, ...] and starts (`h_0`), as `evaluate` takes them.
        steps: T.
        source: (name, step) of one number, the step None for a total.
        targets: (name, step) of what is changed; several are changed together, as parameters that
            are shared.
        directions: [K, ...], in each of which the value is changed.

    Returns:
        [K].
    """
    unrolled = unroll(graph, steps)
    changed = {
        unrolled.values[target].number: directions * (STEP * 1j)
        for target in targets
        if target in unrolled.values
    }
    if not changed:
        return np.zeros(len(directions))
    result = _evaluate(unrolled, values, changed)[unrolled.value(*source).number]
    imaginary = np.imag(result) / STEP
    spread = np.broadcast_to(imaginary.reshape(-1), (len(directions),))
    return np.asarray(spread, dtype=np.float64)


def _evaluate(
    unrolled: UnrolledGraph, values: Mapping[str, Array], changed: Mapping[int, Array]
) -> dict[int, Array]:
    shapes = {n.key: n.shape for n in unrolled.graph.nodes if n.op in ("read", "parameter")}
    found: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for node in unrolled:
            if node.op == "number":
                value: Array = np.asarray(node.source.value if node.source else 0.0)
            elif node.op == "steps":
                value = np.asarray(float(unrolled.steps))
            elif node.op == "parameter":
                value = np.asarray(values[node.key])
            elif node.op == "input":
                assert node.step is not None, "internal: an input without a step"
                value = np.asarray(values[node.key][node.step - 1])
            elif node.op == "start":
                own = tuple(dim.size or 0 for dim in shapes[node.key])
                value = _start(node, values, own, found)
            elif node.op == "over_time":
                series = np.stack(np.broadcast_arrays(*(found[a.number] for a in node.args)))
                value = np.asarray(OVER_TIME[node.key](series, axis=0))
            else:
                value = _operate(node, [found[arg.number] for arg in node.args])
            found[node.number] = value + changed.get(node.number, 0.0)
    return found


def _start(
    node: UnrolledNode, values: Mapping[str, Array], own: tuple[int, ...], found: dict[int, Array]
) -> Array:
    assert node.step is not None, "internal: a start without a step"
    given = values.get(step_key(node.key, node.step))
    if given is not None:
        return np.asarray(given)
    if not node.args:
        return np.zeros(own)
    value = found[node.args[0].number]
    # The text may start a whole vector with one number, which may have a direction's axis.
    rank = len(node.args[0].source.shape) if node.args[0].source else 0
    return value.reshape(value.shape + (1,) * (len(own) - rank)) + np.zeros(own)


def _operate(node: UnrolledNode, args: list[Array]) -> Array:
    assert node.source is not None, "internal: an operation without a node"
    shapes = tuple(arg.shape for arg in node.source.args)
    scalar_norm = node.op == "norm" and not shapes[0]
    rule = _RULES.get("abs" if scalar_norm else node.op)
    return np.asarray(rule(*args) if rule is not None else compute(node.op, args, shapes))


def _abs(x: Array) -> Array:
    return np.where(np.real(x) < 0, -x, x)


def _erf(x: Array) -> Array:
    real = np.real(x)
    value = np.vectorize(math.erf, otypes=[float])(real) if np.size(x) else real
    slope = 2.0 / math.sqrt(math.pi) * np.exp(-(real**2))
    return np.asarray(value + 1j * slope * np.imag(x))


# Operations that are no analytic function of a complex number, continued as such from the real
# line: what is compared there (greater, smaller) is the real part. NumPy's comparisons do that.
_RULES: dict[str, Callable[[Array], Array]] = {
    "abs": _abs,
    "sign": lambda x: np.sign(np.real(x)),
    "step": lambda x: np.heaviside(np.real(x), 0.0),
    "erf": _erf,
    "gelu": lambda x: 0.5 * x * (1.0 + _erf(x / math.sqrt(2.0))),
    "softplus": lambda x: np.where(np.real(x) > 0, x, 0.0) + np.log1p(np.exp(-_abs(x))),
    "softsign": lambda x: x / (1.0 + _abs(x)),
    "log": lambda x: np.where(np.real(x) < 0, np.nan, np.log(x + 0j)),
}
