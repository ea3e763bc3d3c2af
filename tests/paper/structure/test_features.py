"""A view of loops: their states, and the reads by which they depend on themselves."""

from __future__ import annotations

from elman.ir import parse
from elman.ir.phases import find_phases
from elman.paper.structure.features import LoopView, at_step


def test_states_and_reads_of_each_loop():
    recurrence = parse("h_t = tanh(a h_{t-2} + x_t); k_t = k_{t+1} + h_{t-1}")
    graph = recurrence.typed()
    loops = tuple(phase for phase in find_phases(graph) if phase.direction)
    view = LoopView(recurrence, graph, loops)
    assert [view.states_of(loop) for loop in loops] == [["h"], ["k"]]
    reads = [[at_step(node) for node in view.own_reads(loop)] for loop in loops]
    assert reads == [["h_{t-2}"], ["k_{t+1}"]]
