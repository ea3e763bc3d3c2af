"""With checkpoints, exactly what is listed lets a backward pass go on from the moment it is at.

A backward pass is taken up at one moment: what it has done so far is there, of the forward values
only those that are listed. Its segment reads them, later segments are computed again from them.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from elman.autodiff import adjoint_values
from elman.ir import evaluate, parse
from elman.paper.memory.segments import SegmentWalk, Sweeps, _SweepWalk
from elman.paper.memory.stored import MemoryCounter, count_memory
from elman.paper.memory.walk import find_stored, gradient_roots, start_roots
from paper.derivatives import texts, values_of, with_total
from strategies import recurrences

EVERY = 3


class Resumed:
    """A backward pass that goes on from a moment."""

    def __init__(self, text, sizes, steps):
        recurrence, total = with_total(text, sizes)
        _, self.values = values_of(recurrence, sizes, steps)
        self.steps = steps
        self.counter = MemoryCounter(recurrence, total, None, sizes)
        self.graph = self.counter.graph
        self.adjoint = self.counter.adjoints["outputs"]
        self.walk = SegmentWalk(recurrence, self.adjoint, steps, EVERY)
        self.sweeps = self.walk.sweeps
        self.moments = self.counter.moments(steps, EVERY)
        self.always = frozenset.intersection(*(moment.values for moment in self.moments))
        self.full = evaluate(self.graph, self.values, steps)
        self.given = adjoint_values(self.adjoint, self.full)
        self.truth = evaluate(self.adjoint.graph, self.given, steps)
        follow = _SweepWalk(self.adjoint, self.sweeps, steps)
        follow.follow(
            gradient_roots(self.adjoint, steps) + start_roots(self.adjoint, self.counter.wrt, steps)
        )
        levels = {node.number: node.level for node in self.adjoint.graph.nodes}
        self.needed = {place for place in follow.seen if place[1] and levels[place[0]] == "step"}

    def is_right(self, moment, listed):
        """Whether all cotangents come out that are still to be computed."""
        own = (moment.first, moment.last)
        place = [(m.sweep, m.first) for m in self.moments].index((moment.sweep, moment.first))
        if not self.segment_is_right(moment.sweep, own, self.stored(self.given, listed)):
            return False
        return all(
            self.segment_is_right(m.sweep, (m.first, m.last), self.recomputed(m, listed))
            for m in self.moments[place + 1 :]
        )

    def stored(self, given, there):
        """What an adjoint is given where only some values are there."""
        found = dict(given)
        for key, node in self.adjoint.residuals.items():
            if key not in found:
                continue
            found[key] = np.array(found[key], dtype=float)
            for t in range(1, self.steps + 1):
                value = find_stored(self.graph, node, t, self.steps)
                if node.level == "step" and value is not None and value not in there:
                    found[key][t - 1] = np.nan
            if node.level == "total" and (node.number, None) not in there:
                found[key] = np.full_like(found[key], np.nan)
        return found

    def recomputed(self, moment, listed):
        """The same, where a segment is computed again from what is listed at its ends."""
        segment = (moment.first, moment.last)
        entry = self.walk.entry(segment, self.counter.recurrence.states)

        def start(node, t, value):
            if (node.number, t) not in entry:
                return value
            if (node.number, t) in listed:
                return self.full.nodes[node.number][t - 1]
            return np.full_like(value, np.nan)

        again = evaluate(self.graph, self.values, self.steps, observe=start)
        given = adjoint_values(self.adjoint, again)
        kept = self.always & listed
        for key, node in self.adjoint.residuals.items():
            if key not in given or node.level != "step":
                continue
            given[key] = np.array(given[key], dtype=float)
            for t in range(1, self.steps + 1):
                value = find_stored(self.graph, node, t, self.steps)
                inside = value is not None and moment.first <= value[1] <= moment.last
                if value in kept:
                    given[key][t - 1] = self.given[key][t - 1]
                elif value is not None and not inside and value not in entry & listed:
                    given[key][t - 1] = np.nan
        return given

    def segment_is_right(self, sweep, segment, given):
        first, last = segment
        # What forward values alone make is carried on, as cotangents are.
        ascends = self.sweeps.ascends[sweep - 1]
        passed = {
            (n, t)
            for n, t, at_sweep, at in self.needed
            if at_sweep == sweep and (at < first if ascends else at > last)
        }

        def done(node, t, value):
            at = self.sweeps.of.get(node.number, 0)
            before = at and (at < sweep or (at == sweep and t and not first <= t <= last))
            before = before or (not at and (node.number, t) in passed)
            return self.truth.nodes[node.number][t - 1] if before and t else value

        found = evaluate(self.adjoint.graph, given, self.steps, observe=done)
        return all(
            np.allclose(found.nodes[n][t - 1], self.truth.nodes[n][t - 1], rtol=1e-9, atol=1e-12)
            for n, t, at_sweep, at in self.needed
            if at_sweep == sweep and first <= at <= last
        )


def check(text, sizes, steps, removed):
    resumed = Resumed(text, sizes, steps)
    fullest = max(resumed.moments, key=lambda moment: len(moment.values))
    assert resumed.counter.checkpointed(steps, EVERY) == fullest.values
    moments = {(m.sweep, m.first): m for m in (resumed.moments[0], fullest)}
    for moment in moments.values():
        assert resumed.is_right(moment, moment.values), moment
        sequences = sorted(value for value in moment.values if value[1] is not None)
        for value in sequences[:: max(1, len(sequences) // removed)]:
            assert not resumed.is_right(moment, moment.values - {value}), (moment, value)


@pytest.mark.parametrize("name", texts())
def test_what_is_listed_is_what_is_needed(name):
    check(*texts()[name], 7, removed=3)


@settings(max_examples=15)
@given(case=recurrences(smooth=True))
def test_what_is_listed_is_what_is_needed_in_random_recurrences(case):
    check(*case, 7, removed=4)


BOTH = "h_t = tanh(a h_{t-1} + x_t); k_t = tanh(b k_{t+1} + x_t); L = sum_t (h_t * k_t)"


def test_a_bidirectional_network_is_gone_back_through_once_for_each_direction():
    counter = MemoryCounter(parse(BOTH), "L", None, None)
    moments = counter.moments(6, 2)
    assert [(m.sweep, m.first) for m in moments] == [(1, 1), (1, 3), (1, 5), (2, 5), (2, 3), (2, 1)]
    names = [set(counter._names(moment.values)) for moment in moments]
    # k is gone back through first, from its end, and the states of both are there to begin with.
    assert names[0] == {"k_1", "k_2", "k_3", "k_5", "h_1", "h_2", "h_4"}
    assert names[-1] == {"h_1", "h_2", "k_1", "k_2"}
    found = count_memory(parse(BOTH), "L", steps=60, every=6).conventions["checkpoints"]
    assert found.formula == "2*((T + 5)//6) + 9"
    assert found.count == 29


def test_stacked_loops_share_a_sweep_unless_one_looks_ahead():
    text = "h_t = tanh(a h_{t-1} + x_t); k_t = tanh(b k_{t-1} + %s); L = sum_t k_t"
    for read, sweeps in (("h_t", [False]), ("h_{t-1}", [False]), ("h_{t+1}", [False, False])):
        adjoint = MemoryCounter(parse(text % read), "L", None, None).adjoints["outputs"]
        assert Sweeps(adjoint).ascends == sweeps
    turned = "h_t = tanh(a h_{t-1} + x_t); k_t = tanh(b k_{t+1} + h_t); L = sum_t k_t"
    adjoint = MemoryCounter(parse(turned), "L", None, None).adjoints["outputs"]
    assert Sweeps(adjoint).ascends == [True, False]
