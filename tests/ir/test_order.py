"""The order of definitions, and the cycles among them."""

from __future__ import annotations

from elman.ir.order import dependency_order, depth_of_chains


def test_the_needed_come_first():
    links = {"a": ["b", "c"], "b": ["c"], "c": [], "d": []}
    order, cycles = dependency_order(links)
    assert order == ["c", "b", "a", "d"]
    assert cycles == []
    assert depth_of_chains(links, order) == 3


def test_cycles_and_what_needs_them_are_left_out():
    links = {"a": ["b"], "b": ["a"], "c": ["a"], "d": [], "e": ["e"]}
    order, cycles = dependency_order(links)
    assert order == ["d"]
    assert cycles == [["a", "b", "a"], ["e", "e"]]


def test_a_long_chain_needs_no_recursion():
    links = {str(i): [str(i + 1)] for i in range(50_000)} | {"50000": []}
    order, _ = dependency_order(links)
    assert order[0] == "50000"
    assert depth_of_chains(links, order) == 50_001
