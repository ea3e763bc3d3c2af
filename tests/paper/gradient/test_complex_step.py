"""The complex step finds what torch finds, without any rule of differentiation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from elman.autodiff.vjp import VJPS, Vjp
from elman.ir import parse
from elman.ir.operations import OPERATIONS
from elman.ir.values import VALUES
from elman.paper.gradient.closed_form import derive
from elman.paper.gradient.closed_form_check import MOST_DIRECTIONS
from elman.paper.gradient.complex_step import differentiate_by_complex_step
from oracles import relative_error
from paper.derivatives import LIMIT, reference, texts, values_of, with_total
from strategies import recurrences


def check(text, sizes, steps):
    recurrence, total = with_total(text, sizes)
    pairs, values = values_of(recurrence, sizes, steps)
    expected = reference(recurrence, sizes, total, values, steps)
    graph = recurrence.typed(sizes)
    targets = {key: (key, None) for key in recurrence.parameters}
    targets |= {f"{key}_2": (key, 2) for key in recurrence.inputs}
    targets |= {f"{key}_m{-step}" if step < 0 else f"{key}_{step}": (key, step)
                for key, step in pairs}  # fmt: skip
    for name, (key, step) in targets.items():
        wanted = expected[key][1] if key in recurrence.inputs else expected[name]
        every = np.eye(wanted.size).reshape(wanted.size, *wanted.shape)
        source, place = (total, None), [(key, step)]
        found = differentiate_by_complex_step(graph, values, steps, source, place, every)
        assert relative_error(found.reshape(wanted.shape), wanted) <= LIMIT, name


@pytest.mark.parametrize("name", texts())
def test_every_entry_is_what_torch_finds(name):
    check(*texts()[name], 3)


@settings(max_examples=12)
@given(case=recurrences(smooth=True))
def test_random_recurrences(case):
    check(*case, 3)


ONE = [key for key, row in OPERATIONS.items() if row.kind == "elementwise" and row.arity == 1]


@pytest.mark.parametrize("function", ONE)
def test_every_function_has_the_slope_that_differences_have(function):
    if function in ("negate", "step", "erf"):
        pytest.skip("not a word of the notation")
    graph = parse(f"h_t = {function}(w x_t) + 0 h_{{t-1}}; L = sum_t h_t").typed()
    value = VALUES[function]
    for w in (0.7, -0.7) if function not in ("log", "sqrt") else (0.7,):
        at = {"w": np.array(w), "x": np.array([1.0])}
        found = differentiate_by_complex_step(graph, at, 1, ("L", None), [("w", None)], np.ones(1))
        differences = (value(np.array(w + 1e-6)) - value(np.array(w - 1e-6))) / 2e-6
        np.testing.assert_allclose(found, differences, atol=1e-8)


def test_a_wrong_rule_is_seen(monkeypatch):
    text = "h_t = tanh(W h_{t-1} + U x_t); y_t = sum(h_t); L = sum_t y_t"
    right = derive(parse(text), "L", "W", 3, sizes={"x": 2, "h": 3})
    assert right.check < 1e-13
    assert right.checked_by == "the complex step"
    wrong = Vjp(by_inputs=(lambda site: site.d * 0.9,))
    monkeypatch.setitem(VJPS, "tanh", wrong)
    assert derive(parse(text), "L", "W", 3, sizes={"x": 2, "h": 3}).check > 1e-2


def test_many_entries_are_changed_together():
    text = "h_t = tanh(W h_{t-1} + U x_t); y_t = sum(h_t); L = sum_t y_t"
    assert 12 * 12 > MOST_DIRECTIONS
    form = derive(parse(text), "L", "W", 4, sizes={"x": 2, "h": 12})
    assert 0 < form.check < 1e-12


def test_what_does_not_occur_has_no_derivative():
    graph = parse("h_t = a h_{t-1} + x_t; L = sum_t h_t").typed()
    values = {"a": np.array(2.0), "x": np.array([1.0])}
    found = differentiate_by_complex_step(
        graph, values, 1, ("L", None), [("b", None)], np.ones((1,))
    )
    assert found.tolist() == [0.0]
