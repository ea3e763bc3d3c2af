"""The adjoint of a recurrence is what torch's automatic differentiation computes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import settings

import corpus
from autodiff.corpus import CORPUS
from autodiff.reference import start_values, torch_gradients
from elman.autodiff import differentiate, gradients
from elman.ir import parse
from oracles import random_values, relative_error
from strategies import recurrences

LIMIT = 1e-10


def check(text, sizes, steps, by="outputs", given_starts=True, outputs=None):
    recurrence = parse(text)
    graph = recurrence.typed(sizes)
    values = random_values(recurrence, sizes, steps, seed=steps)
    pairs = []
    if given_starts:
        pairs, starts = start_values(graph, steps)
        values |= starts
    seeds = {"total": next(reversed(graph.totals))} if outputs is None else {}
    given = {}
    for key in outputs or ():
        shape = tuple(dim.size for dim in graph.definitions[key].shape)
        given[key] = np.random.default_rng(7).normal(size=(steps, *shape))
    adjoint = differentiate(graph, **seeds, outputs=outputs, by=by, through_starts=not given_starts)
    found = gradients(adjoint, values, given, steps)
    expected = torch_gradients(graph, values, **seeds, given=given, starts=pairs, steps=steps)
    for key, value in expected.items():
        mine = found.get(key, np.zeros_like(value))
        assert relative_error(mine, value) <= LIMIT, key


@pytest.mark.parametrize("by", ["inputs", "outputs"])
@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_gradients_of_a_total(name, by, steps):
    check(*CORPUS[name], steps, by)


@pytest.mark.parametrize("name", CORPUS)
def test_gradients_through_the_starts_of_the_text(name):
    check(*CORPUS[name], 4, given_starts=False)


@pytest.mark.parametrize("name", CORPUS)
def test_gradients_of_all_sequences(name):
    outputs = list(parse(CORPUS[name][0]).graph.definitions)
    check(*CORPUS[name], 4, outputs=outputs)


@pytest.mark.parametrize("name", corpus.names())
def test_gradients_of_the_texts_of_the_corpus(name):
    entry = next(entry for entry in corpus.load() if entry.name == name)
    outputs = list(parse(entry.text).graph.definitions)
    check(entry.text, entry.sizes, 3, outputs=outputs)


@settings(max_examples=60, deadline=None)
@examples(case=recurrences(smooth=True))
def test_gradients_of_random_recurrences(case):
    text, sizes = case
    check(text, sizes, 4, outputs=list(parse(text).graph.definitions))
    check(text, sizes, 1, by="inputs", outputs=list(parse(text).outputs))
    if parse(text).totals and not parse(text).typed(sizes).totals["L"].shape:
        check(text, sizes, 3)
