"""The oracle of derivatives: torch differentiates the eager evaluation in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from elman.codegen.eager import EagerProgram
from elman.ir.graph import StepGraph, reachable


def boundary_steps(graph: StepGraph, steps: int) -> list[tuple[str, int]]:
    """The (state, step) pairs outside 1..T that some step reads."""
    found = set()
    for node in reachable(graph.roots()):
        if node.op == "read" and node.lag and node.key in graph.definitions:
            reached = {t - node.lag for t in range(1, steps + 1)}
            found |= {(node.key, step) for step in reached if not 1 <= step <= steps}
    return sorted(found)


def torch_gradients(
    graph: StepGraph,
    values: Mapping[str, np.ndarray],
    *,
    total: str | None = None,
    given: Mapping[str, np.ndarray] | None = None,
    starts: Sequence[tuple[str, int]] = (),
    steps: int,
) -> dict[str, np.ndarray]:
    """Gradients of a total, or of outputs with given cotangents, in everything by name.

    `starts` are differentiated where `values` has them as `h_0`.
    """

    def tensor(value: np.ndarray) -> torch.Tensor:
        return torch.tensor(np.asarray(value), dtype=torch.float64, requires_grad=True)

    parameters = {key: tensor(values[key]) for key in graph.parameters}
    inputs = {key: tensor(np.asarray(values[key])[:, None]) for key in graph.inputs}
    before = {pair: tensor(values[name(*pair)][None]) for pair in starts}
    result = EagerProgram(graph).run(parameters, inputs, before, steps=steps, batch=1)
    known = result.sequences | result.totals
    scalar = torch.zeros((), dtype=torch.float64)
    if total is not None:
        scalar = scalar + known[total].sum()
    for key, cotangent in (given or {}).items():
        weight = torch.tensor(cotangent, dtype=torch.float64)
        if key in result.sequences:
            weight = weight[:, None]
        scalar = scalar + (known[key] * weight).sum()
    leaves = {**parameters, **inputs, **{name(*pair): leaf for pair, leaf in before.items()}}
    if not scalar.requires_grad:
        return {key: np.zeros(np.shape(values[key])) for key in leaves}
    found = torch.autograd.grad(scalar, list(leaves.values()), allow_unused=True)
    gradients = {}
    for (key, leaf), gradient in zip(leaves.items(), found, strict=True):
        array = np.zeros(leaf.shape) if gradient is None else gradient.numpy()
        if key in inputs:
            array = array[:, 0]
        elif key not in parameters:
            array = array[0]
        gradients[key] = array
    return gradients


def name(key: str, step: int) -> str:
    """`h_0`, `h_m1`."""
    return f"{key}_m{-step}" if step < 0 else f"{key}_{step}"


def start_values(
    graph: StepGraph, steps: int, seed: int = 1
) -> tuple[list[tuple[str, int]], dict[str, np.ndarray]]:
    """Random values for every start that is read, and which they are."""
    generator = np.random.default_rng(seed)
    pairs = boundary_steps(graph, steps)
    values = {}
    for key, step in pairs:
        shape = tuple(dim.size or 0 for dim in graph.definitions[key].shape)
        values[name(key, step)] = generator.normal(size=shape)
    return pairs, values
