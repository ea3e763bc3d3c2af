"""Closed forms are what torch computes, and the exercise's formula where it asks for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autodiff.corpus import TUTORIAL_2
from elman.errors import DifferentiationError
from elman.ir import evaluate, parse
from elman.paper.gradient.closed_form import derive
from oracles import relative_error
from paper.derivatives import LIMIT, reference, run_python, texts, values_of, with_total
from strategies import recurrences

BESIDE = TUTORIAL_2
INSIDE = r"\tau_t = Wh_{t-1} + Ux_t; h_t = \tanh(\tau_t); y_t = Vh_t; z = \prod_i y_i"
WITH_START = "h_t = tanh(w h_{t-1} + x_t); L = sum_t h_t"
VARIABLES = "y_1,y_2,h_0,h_1,tau_1,tau_2,W,V".split(",")


def check(text, sizes, steps, targets=None):
    recurrence, total = with_total(text, sizes)
    _, values = values_of(recurrence, sizes, steps)
    expected = reference(recurrence, sizes, total, values, steps)
    forward = evaluate(recurrence.typed(sizes), values, steps)
    names = forward.by_name()
    for key in targets or [*recurrence.parameters, *recurrence.inputs, *expected.keys()]:
        if key in recurrence.inputs:
            key, wanted = f"{key}_1", expected[key][0]
        else:
            wanted = expected[key]
        form = derive(recurrence, total, key, steps, sizes=sizes)
        found = run_python(form.plain, names) + np.zeros_like(wanted)
        assert relative_error(found, wanted) <= LIMIT, key
        assert form.check <= LIMIT * max(1.0, np.max(np.abs(wanted), initial=0.0)), key


@pytest.mark.parametrize("name", texts())
def test_closed_form_is_what_torch_computes(name):
    check(*texts()[name], 3)


@settings(max_examples=12)
@given(case=recurrences(smooth=True))
def test_closed_form_of_random_recurrences(case):
    check(*case, 3)


@pytest.mark.parametrize("text", [BESIDE, INSIDE])
def test_exercise_2(text):
    form = derive(parse(text), "z", "W", 2, within=VARIABLES)
    sympy = pytest.importorskip("sympy")
    symbols = {name: sympy.Symbol(name) for name in VARIABLES}
    found = eval(form.plain, {"__builtins__": {}}, {**symbols, "tanh": sympy.tanh})
    y_1, y_2, h_0, h_1, tau_1, tau_2, W, V = symbols.values()
    slope_1, slope_2 = 1 - sympy.tanh(tau_1) ** 2, 1 - sympy.tanh(tau_2) ** 2
    asked = y_2 * V * slope_1 * h_0 + y_1 * V * slope_2 * (h_1 + W * slope_1 * h_0)
    assert sympy.expand(found - asked) == 0
    assert set(form.variables) == set(VARIABLES)
    assert form.check < 1e-12


def test_steps_lead_to_the_result():
    form = derive(parse(INSIDE), "z", "W", 2)
    assert form.steps == (
        "dy_1 = y_2",
        "dy_2 = y_1",
        "dh_2 = y_1*V",
        "dtau_2 = (1 - h_2**2)*dh_2",
        "dh_1 = y_2*V + dtau_2*W",
        "dtau_1 = (1 - h_1**2)*dh_1",
        "dz/dW = dtau_1*h_0 + dtau_2*h_1",
    )
    assert form.latex.startswith(r"\frac{\partial z}{\partial W} = (1 - h_1^{2})")


def test_what_is_missing_is_named():
    with pytest.raises(DifferentiationError) as raised:
        derive(parse(INSIDE), "z", "W", 2, within=["W", "V", "x"])
    assert "missing: U, h_0" in str(raised.value)
    form = derive(parse(INSIDE), "z", "W", 2, within=["W", "V", "U", "x", "h_0"])
    assert set(form.variables) == {"W", "V", "U", "x_1", "x_2", "h_0"}


def test_a_gradient_that_does_not_depend_is_zero():
    form = derive(parse("h_t = a h_{t-1} + x_t; y_t = b x_t; L = sum_t h_t"), "L", "b", 3)
    assert (form.plain, form.check) == ("0", 0.0)
    assert form.notes == ("L does not depend on b, so the gradient is 0.",)


@pytest.mark.parametrize(
    ("of", "wrt", "message"),
    [
        ("y", "W", "y is no scalar: it has a value at every step"),
        ("W", "V", "W is given, not computed"),
        ("z", "x", "x has a value at every step"),
        ("z", "x_3", "x_3 lies outside of the 2 steps"),
        ("y_3", "W", "y_3 lies outside of the 2 steps"),
        ("z", "z", "z is a total, which nothing else depends on"),
    ],
)
def test_questions_without_an_answer(of, wrt, message):
    with pytest.raises(DifferentiationError, match=message):
        derive(parse(INSIDE), of, wrt, 2)


def test_a_vector_is_no_scalar():
    recurrence = parse("h_t = tanh(W h_{t-1} + U x_t); L = sum_t h_t")
    for of in ("L", "h_2"):
        with pytest.raises(DifferentiationError, match="is no scalar, its shape is"):
            derive(recurrence, of, "W", 2, sizes={"x": 2, "h": 3})


ONE = "h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t; L = \\sum_t y_t^2"


@pytest.mark.parametrize("of", ["L", "y_2"])
@pytest.mark.parametrize("wrt", ["W", "V", "h_0", "x_1"])
def test_a_vector_with_one_entry_is_a_scalar(of, wrt):
    sizes = {"x": 2, "h": 3, "y": 1}
    recurrence = parse(ONE)
    form = derive(recurrence, of, wrt, 2, sizes=sizes)
    assert form.check < 1e-13
    _, values = values_of(recurrence, sizes, 2)
    names = evaluate(recurrence.typed(sizes), values, 2).by_name()
    scalar = parse(ONE.replace("y_t = V h_t", "y_t = sum(v * h_t)"))
    same = derive(scalar, of, wrt if wrt != "V" else "v", 2, sizes={"x": 2, "h": 3})
    wanted = run_python(same.plain, names | {"v": values["V"][0]})
    found = run_python(form.plain, names)
    np.testing.assert_allclose(found, np.reshape(wanted, np.shape(found)), rtol=1e-12)


def test_a_value_on_the_way_has_a_gradient():
    recurrence = parse(INSIDE)
    assert derive(recurrence, "z", "tau_2", 2).plain == "(1 - h_2**2)*y_1*V"
    assert derive(recurrence, "y_2", "h_0", 2).plain == "(1 - h_1**2)*(1 - h_2**2)*V*W*W"


def test_shared_parameters_are_one_value():
    recurrence = parse("h_t = a h_{t-1} + b x_t; L = sum_t h_t; share a, b")
    assert derive(recurrence, "L", "a", 1).plain == "h_0 + x_1"


def test_long_results_share_their_parts():
    recurrence, total = with_total(*texts()["lstm"])
    form = derive(recurrence, total, "U_f", 30, sizes=texts()["lstm"][1])
    assert any(line.startswith("dc_17 = ") for line in form.terms)
    assert form.plain.splitlines()[:-1] == list(form.terms)
    assert form.latex.startswith("\\begin{aligned}")


def test_learned_starts_enter():
    recurrence = parse("h_t = a h_{t-1} + x_t; h_0 = 2 s; L = sum_t h_t")
    form = derive(recurrence, "L", "s", 2)
    assert run_python(form.plain, {"a": 3.0}) == 2 * (3.0 + 9.0)


def test_hundreds_of_steps_are_no_deeper_than_two():
    form = derive(parse(WITH_START), "L", "w", 400, within=["w", "x", "h_0"])
    assert any(line.startswith("h_399 = tanh(w*h_398 + x_399)") for line in form.terms)
    assert len(derive(parse(WITH_START), "L", "w", 400).terms) > 400
