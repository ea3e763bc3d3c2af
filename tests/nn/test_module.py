"""The module against torch.nn holding the same weights, the interpreter, and the lab's own loop."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import elman
from elman.ir import evaluate

RNN = "h_t = tanh(W h_{t-1} + U x_t + b)"
LSTM = r"""
i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)
f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)
g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)
o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)
c_t = f_t \odot c_{t-1} + i_t \odot g_t
h_t = o_t \odot \tanh(c_t)
"""
GRU = r"""
r_t = \sigma(W_r x_t + b_r + U_r h_{t-1} + c_r)
z_t = \sigma(W_z x_t + b_z + U_z h_{t-1} + c_z)
n_t = \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + c_n))
h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}
"""
LAB = "h_t = tanh(x_t W_x + h_{t-1} W_h + b_h)\ny_t = h_t W_y + b_y"
SIZES = {"x": 3, "h": 5}
T, B = 7, 4


def _copy_gates(cell: torch.nn.Module, peer: torch.nn.RNNBase, gates: str, *, both: bool) -> None:
    """Gives elman's cell the weights of torch's, gate by gate."""
    parts = {name: value.chunk(len(gates)) for name, value in peer.named_parameters()}
    with torch.no_grad():
        for index, gate in enumerate(gates):
            getattr(cell, f"W{gate}").copy_(parts["weight_ih_l0"][index])
            getattr(cell, f"U{gate}").copy_(parts["weight_hh_l0"][index])
            if both:
                getattr(cell, f"b{gate}").copy_(parts["bias_ih_l0"][index])
                getattr(cell, f"c{gate}").copy_(parts["bias_hh_l0"][index])
            else:
                bias = parts["bias_ih_l0"][index] + parts["bias_hh_l0"][index]
                getattr(cell, f"b{gate}").copy_(bias)


def _pair(kind: str) -> tuple[elman.RecurrentModule, torch.nn.RNNBase]:
    double = torch.float64
    if kind == "rnn":
        peer: torch.nn.RNNBase = torch.nn.RNN(3, 5, dtype=double)
        cell = elman.module(RNN, SIZES, dtype=double)
        with torch.no_grad():
            cell.W.copy_(peer.weight_hh_l0)
            cell.U.copy_(peer.weight_ih_l0)
            cell.b.copy_(peer.bias_ih_l0 + peer.bias_hh_l0)
    elif kind == "lstm":
        peer, cell = torch.nn.LSTM(3, 5, dtype=double), elman.module(LSTM, SIZES, dtype=double)
        _copy_gates(cell, peer, "ifgo", both=False)
    else:
        peer, cell = torch.nn.GRU(3, 5, dtype=double), elman.module(GRU, SIZES, dtype=double)
        _copy_gates(cell, peer, "rzn", both=True)
    return cell, peer


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_outputs_and_gradients_equal_torch(kind: str) -> None:
    cell, peer = _pair(kind)
    x = torch.randn(T, B, 3, dtype=torch.float64)
    initial = torch.randn(B, 5, dtype=torch.float64)
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    state = initial.unsqueeze(0)
    expected, final = peer(theirs, (state, torch.zeros_like(state)) if kind == "lstm" else state)
    output, final_state = cell(mine, {"h": initial})
    weight = torch.randn_like(expected)
    (output * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(mine.grad, theirs.grad, rtol=0, atol=1e-12)
    last = final[0] if kind == "lstm" else final
    torch.testing.assert_close(final_state["h"], last[0], rtol=0, atol=1e-12)
    gates = {"rnn": [""], "lstm": "ifgo", "gru": "rzn"}[kind]
    recurrent = [getattr(cell, f"U{gate}" if gate else "W").grad for gate in gates]
    inputs = [getattr(cell, f"W{gate}" if gate else "U").grad for gate in gates]
    torch.testing.assert_close(torch.cat(recurrent), peer.weight_hh_l0.grad, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.cat(inputs), peer.weight_ih_l0.grad, rtol=0, atol=1e-12)


@pytest.mark.parametrize("text", [RNN, LSTM, GRU, LAB])
def test_equal_to_the_interpreter(text: str) -> None:
    sizes = SIZES | ({"y": 2} if "y_t" in text else {})
    cell = elman.module(text, sizes, dtype=torch.float64)
    x = torch.randn(T, B, 3, dtype=torch.float64)
    values = {key: value.detach().numpy() for key, value in cell.named_parameters()}
    expected = evaluate(cell.recurrence.typed(sizes), values | {"x": x.numpy()})
    output, _ = cell(x)
    key = cell.recurrence.outputs[0]
    np.testing.assert_allclose(output.detach(), expected.sequences[key], rtol=0, atol=1e-12)


def test_the_labs_own_loop_gives_the_same_numbers() -> None:
    """The pseudo-code of the lab, its slips mended: the loop's body indented, x_t for xt."""
    cell = elman.module(LAB, SIZES | {"y": 10}, dtype=torch.float64, init="lab")
    x = torch.randn(T, B, 3, dtype=torch.float64)
    h = torch.zeros(B, 5, dtype=torch.float64)
    outputs = []
    for t in range(T):
        h = torch.tanh(torch.matmul(x[t], cell.Wx) + torch.matmul(h, cell.Wh) + cell.bh)
        outputs.append(torch.matmul(h, cell.Wy) + cell.by)
    output, final_state = cell(x)
    torch.testing.assert_close(output, torch.stack(outputs), rtol=0, atol=1e-14)
    torch.testing.assert_close(final_state["h"], h, rtol=0, atol=1e-14)


def test_a_bidirectional_network() -> None:
    text = (
        r"h_t = \tanh(A_1 x_t + B_1 h_{t-1} + c_1)\\ k_t = \tanh(A_2 x_t + B_2 k_{t+1} + c_2)\\"
        r"y_t = h_t + k_t"
    )
    cell = elman.module(text, {"x": 3, "h": 5}, dtype=torch.float64)
    peer = torch.nn.RNN(3, 5, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for n, suffix in (("1", ""), ("2", "_reverse")):
            getattr(cell, f"A{n}").copy_(getattr(peer, f"weight_ih_l0{suffix}"))
            getattr(cell, f"B{n}").copy_(getattr(peer, f"weight_hh_l0{suffix}"))
            bias = getattr(peer, f"bias_ih_l0{suffix}") + getattr(peer, f"bias_hh_l0{suffix}")
            getattr(cell, f"c{n}").copy_(bias)
    x = torch.randn(T, B, 3, dtype=torch.float64)
    output, final_state = cell(x)
    expected, last = peer(x)
    torch.testing.assert_close(output, expected[..., :5] + expected[..., 5:], rtol=0, atol=1e-12)
    torch.testing.assert_close(final_state["k"], last[1], rtol=0, atol=1e-12)


def test_carrying_the_state_equals_one_long_run() -> None:
    cell = elman.module("h_t = tanh(A h_{t-1} + B h_{t-2} + U x_t)", SIZES, dtype=torch.float64)
    x = torch.randn(T, B, 3, dtype=torch.float64)
    whole, final = cell(x)
    for cut in (0, 1, 2, 5):
        first, state = cell(x[:cut])
        second, end = cell(x[cut:], state)
        torch.testing.assert_close(torch.cat([first, second]), whole, rtol=0, atol=1e-14)
        torch.testing.assert_close(end["h"], final["h"], rtol=0, atol=1e-14)


@pytest.mark.parametrize(("steps", "batch"), [(0, 4), (3, 0), (1, 1)])
def test_empty_sequences_and_batches(steps: int, batch: int) -> None:
    cell = elman.module(LSTM, SIZES)
    output, final_state = cell(torch.randn(steps, batch, 3))
    assert output.shape == (steps, batch, 5)
    assert final_state["c"].shape == (batch, 5)


def test_batch_first_and_no_batch() -> None:
    cell = elman.module(LSTM, SIZES, dtype=torch.float64)
    other = copy.deepcopy(cell)
    other.batch_first = True
    x = torch.randn(T, B, 3, dtype=torch.float64)
    output, _ = cell(x)
    swapped, state = other(x.transpose(0, 1))
    torch.testing.assert_close(swapped.transpose(0, 1), output)
    assert state["h"].shape == (B, 5)
    alone, state = cell(x[:, 0])
    torch.testing.assert_close(alone, output[:, 0])
    assert state["h"].shape == (5,)


def test_several_inputs_and_outputs_come_as_dicts() -> None:
    text = "h_t = tanh(W h_{t-1} + U x_t + V u_t)\ny_t = A h_t\nq_t = B h_t\nL = \\sum_t u_t"
    cell = elman.module(text, {"x": 3, "u": 2, "h": 5, "y": 1, "q": 4})
    output, _ = cell({"x": torch.randn(T, B, 3), "u": torch.randn(T, B, 2)})
    assert {key: tuple(value.shape) for key, value in output.items()} == {
        "y": (T, B, 1),
        "q": (T, B, 4),
    }
    chosen = elman.module(text, cell.sizes, outputs=["L", "h"])
    output, _ = chosen({"x": torch.randn(T, B, 3), "u": torch.randn(T, B, 2)})
    assert output["L"].shape == (B, 2)


def test_a_learned_start_is_trained() -> None:
    cell = elman.module(RNN + "\nh_0 = s", SIZES)
    output, _ = cell(torch.randn(T, B, 3))
    output.sum().backward()
    assert cell.s.shape == (5,)
    assert float(cell.s.grad.abs().sum()) > 0


def test_shared_and_frozen_parameters() -> None:
    text = "h_t = tanh(W h_{t-1} + U x_t + V k_{t-1})\nk_t = tanh(V h_t)\nfreeze U\nshare W, V"
    cell = elman.module(text, {"x": 3, "h": 5, "k": 5})
    assert dict(cell.named_parameters()).keys() == {"W", "U"}
    assert not cell.U.requires_grad
    cell(torch.randn(T, B, 3))


def test_the_same_seed_gives_the_same_start() -> None:
    torch.manual_seed(3)
    first = elman.module(LSTM, SIZES)
    torch.manual_seed(3)
    second = elman.module(LSTM, SIZES)
    for key, value in first.named_parameters():
        assert torch.equal(value, dict(second.named_parameters())[key])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c(torch.zeros(T, B, 4)), r"input x has shape \[7, 4, 4\], wanted \[T, B, 3\]"),
        (lambda c: c(torch.zeros(T, B, 3, dtype=torch.int64)), "dtype torch.int64"),
        (lambda c: c({"u": torch.zeros(T, B, 3)}), "missing: x"),
        (lambda c: c(torch.zeros(T, B, 3), {"k": torch.zeros(B, 5)}), "no state 'k'"),
        (lambda c: c(torch.zeros(T, B, 3), {"h": torch.zeros(B, 6)}), r"\[4, 6\], wanted \[4, 5\]"),
    ],
)
def test_wrong_tensors_are_named_with_both_shapes(call: object, message: str) -> None:
    cell = elman.module(RNN, SIZES)
    with pytest.raises(ValueError, match=message):
        call(cell)  # type: ignore[operator]


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="no output 'q'"):
        elman.module(RNN, SIZES, outputs="q")
    with pytest.raises(ValueError, match="hide the attribute"):
        elman.module("train: [h, x]\nh_t = tanh(train x_t + W h_{t-1})", SIZES)
    with pytest.raises(elman.RecurrenceError, match="size of the input x is open"):
        elman.module(RNN, {"h": 5})


def test_double_backward() -> None:
    cell = elman.module(RNN, {"x": 2, "h": 3}, dtype=torch.float64)
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda v: cell(v)[0], (x,))
