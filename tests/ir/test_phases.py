"""The order in which steps are computed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from elman.errors import CausalityError
from elman.ir import parse
from elman.ir.phases import find_phases
from strategies import recurrences


@pytest.mark.parametrize(
    ("text", "directions"),
    [
        ("h_t = a h_{t-1} + x_t", [None, "forward"]),
        ("k_t = a k_{t+1} + x_t", [None, "backward"]),
        ("y_t = a x_t + x_{t+1}", [None]),
        ("h_t = h_{t-1}; y_t = 2 h_t", ["forward", None]),
        ("h_t = h_{t-1} + x_t; k_t = k_{t+1} + h_t", [None, "forward", "backward"]),
        ("k_t = k_{t+1} + x_t; h_t = h_{t-1} + k_t; y_t = h_{t+2}",
         [None, "backward", "forward", None]),
    ],
)  # fmt: skip
def test_directions(text, directions):
    graph = parse(text).typed()
    assert [phase.direction for phase in find_phases(graph)] == directions


def test_two_groups_that_need_each_other_across_time():
    text = "h_t = h_{t-1} + k_{t-1}; k_t = k_{t+1} + h_t"
    with pytest.raises(CausalityError, match="need both the past and the future"):
        parse(text)


@settings(max_examples=40)
@given(recurrences())
def test_every_step_node_is_in_one_phase_after_what_it_needs(example):
    text, sizes = example
    graph = parse(text).typed(sizes)
    seen: set[int] = set()
    for phase in find_phases(graph):
        own = {node.number for node in phase.nodes}
        assert not own & seen
        for node in phase.nodes:
            needed = {arg.number for arg in node.args if arg.level == "step"}
            if node.op == "read" and node.key in graph.definitions:
                needed = {graph.definitions[node.key].number}
            assert needed <= seen | own
        seen |= own
    assert seen == {node.number for node in graph.nodes if node.level == "step"}
