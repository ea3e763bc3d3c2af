"""LSTM, GRU and their relatives, by hand."""

import numpy as np

from by_hand import sigmoid


def wikipedia_lstm(p):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        f = sigmoid(p.Wf @ x + p.Uf @ h[t - 1] + p.bf)
        i = sigmoid(p.Wi @ x + p.Ui @ h[t - 1] + p.bi)
        o = sigmoid(p.Wo @ x + p.Uo @ h[t - 1] + p.bo)
        c[t] = f * c[t - 1] + i * np.tanh(p.Wc @ x + p.Uc @ h[t - 1] + p.bc)
        h[t] = o * np.tanh(c[t])
    return {"h": h, "c": c}


def wikipedia_gru(p):
    h = p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        z = sigmoid(p.Wz @ x + p.Uz @ h[t - 1] + p.bz)
        r = sigmoid(p.Wr @ x + p.Ur @ h[t - 1] + p.br)
        candidate = np.tanh(p.Wh @ x + p.Uh @ (r * h[t - 1]) + p.bh)
        h[t] = (1 - z) * h[t - 1] + z * candidate
    return {"h": h}


def pytorch_lstm(p):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        i = sigmoid(p.Wii @ x + p.bii + p.Whi @ h[t - 1] + p.bhi)
        f = sigmoid(p.Wif @ x + p.bif + p.Whf @ h[t - 1] + p.bhf)
        g = np.tanh(p.Wig @ x + p.big + p.Whg @ h[t - 1] + p.bhg)
        o = sigmoid(p.Wio @ x + p.bio + p.Who @ h[t - 1] + p.bho)
        c[t] = f * c[t - 1] + i * g
        h[t] = o * np.tanh(c[t])
    return {"h": h, "c": c}


def pytorch_gru(p):
    h = p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        r = sigmoid(p.Wir @ x + p.bir + p.Whr @ h[t - 1] + p.bhr)
        z = sigmoid(p.Wiz @ x + p.biz + p.Whz @ h[t - 1] + p.bhz)
        n = np.tanh(p.Win @ x + p.bin + r * (p.Whn @ h[t - 1] + p.bhn))
        h[t] = (1 - z) * n + z * h[t - 1]
    return {"h": h}
