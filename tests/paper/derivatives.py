"""What the tests of derivatives on paper share: texts with a scalar total, and evaluators."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import corpus
from autodiff.corpus import CORPUS
from autodiff.reference import start_values, torch_gradients
from elman.equations.names import write_name
from elman.equations.syntax import Index
from elman.ir import Recurrence, parse
from elman.ir.operations import OPERATIONS
from elman.ir.values import VALUES
from elman.paper.gradient.names import python_name
from oracles import random_values

LIMIT = 1e-10


def with_total(text: str, sizes: dict[str, int]) -> tuple[Recurrence, str]:
    """A recurrence with a scalar total, one added where the text has none."""
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    for key, node in graph.totals.items():
        if not node.shape:
            return recurrence, key
    output = recurrence.outputs[0]
    brackets = re.search(r"\w\[t", text)
    name = f"{output}[t]" if brackets else write_name(output, Index("t"))
    entries = f"sum({name} * {name})" if graph.definitions[output].shape else f"{name}^2"
    if brackets:
        return parse(f"{text}\np[t] = {entries}\nQ = sum(p)"), "Q"
    return parse(f"{text}\nQ = \\sum_t {entries}"), "Q"


def texts() -> dict[str, tuple[str, dict[str, int]]]:
    """Every text that derivatives are tested on, with its sizes."""
    return CORPUS | {entry.name: (entry.text, entry.sizes) for entry in corpus.load()}


def values_of(
    recurrence: Recurrence, sizes: dict[str, int], steps: int
) -> tuple[list[tuple[str, int]], dict[str, Any]]:
    """Random values for everything, and the starts that they have; those of the text stay."""
    graph = recurrence.typed(sizes)
    pairs, starts = start_values(graph, steps)
    pairs = [pair for pair in pairs if pair not in graph.starts]
    kept = {f"{k}_m{-s}" if s < 0 else f"{k}_{s}" for k, s in pairs}
    values = random_values(recurrence, sizes, steps, seed=steps)
    return pairs, values | {key: value for key, value in starts.items() if key in kept}


def reference(
    recurrence: Recurrence, sizes: dict[str, int], total: str, values: dict[str, Any], steps: int
) -> dict[str, Any]:
    """The gradients that torch finds, by name."""
    pairs, _ = values_of(recurrence, sizes, steps)
    graph = recurrence.typed(sizes)
    return torch_gradients(graph, values, total=total, starts=pairs, steps=steps)


def run_python(plain: str, names: dict[str, Any]) -> Any:
    """The value of a closed form: its lines run as Python, on values by name."""

    def one(key):
        return lambda x: VALUES[key](np.asarray(x, dtype=float))

    def reduced(key):
        return lambda x: VALUES[key](np.asarray(x, dtype=float), np.ndim(x))

    space = {key: one(key) for key, row in OPERATIONS.items() if row.arity == 1}
    kinds = ("reduction",)
    space |= {key: reduced(key) for key, row in OPERATIONS.items() if row.kind in kinds}
    space |= {"others": reduced("others"), "abs": abs, "outer": np.outer, "ones": np.ones}
    space |= {"concatenate": lambda parts: np.concatenate([np.atleast_1d(p) for p in parts])}
    space |= {"maximum": np.maximum, "minimum": np.minimum, "clip": np.clip}
    space |= {python_name(key, None): np.asarray(value) for key, value in names.items()}
    *lines, last = plain.splitlines()
    for line in lines:
        name, _, body = line.partition(" = ")
        space[name] = eval(body, {"__builtins__": {}}, space)
    return eval(last, {"__builtins__": {}}, space)
