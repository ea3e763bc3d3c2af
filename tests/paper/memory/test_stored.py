"""Exactly what is listed as stored is what the backward pass reads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autodiff.corpus import TUTORIAL_2
from elman.autodiff import adjoint_values
from elman.errors import DataError, DifferentiationError
from elman.ir import evaluate, parse
from elman.paper.memory.stored import MemoryCounter, count_memory, stored_places
from elman.paper.memory.walk import find_stored
from paper.derivatives import texts, values_of, with_total
from strategies import recurrences

INSIDE = r"\tau_t = Wh_{t-1} + Ux_t; h_t = \tanh(\tau_t); y_t = Vh_t; z = \prod_i y_i"
WITHOUT_TAU = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t; z = \prod_i y_i"


@pytest.mark.parametrize("text", [TUTORIAL_2, INSIDE, WITHOUT_TAU])
@pytest.mark.parametrize("wrt", [["W"], None])
def test_exercise_2(text, wrt):
    memory = count_memory(parse(text), "z", wrt=wrt, steps=100)
    inputs, outputs = memory.conventions["inputs"], memory.conventions["outputs"]
    assert (inputs.at_two, inputs.count, inputs.formula) == (5, 299, "3*T - 1")
    assert (outputs.at_two, outputs.count, outputs.formula) == (4, 200, "2*T")
    two = count_memory(parse(text), "z", wrt=wrt, steps=2).conventions
    tau = ("W h_0 + U x_1", "W h_1 + U x_2") if text == WITHOUT_TAU else ("tau_1", "tau_2")
    assert set(two["inputs"].variables) == {*tau, "h_1", "y_1", "y_2"}
    assert set(two["outputs"].variables) == {"h_1", "h_2", "y_1", "y_2"}


def test_parameters_beyond_the_states_are_told_apart():
    memory = count_memory(parse(INSIDE + "; q_t = V x_t"), "z", steps=3)
    assert memory.wrt == ("W", "U")
    lstm = count_memory(parse(texts()["lstm"][0]), "y", steps=4)
    assert lstm.extra == {"V": ("h_4",), "by": ()}


def test_checkpoints_are_every_kth_state_and_one_segment():
    recurrence = parse("h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t")
    found = count_memory(recurrence, "L", steps=12, every=4).conventions["checkpoints"]
    assert found.variables == ("h_4", "h_8", "h_9", "h_10", "h_11", "h_12")
    assert (found.count, found.formula, found.every) == (6, "(T//4) + 3", 4)
    for steps in (9, 10, 13, 40, 41):
        held = count_memory(recurrence, "L", steps=steps, every=4).conventions["checkpoints"]
        assert held.count == steps // 4 + 3


def test_checkpoints_of_a_loop_that_runs_backward():
    recurrence = parse("k_t = tanh(w k_{t+1} + x_t); L = sum_t k_t")
    found = count_memory(recurrence, "L", steps=12, every=4).conventions["checkpoints"]
    assert found.variables == ("k_1", "k_2", "k_3", "k_4", "k_5", "k_9")


def test_formula_holds_at_every_number_of_steps():
    recurrence = parse(texts()["gru"][0])
    for name, found in count_memory(recurrence, "L", steps=20).conventions.items():
        for steps in (2, 7, 33):
            again = count_memory(recurrence, "L", steps=steps, every=found.every)
            if name != "checkpoints" or steps > 2 * found.every:
                assert eval(found.formula, {"T": steps}) == again.conventions[name].count


def test_bytes_need_sizes():
    recurrence = parse(texts()["lstm"][0])
    assert count_memory(recurrence, "L").conventions["outputs"].bytes is None
    sizes = {"x": 3, "h": 4, "y": 2}
    memory = count_memory(recurrence, "L", steps=10, sizes=sizes)
    found = memory.conventions["outputs"]
    assert found.bytes == 4 * (4 * (found.count - 10) + 10 * 2)  # y_t of size 2, the rest of h's


def poison(counter, by, values, steps, listed):
    """The gradients with every value outside of a list set to NaN."""
    adjoint = counter.adjoints[by]
    forward = evaluate(counter.graph, values, steps)
    given = adjoint_values(adjoint, forward)
    for key, node in adjoint.residuals.items():
        if key in given:
            given[key] = np.array(given[key], dtype=float)
            for t in range(1, steps + 1):
                value = find_stored(counter.graph, node, t, steps)
                if node.level == "step" and value is not None and value not in listed:
                    given[key][t - 1] = np.nan
            if node.level == "total" and (node.number, None) not in listed:
                given[key] = np.full_like(given[key], np.nan)
    backward = evaluate(adjoint.graph, given, steps)
    return {key: np.asarray(backward.values[name]) for key, name in adjoint.gradients.items()}


def check_poison(text, sizes, steps, by):
    recurrence, total = with_total(text, sizes)
    _, values = values_of(recurrence, sizes, steps)
    counter = MemoryCounter(recurrence, total, None, sizes)
    stored = counter.stored(by, steps)
    adjoint = counter.adjoints[by]
    numbers = {find_stored(counter.graph, n, None, steps) for n in adjoint.statics.values()}
    sequences = {value for value in stored if value not in numbers}
    everything = {(n.number, t) for n in counter.graph.nodes for t in (None, *range(1, steps + 1))}
    whole = poison(counter, by, values, steps, everything)
    kept = poison(counter, by, values, steps, stored)
    for key in whole:
        np.testing.assert_array_equal(kept[key], whole[key])
    for value in sorted(sequences, key=str)[:: max(1, len(sequences) // 8)]:
        less = poison(counter, by, values, steps, stored - {value})
        assert any(not np.array_equal(less[key], whole[key]) for key in whole), value


@pytest.mark.parametrize("by", ["inputs", "outputs"])
@pytest.mark.parametrize("name", texts())
def test_what_is_listed_is_what_is_read(name, by):
    check_poison(*texts()[name], 4, by)


@settings(max_examples=25)
@given(case=recurrences(smooth=True))
def test_what_is_listed_is_what_is_read_in_random_recurrences(case):
    for by in ("inputs", "outputs"):
        check_poison(*case, 3, by)


def test_the_drawing_is_told_names_or_nodes():
    places = stored_places(parse(INSIDE), 2, "inputs", of="z", wrt=["W"])
    assert places == {("tau", 1), ("tau", 2), ("h", 1), ("y", 1), ("y", 2)}
    unnamed = stored_places(parse(WITHOUT_TAU), 2, "inputs", of="z", wrt=["W"])
    assert {type(name) for name, _ in unnamed} == {str, int}
    with pytest.raises(ValueError, match="'all'; it must be one of"):
        stored_places(parse(INSIDE), 2, "all")


def test_bad_questions():
    recurrence = parse(INSIDE)
    with pytest.raises(DataError, match="'Q' is no name"):
        count_memory(recurrence, "Q")
    with pytest.raises(DataError, match="y stands for all its steps"):
        count_memory(recurrence, "y_2")
    with pytest.raises(DifferentiationError, match="h is no scalar"):
        count_memory(recurrence, "h")
    with pytest.raises(ValueError, match="steps is 0"):
        count_memory(recurrence, "z", steps=0)
    with pytest.raises(ValueError, match="every is 0"):
        count_memory(recurrence, "z", every=0)
