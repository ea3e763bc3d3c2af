"""Every text of the corpus: read, printed, read again, and computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

import corpus
from by_hand import Values, classic, functions, gated, papers, pasted
from elman.ir import evaluate, parse, print_graph
from oracles import assert_close, random_values

BY_HAND = functions(classic, gated, papers, pasted)
STEPS = 5


@pytest.fixture(params=corpus.load(), ids=corpus.names())
def entry(request):
    """One text of the corpus."""
    return request.param


def test_the_graph_is_the_one_it_must_give(entry, golden):
    recurrence = parse(entry.text)
    roles = "\n".join(
        f"{role}: {', '.join(getattr(recurrence, role)) or '-'}"
        for role in "states inputs parameters intermediates outputs totals".split()
    )
    notes = "".join(f"note: {note}\n" for note in recurrence.notes(entry.sizes))
    graph = print_graph(recurrence.typed(entry.sizes))
    golden(f"corpus/{entry.name}.txt", f"{roles}\n{notes}\n{graph}\n")


def test_both_spellings_read_back_as_the_same(entry):
    recurrence = parse(entry.text)
    graph = print_graph(recurrence.typed(entry.sizes))
    for text in (recurrence.plain(), recurrence.latex(), "\n".join(recurrence.latex_lines())):
        again = parse(text)
        assert again.statements == recurrence.statements, text
        assert print_graph(again.typed(entry.sizes)) == graph
        assert again.roles == recurrence.roles


def test_the_values_are_those_computed_by_hand(entry):
    recurrence = parse(entry.text)
    values = random_values(recurrence, entry.sizes, STEPS, seed=len(entry.name))
    found = evaluate(recurrence.typed(entry.sizes), values, STEPS)
    inputs = {key: values.pop(key) for key in recurrence.inputs}
    by_hand = BY_HAND[entry.name](Values(values, inputs, STEPS))
    defined = {*recurrence.states, *recurrence.outputs, *recurrence.totals}
    assert defined <= set(by_hand), f"{entry.name} leaves out {defined - set(by_hand)}"
    expected = {
        key: value[1 : STEPS + 1] if np.ndim(value) else value for key, value in by_hand.items()
    }
    assert_close({**found.sequences, **found.values}, expected)


def test_every_function_by_hand_has_its_text():
    assert set(BY_HAND) == set(corpus.names())
