"""Places: order within a step, directions, bands, and a place for everything."""

from __future__ import annotations

from hypothesis import given, settings

from elman.ir import parse
from elman.paper.drawing.grid import find_grid
from elman.paper.drawing.items import find_items
from strategies import recurrences


def placed(text):
    items = find_items(parse(text).scalar_graph)
    grid = find_grid(items)
    by_name = {name: grid.places[key] for key, names in items.names.items() for name in names}
    by_name.update({i.name: grid.places[k] for k, i in items.items.items() if i.node is None})
    return by_name, grid


def test_the_tutorial():
    at, grid = placed("p_t = W h_{t-1}; q_t = U x_t; s_t = p_t + q_t; h_t = tanh(s_t); y_t = V h_t")
    assert [at[name][0] for name in "psh"] == [0, 1, 2]
    assert at["p"][1] == at["s"][1] == at["h"][1]  # one row
    assert at["q"][0] == at["s"][0] == at["x"][0]  # the input comes from right below
    assert at["y"][1] < at["h"][1] < at["q"][1] < at["x"][1]  # from the top to the bottom
    assert grid.columns == 3


def test_a_loop_that_runs_backward_ends_in_the_first_column():
    at, grid = placed("p_t = W k_{t+1}; k_t = tanh(p_t + x_t)")
    assert at["k"][0] == 0 and at["p"][0] == grid.columns - 1


def test_layers_stand_above_each_other():
    at, _ = placed("h_t = tanh(a h_{t-1} + x_t); k_t = tanh(b k_{t-1} + h_t); y_t = k_t^2")
    assert at["y"][1] < at["k"][1] < at["h"][1] < at["x"][1]


def test_without_any_loop():
    at, _ = placed("y_t = tanh(a x_t)")
    assert at["y"][1] < at["x"][1]


@settings(max_examples=60)
@given(recurrences())
def test_everything_has_a_place_of_its_own_in_the_grid(example):
    text, sizes = example
    items = find_items(parse(text).typed(sizes))
    grid = find_grid(items)
    assert set(grid.places) == set(items.items)
    assert len(grid.taken()) == len(grid.places)
    assert all(0 <= column < grid.columns for column, _ in grid.places.values())
