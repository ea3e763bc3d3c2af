"""What suits a network, with the reason: exercise 5 of the tutorial among them."""

from __future__ import annotations

from elman.cells import read_cell
from elman.ir import parse
from elman.paper.structure.structure import analyse_structure


def suits(text: str) -> str:
    return " ".join(analyse_structure(parse(text)).suits)


def test_a_bidirectional_network_labels_a_recording_and_cannot_predict():
    said = suits("h_t = tanh(a h_{t-1} + x_t); k_t = tanh(b k_{t+1} + x_t); y_t = h_t + k_t")
    assert "needs the whole sequence before it can give y_t" in said
    assert "can label a recording" in said
    assert "cannot predict the next sample" in said


def test_a_forward_network_runs_while_samples_arrive():
    said = suits("h_t = tanh(W h_{t-1} + U x_t)")
    assert "can run while samples arrive" in said
    assert "fades or explodes" in said


def test_a_backward_network_needs_the_end_first():
    assert "begins at the last step" in suits("h_t = tanh(W h_{t+1} + U x_t)")


def test_looking_ahead_costs_a_delay():
    assert "only with that delay" in suits("y_t = a x_t + b x_{t+1}")


def test_gates_suit_long_dependencies():
    said = suits(read_cell("gru"))
    assert "long dependencies" in said
    assert "fades" not in said


def test_a_diagonal_linear_network_suits_long_sequences():
    assert "computed together; taken alone, it is a filter" in suits("h_t = a h_{t-1} + x_t")
    assert "gates reading inputs alone" in suits("f_t = sigmoid(x_t); h_t = f_t * h_{t-1} + x_t")


def test_without_states_there_is_no_memory():
    assert "no memory" in suits("y_t = a x_t")
