"""Every elementwise operation of the table has a lowering that gives its value."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from codegen.kernels import run_kernel
from elman.codegen.elementwise import LOWERINGS
from elman.codegen.kernel import Kernel
from elman.codegen.schedule import schedule
from elman.ir.graph import Dim, GraphBuilder, StepGraph
from elman.ir.operations import OPERATIONS
from elman.ir.values import compute

ELEMENTWISE = sorted(name for name, row in OPERATIONS.items() if row.kind == "elementwise")
SIZE = (Dim("h", 21),)


def run(op: str, values: list[np.ndarray]) -> np.ndarray:
    """Applies one operation to vectors of 21 at each of five steps, by a kernel."""
    builder = GraphBuilder()
    names = [f"x{i}" for i in range(len(values))]
    reads = [builder.node("read", key=name, shape=SIZE) for name in names]
    result = builder.node(op, reads, shape=SIZE)
    graph = StepGraph(tuple(builder.nodes), {"y": result}, {}, {}, {}, tuple(names), ())
    kernel = Kernel(schedule(graph, ["y"], kept=["y"]), torch.float64)
    inputs = {name: torch.from_numpy(v) for name, v in zip(names, values, strict=True)}
    return run_kernel(kernel, {}, inputs, ["y"], steps=5, batch=3)[0].numpy()


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_value_is_that_of_the_table(op):
    generator = np.random.default_rng(3)
    arity = OPERATIONS[op].arity
    values = [generator.normal(size=(5, 3, 21)) * 3 for _ in range(arity)]
    if op in ("log", "sqrt", "power"):
        values[0] = np.abs(values[0])
    expected = compute(op, values, (SIZE,) * arity)
    np.testing.assert_allclose(run(op, values), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("op", ["minimum", "maximum", "relu", "elu", "leaky_relu", "sign"])
def test_what_is_not_a_number_stays_so(op):
    arity = OPERATIONS[op].arity
    values = [np.ones((5, 3, 21)) for _ in range(arity)]
    for value in values:
        copies = [v.copy() for v in values]
        place = next(i for i, v in enumerate(values) if v is value)
        copies[place][2, 1, 20] = np.nan
        assert np.isnan(run(op, copies)[2, 1, 20])


def test_no_lowering_is_without_an_operation():
    assert set(LOWERINGS) - set(OPERATIONS) == {"copy"}
