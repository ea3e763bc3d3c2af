"""The cells that are measured, and their peers with the same weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from elman.nn import RecurrentModule, module

TANH = "h_t = tanh(W x_t + U h_{t-1} + b)"
GRU = """
r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
h_t = (1 - z_t) * n_t + z_t * h_{t-1}
"""
LSTM = """
i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
c_t = f_t * c_{t-1} + i_t * g_t
h_t = o_t * tanh(c_t)
"""
PEEPHOLE = """
i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1} + b_f)
c_t = f_t * c_{t-1} + i_t * tanh(W_c x_t + U_c h_{t-1} + b_c)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)
h_t = o_t * tanh(c_t)
p_i: [h]; p_f: [h]; p_o: [h]
"""
MINIMAL = """
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
g_t = tanh(W_h x_t + U_h (f_t * h_{t-1}) + b_h)
h_t = (1 - f_t) * h_{t-1} + f_t * g_t
"""
LAYERNORM = "h_t = tanh(layernorm(W x_t + U h_{t-1}) + b)"


@dataclass(frozen=True)
class Cell:
    """A recurrence and the torch module that computes the same, if there is one.

    Attributes:
        text: Its equations.
        peer: Makes the torch module of given sizes.
        gates: The suffixes of its parameters in torch's order.
    """

    text: str
    peer: Callable[[int, int], torch.nn.Module] | None = None
    gates: tuple[str, ...] = ()


CELLS = {
    "tanh": Cell(TANH, torch.nn.RNN, ("",)),
    "gru": Cell(GRU, torch.nn.GRU, ("r", "z", "n")),
    "lstm": Cell(LSTM, torch.nn.LSTM, ("i", "f", "g", "o")),
    "peephole": Cell(PEEPHOLE),
    "minimal": Cell(MINIMAL),
    "layernorm": Cell(LAYERNORM),
}


def fused(cell: Cell, inputs: int, hidden: int) -> RecurrentModule:
    """Returns the cell with compiled kernels."""
    return module(cell.text, {"x": inputs, "h": hidden}, "h", init="torch", backend="fused")


def loop(of: RecurrentModule) -> RecurrentModule:
    """Returns the same cell, with the same weights, as a loop of torch operations."""
    made = module(of.recurrence, of.sizes, of.outputs[0], backend="eager")
    made.load_state_dict(of.state_dict())
    return made


def peer(cell: Cell, of: RecurrentModule) -> torch.nn.Module | None:
    """Returns the torch module with the weights of an elman module, if torch has the cell."""
    if cell.peer is None:
        return None
    made = cell.peer(of.sizes["x"], of.sizes["h"])
    own = dict(of.named_parameters())

    def stacked(letter: str) -> Tensor:
        zero = torch.zeros(of.sizes["h"])
        return torch.cat([own.get(letter + gate, zero) for gate in cell.gates])

    with torch.no_grad():
        made.weight_ih_l0.copy_(stacked("W"))
        made.weight_hh_l0.copy_(stacked("U"))
        made.bias_ih_l0.copy_(stacked("b"))
        made.bias_hh_l0.copy_(stacked("c"))
    return made
