"""The eager back end against the NumPy values of the table of operations, and the interpreter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.codegen.eager import BY_SHAPE, LOWERINGS, EagerProgram, apply_operation, reduce_over_time
from elman.ir import Dim, Node, evaluate, parse
from elman.ir.operations import OPERATIONS
from elman.ir.values import compute

N = Dim("n", 4)
# Shapes of arguments under which each operation makes sense; elementwise ones are not listed.
SHAPES = {
    "matmul": [((N, N), (N,)), ((N,), (N, N)), ((N, N), (N, N))],
    "dot": [((N,), (N,))],
    "outer": [((N,), (N,))],
    "transpose": [((N, N),)],
    "concat": [((N,), (), (N,))],
    "softmax": [((N,),)],
    "layernorm": [((N,),)],
    "others": [((N,),)],
}
# `part` takes literal bounds, and `over_time` whole sequences; both are tested through recurrences.
SKIPPED = {"over_time", "part"}


def _cases() -> list[tuple[str, tuple[tuple[Dim, ...], ...]]]:
    cases = []
    for name, row in OPERATIONS.items():
        if name in SKIPPED:
            continue
        if name in SHAPES:
            cases += [(name, shapes) for shapes in SHAPES[name]]
        elif row.kind == "elementwise":
            arity = row.arity or 2
            cases.append((name, ((N,),) * arity))
            if arity > 1:
                cases.append((name, ((N,),) + ((),) * (arity - 1)))
        elif row.kind == "reduction":
            cases.append((name, ((N,),)))
        elif name == "expand":
            cases.append((name, ((), (N,))))
    return cases


def test_every_operation_has_a_row() -> None:
    assert set(OPERATIONS) - {"over_time"} == set(LOWERINGS) | set(BY_SHAPE)


@pytest.mark.parametrize(("name", "shapes"), _cases())
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_every_operation_equals_its_numpy_value(
    name: str, shapes: tuple[tuple[Dim, ...], ...], batch: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(7)
    values = [rng.uniform(0.2, 2.0, (*batch, *(d.size for d in shape))) for shape in shapes]
    args = tuple(Node("read", key=str(i), shape=shape) for i, shape in enumerate(shapes))
    node = Node(name, args, shape=shapes[0])
    expected = compute(name, values, shapes)
    got = apply_operation(node, [torch.from_numpy(value) for value in values])
    np.testing.assert_allclose(got.numpy(), expected, rtol=0, atol=1e-13)


TEXTS = [
    ("h_t = tanh(W h_{t-1} + U x_t)\ny_t = V h_{t-2} + A x_{t-3}", {"x": 2, "h": 3, "y": 3}),
    ("k_t = tanh(W k_{t+2} + U x_{t+1})\nz = \\prod_t k_t\nm = \\max_t k_t", {"x": 2, "k": 3}),
    ("a_t = tanh(W a_{t-1} + U x_t)\nb_t = tanh(V [a_t, b_{t+1}])", {"x": 2, "a": 3, "b": 4}),
    ("c_t = g * c_{t-1} + q_t x_t^T\nq_t = A x_t\nc: [3, 2]", {"x": 2, "q": 3}),
    ("h_t = 0.5 h_{t-1} + x_t\nL = \\frac{1}{T} \\sum_t h_t^2\nh_0 = s", {}),
]


@pytest.mark.parametrize(("text", "sizes"), TEXTS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_whole_recurrences_equal_the_interpreter(
    text: str, sizes: dict[str, int], steps: int
) -> None:
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    shapes = recurrence.shapes(sizes)
    rng = np.random.default_rng(1)

    def draw(*lead: int, key: str) -> np.ndarray:
        return rng.normal(size=(*lead, *(dim.size or 0 for dim in shapes[key])))

    parameters = {key: draw(key=key) for key in recurrence.parameters}
    inputs = {key: draw(steps, 4, key=key) for key in recurrence.inputs}
    expected = evaluate(graph, parameters | inputs)
    result = EagerProgram(graph).run(
        {key: torch.from_numpy(value) for key, value in parameters.items()},
        {key: torch.from_numpy(value) for key, value in inputs.items()},
        {},
        steps=steps,
        batch=4,
    )
    for key, sequence in result.sequences.items():
        np.testing.assert_allclose(sequence, expected.sequences[key], atol=1e-13, err_msg=key)
    for key, total in result.totals.items():
        np.testing.assert_allclose(total, expected.values[key], atol=1e-13, err_msg=key)


@pytest.mark.parametrize("kind", ["mean", "max", "min"])
def test_what_is_undefined_over_no_steps_is_not_a_number(kind: str) -> None:
    value = reduce_over_time(kind, torch.zeros(0, 4, 3))
    assert value.shape == (4, 3)
    assert value.isnan().all()
