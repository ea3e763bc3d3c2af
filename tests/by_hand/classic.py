"""The two documents and the simple recurrent networks, by hand."""

import numpy as np

from by_hand import sigmoid


def tutorial_scalar(p):
    h, y = p.zeros(), p.zeros()
    for t in p.steps():
        h[t] = np.tanh(p.W * h[t - 1] + p.U * p.x[t])
        y[t] = p.V * h[t]
    return {"h": h, "y": y}


def tutorial_product(p):
    h, y, tau = p.zeros(), p.zeros(), p.zeros()
    z = 1.0
    for t in p.steps():
        tau[t] = p.W * h[t - 1] + p.U * p.x[t]
        h[t] = np.tanh(tau[t])
        y[t] = p.V * h[t]
        z *= y[t]
    return {"h": h, "y": y, "tau": tau, "z": z}


def tutorial_bidirectional(p):
    h, k = p.zeros(4), p.zeros(4)
    for t in p.steps():
        h[t] = np.tanh(p.A1 @ p.x[t] + p.B1 @ h[t - 1] + p.c1)
    for t in reversed(p.steps()):
        k[t] = np.tanh(p.A2 @ p.x[t] + p.B2 @ k[t + 1] + p.c2)
    return {"h": h, "k": k, "y": h + k}


def tutorial_loss(p):
    h = p.zeros()
    loss = 0.0
    for t in p.steps():
        h[t] = np.tanh(p.a * p.x[t] + p.b * h[t - 1] + p.c)
        loss += h[t] ** 2
    return {"h": h, "y": h, "L": loss}


def lab_vanilla(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = np.tanh(np.matmul(p.x[t], p.Wx) + np.matmul(h[t - 1], p.Wh) + p.bh)
        y[t] = np.matmul(h[t], p.Wy) + p.by
    return {"h": h, "y": y}


def wikipedia_elman(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = np.tanh(p.Wh @ p.x[t] + p.Uh @ h[t - 1] + p.bh)
        y[t] = sigmoid(p.Wy @ h[t] + p.by)
    return {"h": h, "y": y}


def wikipedia_jordan(p):
    h, y, s = p.zeros(4), p.zeros(2), p.zeros(2)
    for t in p.steps():
        s[t] = sigmoid(p.Wss @ s[t - 1] + p.Wsy @ y[t - 1] + p.bs)
        h[t] = np.tanh(p.Wh @ p.x[t] + p.Uh @ s[t] + p.bh)
        y[t] = np.tanh(p.Wy @ h[t] + p.by)
    return {"h": h, "y": y, "s": s}


def pytorch_rnn(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = np.tanh(p.x[t] @ p.Wih.T + p.bih + h[t - 1] @ p.Whh.T + p.bhh)
    return {"h": h}
