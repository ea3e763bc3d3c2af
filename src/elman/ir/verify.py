"""Checks that a typed step graph is well formed; every pass must leave it so."""

from __future__ import annotations

from elman.ir.graph import LEAVES, StepGraph, reachable
from elman.ir.operations import OPERATIONS, TIME_REDUCTIONS, same_shape


def verify(graph: StepGraph) -> None:
    """Checks a typed graph.

    Raises:
        AssertionError: The graph breaks a rule; the message names the node. That is a fault of
            elman, never of the user's text.
    """
    known = {*graph.definitions, *graph.inputs}
    for node in reachable(graph.roots()):
        where = f"internal: {node!r}"
        assert node.op in LEAVES or node.op in OPERATIONS, f"{where} has no row in the table"
        assert all(arg.number < node.number for arg in node.args), f"{where} precedes its argument"
        if node.op == "read":
            assert node.key in known, f"{where} reads an unknown name"
            if node.key in graph.definitions:
                assert node.lag, f"{where} reads a defined name at its own step"
                shape = graph.definitions[node.key].shape
                assert same_shape(node.shape, shape), f"{where} has the wrong shape"
        if node.op == "over_time":
            assert node.key in TIME_REDUCTIONS, f"{where} is no reduction"
            assert node.args[0].level == "step", f"{where} reduces what has no time"
        if node.op in OPERATIONS:
            _verify_shape(where, node.op, node)
    for (key, step), node in graph.starts.items():
        assert step <= 0, f"internal: start of {key} at step {step}"
        assert node.level == "static", f"internal: the start of {key} depends on time"


def _verify_shape(where: str, op: str, node: object) -> None:
    row = OPERATIONS[op]
    shapes = tuple(arg.shape for arg in node.args)  # type: ignore[attr-defined]
    assert row.arity is None or row.arity == len(shapes), f"{where} has {len(shapes)} arguments"
    if op == "concat":
        assert all(len(shape) <= 1 for shape in shapes), f"{where} joins a matrix"
        return
    expected = row.shape(shapes)
    assert expected is not None, f"{where} has arguments that do not fit"
    fits = same_shape(expected, node.shape)  # type: ignore[attr-defined]
    assert fits, f"{where} has the wrong shape"
