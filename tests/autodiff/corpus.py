"""Recurrences that derivatives are tested on: text, sizes."""

from __future__ import annotations

from pathlib import Path

CELLS = Path(__file__).parents[2] / "src" / "elman" / "cells"

TUTORIAL_2 = r"""
h_t = \tanh(Wh_{t-1} + Ux_t)
y_t = Vh_t
z = \prod_i y_i
\tau_i = Wh_{i-1} + Ux_i
"""
TUTORIAL_5 = r"""
h_t = \tanh(A_1 x_t + B_1 h_{t-1} + c_1)
k_t = \tanh(A_2 x_t + B_2 k_{t+1} + c_2)
y_t = h_t + k_t
"""
TUTORIAL_6 = r"""
h_t = \tanh(ax_t + bh_{t-1} + c)
y_t = h_t
L = \sum_t y_t^2
"""
VECTORS = {"x": 3, "h": 4, "y": 2}
STATES = {"x": 3, "h": 4}

CORPUS: dict[str, tuple[str, dict[str, int]]] = {
    "tutorial 2": (TUTORIAL_2, {}),
    "tutorial 5": (TUTORIAL_5 + "L = sum_t y_t^2", {}),
    "tutorial 5, vectors": (TUTORIAL_5 + "L = sum_t sum(y_t^2)", {"x": 3, "h": 4, "k": 4}),
    "tutorial 6": (TUTORIAL_6, {}),
    "lab": (
        "h_t = tanh(x_t W_x + h_{t-1} W_h + b_h); y_t = h_t W_y + b_y; L = sum_t sum(y_t * y_t)",
        VECTORS,
    ),
    "lstm": ((CELLS / "lstm.eq").read_text() + "\nL = mean_t sum(y_t^2)", VECTORS),
    "gru": ((CELLS / "gru.eq").read_text() + "\nL = mean_t norm(y_t)", VECTORS),
    "two lags": ("h_t = tanh(a h_{t-1} + b h_{t-2} + c x_{t-1}); L = sum_t h_t^2", {}),
    "three lags, vectors": (
        "h_t = tanh(A h_{t-1} + B h_{t-3} + C x_t); L = sum_t (h_t^T A h_t)",
        {"x": 3, "h": 4},
    ),
    "learned start": ("h_t = tanh(W h_{t-1} + U x_t); h_0 = 2 s; L = sum_t sum(h_t)", STATES),
    "two learned starts": (
        "h_t = tanh(a h_{t-1} + b h_{t-2} + x_t); h_0 = s; h_{-1} = s r; L = sum_t h_t",
        {},
    ),
    "derived": ("A = -exp(a); h_t = exp(0.1 A) h_{t-1} + x_t; L = prod_t h_t", {}),
    "mean and max": (
        "h_t = tanh(w h_{t-1} + x_t); m = max_t h_t; L = m \\cdot mean_t h_t^2 + min_t x_t",
        {},
    ),
    "without time": ("y_t = b; h_t = w y_{t-1} + x_t; L = sum_t (h_t y_t)", {}),
    "read ahead": ("y_t = tanh(a x_{t+1} + b x_{t-2} + c x_t); L = sum_t y_t", {}),
    "matrix state": (
        "A_t = 0.5 A_{t-1} + h_t h_t^T; h_t = tanh(A_{t-1} x_t + x_t); L = sum_t sum(A_t x_t)",
        {"x": 3, "h": 3},
    ),
    "concat": ("h_t = tanh(W [x_t, h_{t-1}] + b); L = sum_t sum(softmax(h_t) * h_t)", STATES),
    "layernorm": ("h_t = tanh(layernorm(W h_{t-1} + U x_t)); L = sum_t max(h_t)", STATES),
    "scalar times vector": (
        "h_t = \\alpha h_{t-1} + (1 - \\alpha) x_t; L = sum_t norm(h_t)",
        {"x": 3},
    ),
    "product of features": ("h_t = tanh(w * h_{t-1} + x_t); L = sum_t prod(h_t)", {"x": 3, "h": 3}),
    "powers": ("h_t = (1 + 0.1 h_{t-1}^2)^p + x_t^2; L = sum_t log(h_t)^2 / T", {}),
}
