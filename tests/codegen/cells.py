"""Recurrences that between them use everything a loop program can do."""

from __future__ import annotations

TANH = "h_t = tanh(W x_t + U h_{t-1} + b)"
LAB = "h_t = tanh(x_t W_x + h_{t-1} W_h + b_h); y_t = h_t W_y + b_y"
LSTM = """
i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
c_t = f_t * c_{t-1} + i_t * g_t
h_t = o_t * tanh(c_t)
"""
GRU = """
r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
h_t = (1 - z_t) * n_t + z_t * h_{t-1}
"""
# A chain of products in one step.
MINIMAL_GATED = """
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
g_t = tanh(W_h x_t + U_h (f_t * h_{t-1}) + b_h)
h_t = (1 - f_t) * h_{t-1} + f_t * g_t
"""
LAYERNORM = "h_t = tanh(layernorm(W x_t + U h_{t-1}) + b)"
# Two lags, a reduction, and a product with joined vectors.
SOFTMAX = "h_t = tanh(W x_t + softmax(U h_{t-1} + V h_{t-2}) + b); y_t = V_y [h_t, x_t] + c"
BIDIRECTIONAL = """
h_t = tanh(W x_t + U h_{t-1} + b)
k_t = tanh(A x_t + C k_{t+1} + d)
y_t = V h_t + Z k_t + c
"""
# Inputs at other steps, a scalar state, a start that is learned, a derived parameter.
MIXED = """
a: scalar
A = -exp(a)
m_t = 0.5 m_{t-1} + mean(x_{t-1})
h_t = tanh(A h_{t-1} + W x_t + m_t) + relu(U x_{t-1})
h_0 = s
m: scalar
"""

# Name -> (text, output, sizes by name for an input of I and vectors of H).
CELLS = {
    "tanh": (TANH, "h", ("h",)),
    "lab": (LAB, "y", ("h", "y")),
    "lstm": (LSTM, "h", ("h",)),
    "gru": (GRU, "h", ("h",)),
    "minimal_gated": (MINIMAL_GATED, "h", ("h",)),
    "layernorm": (LAYERNORM, "h", ("h",)),
    "softmax": (SOFTMAX, "y", ("h", "y")),
    "bidirectional": (BIDIRECTIONAL, "y", ("h", "k", "y")),
    "mixed": (MIXED, "h", ("h",)),
}


def sizes_of(name: str, inputs: int, hidden: int) -> dict[str, int]:
    """The sizes that a cell needs."""
    return {"x": inputs, **dict.fromkeys(CELLS[name][2], hidden)}
