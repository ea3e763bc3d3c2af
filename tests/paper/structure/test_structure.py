"""Each kind of network is called by its name, with the reason taken from its equations."""

from __future__ import annotations

import pytest

import corpus
from elman.cells import read_cell
from elman.ir import parse
from elman.paper.structure.structure import analyse_structure

BIDIRECTIONAL = r"""
$$h_t = \tanh(A_1 x_t + B_1 h_{t-1} + c_1)$$
$$k_t = \tanh(A_2 x_t + B_2 k_{t+1} + c_2)$$
$$y_t = h_t + k_t$$
"""
MINIMAL = """
f_t = sigmoid(W x_t + U h_{t-1})
n_t = tanh(A x_t + B (f_t * h_{t-1}))
h_t = (1 - f_t) * h_{t-1} + f_t * n_t
"""


def terms(text: str, **sizes: int) -> list[str]:
    return list(analyse_structure(parse(text), sizes).terms)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("vanilla", ["Elman network"]),
        ("elman", ["Elman network"]),
        ("jordan", ["Jordan network"]),
        ("lstm", ["gated", "LSTM"]),
        ("gru", ["gated", "GRU"]),
    ],
)
def test_the_cells_of_the_catalogue(cell, expected):
    assert terms(read_cell(cell)) == expected
    assert terms(read_cell(cell), x=3, h=4, y=2) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BIDIRECTIONAL, ["bidirectional", "Elman network"]),
        ("tau_t = W h_{t-1} + U x_t; h_t = tanh(tau_t)", ["Elman network"]),
        ("h_t = tanh(a x_t + b h_{t-1}); y_t = h_t; L = \\sum_t y_t^2", ["Elman network"]),
        ("h_t = tanh(W h_{t+1} + U x_t)", ["backward", "Elman network"]),
        (
            "h_t = tanh(W h_{t-1} + U x_t); k_t = tanh(A k_{t-1} + B h_t); y_t = V k_t",
            ["Elman network", "stacked"],
        ),
        ("h_t = tanh(W h_{t-1} + V h_{t-3})", ["Elman network", "higher-order"]),
        (
            "h_t = a * h_{t-1} + x_t; y_t = c h_t",
            ["linear state-space model", "linear and diagonal"],
        ),
        (
            "h_t = A h_{t-1} + B x_t; y_t = C h_t",
            ["linear state-space model", "linear, with a full transition matrix"],
        ),
        (
            "f_t = sigmoid(W x_t); h_t = f_t * h_{t-1} + (1 - f_t) * (U x_t)",
            ["gated", "minGRU", "linear and diagonal"],
        ),
        (
            "y_t = 0.5 y_{t-1} - 0.2 y_{t-2} + x_{t-1}",
            [
                "autoregressive with inputs (ARX)",
                "higher-order",
                "linear and diagonal",
                "input history",
            ],
        ),
        ("y_t = w x_t + u x_{t-1}", ["feed-forward", "input history"]),
        ("y_t = w x_t + u x_{t+1}", ["looks ahead", "feed-forward"]),
        ("h_t = 0.9 h_{t-1} + 0.1 tanh(W h_{t-1} + U x_t)", ["leaky integrator", "Elman network"]),
        ("h_t = h_{t-1} + tanh(W h_{t-1} + U x_t)", ["residual over time", "Elman network"]),
        (MINIMAL, ["gated", "minimal gated unit"]),
    ],
)
def test_other_networks(text, expected):
    assert terms(text) == expected


CORPUS = {
    "antisymmetric_gated": ["gated"],
    "chung_gru": ["gated", "GRU"],
    "colah_coupled": ["gated", "LSTM"],
    "ctrnn_euler": ["leaky integrator", "Elman network"],
    "echo_state": ["leaky integrator", "Elman network"],
    "fastrnn": ["leaky integrator", "Elman network"],
    "gers_peephole": ["gated", "LSTM with peepholes"],
    "goodfellow_output_recurrence": ["Jordan network"],
    "graves_stacked": ["Elman network", "stacked"],
    "janet": ["gated"],
    "jordan_1986": ["Jordan network"],
    "jozefowicz_mut1": ["gated", "GRU", "input history"],
    "lem": ["gated"],
    "linear_attention": ["linear state-space model", "linear and diagonal"],
    "lru_real": ["linear state-space model", "linear and diagonal"],
    "mingru": ["gated", "minGRU", "linear and diagonal"],
    "minlstm": ["gated", "linear and diagonal"],
    "narx": ["Elman network", "higher-order", "input history"],
    "pytorch_gru": ["gated", "GRU"],
    "qrnn": ["gated", "linear and diagonal", "input history"],
    "residual_rnn": ["residual over time", "Elman network"],
    "schuster_bidirectional": ["bidirectional", "Elman network"],
    "sru": ["gated"],
    "state_space": ["linear state-space model", "linear, with a full transition matrix"],
    "ugrnn": ["gated", "update gate RNN"],
    "weighted_moving_average": ["looks ahead", "feed-forward", "input history"],
    "wikipedia_jordan": ["Jordan network"],
    "wikipedia_peephole": ["gated", "LSTM with peepholes"],
    "zhou_mgu": ["gated", "minimal gated unit"],
}


@pytest.mark.parametrize("name", CORPUS)
def test_published_networks(name):
    (entry,) = [entry for entry in corpus.load() if entry.name == name]
    assert terms(entry.text, **entry.sizes) == CORPUS[name]


@pytest.mark.parametrize("entry", corpus.load(), ids=corpus.names())
def test_every_text_of_the_corpus_is_something_with_or_without_sizes(entry):
    recurrence = parse(entry.text)
    for sizes in ({}, entry.sizes):
        found = analyse_structure(recurrence, sizes)
        assert found.features and found.suits
        assert all(feature.reason for feature in found.features)


def test_sizes_decide_between_a_diagonal_and_a_full_transition():
    text = "h_t = a h_{t-1} + b x_t; y_t = c h_t"
    assert "linear and diagonal" in terms(text)
    assert "linear, with a full transition matrix" in terms(text, x=2, h=3, y=1)


def test_a_size_may_stay_open():
    assert terms(read_cell("lstm"), x=3, h=4) == ["gated", "LSTM"]


def test_reasons_speak_of_the_users_own_names():
    features = analyse_structure(parse(BIDIRECTIONAL)).features
    assert features[0].reason == (
        "h runs forward from the first step, k runs backward from the last"
    )
    jordan = analyse_structure(parse(read_cell("jordan"))).features[0]
    assert jordan.reason == "the output is fed back, not the hidden layer: h reads y_{t-1}"


def test_peepholes_are_told_apart():
    text = read_cell("lstm").replace("U_f h_{t-1}", "U_f h_{t-1} + P_f c_{t-1}")
    assert terms(text) == ["gated", "LSTM with peepholes"]
