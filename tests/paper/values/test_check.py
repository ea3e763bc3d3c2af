"""A person's own function beside the interpreter: agreement, and the first place where it fails."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from elman.cells import read_cell
from elman.errors import DataError, EvaluationError
from elman.ir import parse
from elman.paper.code.source import write_code
from elman.paper.values.check import check_forward

FORWARD = "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t"
BOTH = (
    "h_t = tanh(A_1 x_t + B_1 h_{t-1} + c_1); k_t = tanh(A_2 x_t + B_2 k_{t+1} + c_2)\n"
    "y_t = h_t + k_t"
)
SIZES = {"x": 2, "h": 3, "y": 2}


def own(x, W, U, b, V, h_0):
    """The homework, done right."""
    h, y = h_0, []
    for x_t in x:
        h = np.tanh(W @ h + U @ x_t + b)
        y.append(V @ h)
    return np.stack(y)


def test_a_right_function_agrees():
    check = check_forward(parse(FORWARD), lambda x, W, U, b, V: own(x, W, U, b, V, np.zeros(3)),
                          sizes=SIZES)  # fmt: skip
    assert check
    assert str(check) == "y agrees at all 5 steps"


def test_the_values_of_the_homework_are_used():
    rng = np.random.default_rng(0)
    shapes = {"W": (3, 3), "U": (3, 2), "b": 3, "V": (2, 3), "x": (15, 2), "h_0": 3}
    values = {key: rng.normal(size=shape) for key, shape in shapes.items()}
    assert check_forward(parse(FORWARD), own, values)
    assert "at all 15 steps" in str(check_forward(parse(FORWARD), own, values))


def test_a_backward_state_that_starts_at_the_wrong_end():
    def wrong(x, A_1, B_1, c_1, A_2, B_2, c_2):
        h, k, y = np.zeros(3), np.zeros(3), []
        for x_t in x:
            h = np.tanh(A_1 @ x_t + B_1 @ h + c_1)
            k = np.tanh(A_2 @ x_t + B_2 @ k + c_2)
            y.append({"h": h, "k": k, "y": h + k})
        return {name: [one[name] for one in y] for name in ("h", "k", "y")}

    check = check_forward(parse(BOTH), wrong, sizes={"x": 2, "h": 3})
    assert not check
    assert (check.step, check.name, check.entry) == (1, "k", (0,))
    assert str(check).startswith("k differs first at step 1, entry 0: ")
    assert "k_1 = tanh(A_2 x_1 + B_2 k_2 + c_2)" in str(check)


def test_the_first_step_quantity_and_entry_are_named():
    def wrong(x, W, U, b, V):
        y = own(x, W, U, b, V, np.zeros(3))
        y[2:, 1] += 1e-3
        y[4] += 1
        return y

    check = check_forward(parse(FORWARD), wrong, sizes=SIZES)
    assert (check.step, check.name, check.entry) == (3, "y", (1,))
    assert check.found == pytest.approx(check.expected + 1e-3)


def test_a_forgotten_nonlinearity_is_recognised():
    def wrong(x, a, b):
        h, found = 0.0, []
        for x_t in x:
            found.append(a * x_t + b * h)
            h = np.tanh(found[-1])
        return found

    values = {"a": 1, "b": 1, "x": [0.5, -1]}
    check = check_forward(parse("h_t = tanh(a x_t + b h_{t-1})"), wrong, values)
    assert str(check).endswith("  The value is that of a x_1 + b h_0.")


def test_shifted_steps_are_recognised():
    def wrong(x, a, h0):
        h = [h0]
        for x_t in x:
            h.append(np.tanh(a * x_t + h[-1]))
        return h[:-1]

    check = check_forward(
        parse("h_t = tanh(a x_t + h_{t-1})"), wrong, {"a": 1, "x": [0.5, -1, 2], "h_0": 0.25}
    )
    assert str(check).endswith("The value is that of h_0: the steps are shifted.")


def test_a_wrong_shape_is_named():
    check = check_forward(parse(FORWARD), lambda x: np.zeros((5, 3)), sizes=SIZES)
    assert str(check) == "y has the shape [5, 3], and [5, 2] is right"


def test_a_torch_function_gets_tensors_where_tensors_are_given():
    def mine(x, a):
        assert isinstance(x, torch.Tensor) and isinstance(a, torch.Tensor)
        h, found = torch.zeros(()), []
        for x_t in x:
            h = torch.tanh(a * x_t + h)
            found.append(h)
        return torch.stack(found)

    values = {"a": torch.tensor(1.0, requires_grad=True), "x": torch.tensor([0.5, -1.0])}
    assert check_forward(parse("h_t = tanh(a x_t + h_{t-1})"), mine, values)


@pytest.mark.parametrize("cell", ["lstm", "gru", "vanilla"])
def test_written_code_agrees_with_what_it_was_written_from(cell):
    space: dict = {}
    exec(write_code(parse(read_cell(cell)), SIZES, framework="numpy"), space)
    check = check_forward(parse(read_cell(cell)), space["forward"], sizes=SIZES)
    assert check, check
    assert set(check.compared) == set(parse(read_cell(cell)).graph.definitions)


def test_single_steps_totals_and_a_dictionary_of_all_values():
    def mine(values):
        total, h, found = 0.0, 0.0, {}
        for t, x_t in enumerate(values["x"], 1):
            h = values["a"] * x_t + h
            total += h**2
            found[f"h_{t}"] = h
        return {"h_2": found["h_2"], "L": total}

    recurrence = parse("h_t = a x_t + h_{t-1}; L = \\sum_t h_t^2")
    assert check_forward(recurrence, mine, {"a": 2, "x": [1, 2, 3]})
    check = check_forward(recurrence, lambda x: {"L": 1.0}, {"a": 2, "x": [1, 2, 3]})
    assert str(check).startswith("L differs: 1, and 184 is right")


def test_errors():
    recurrence = parse("h_t = a x_t + h_{t-1}")
    values = {"a": 2, "x": [1, 2, 3]}
    with pytest.raises(DataError, match="asks for hidden, which is not given\n  given: a, x"):
        check_forward(recurrence, lambda x, hidden: x, values)
    with pytest.raises(DataError, match="'q' is no name"):
        check_forward(recurrence, lambda x: {"q": x}, values)
    with pytest.raises(DataError, match="h at step 7, which is not computed"):
        check_forward(recurrence, lambda x: {"h_7": 1.0}, values)
    with pytest.raises(EvaluationError, match="values are missing for x"):
        check_forward(recurrence, lambda x: x, {"a": 2})
    two = parse("y_t = 3 x_t; z_t = 2 x_t")
    with pytest.raises(DataError, match="which of the outputs y, z"):
        check_forward(two, lambda x: x, {"x": [1.0]})
    assert check_forward(two, lambda x: (3 * x, 2 * x), {"x": [1.0]})
