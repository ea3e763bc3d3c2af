"""Texts in the state in which pages, chats and editors hand them over, by hand."""

import numpy as np

from by_hand import relu, sigmoid, softmax


def chat_lstm(p):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        both = np.concatenate([h[t - 1], p.x[t]])
        f = sigmoid(p.Wf @ both + p.bf)
        i = sigmoid(p.Wi @ both + p.bi)
        c[t] = f * c[t - 1] + i * np.tanh(p.WC @ both + p.bC)
        h[t] = sigmoid(p.Wo @ both + p.bo) * np.tanh(c[t])
    return {"C": c, "h": h}


def chat_gru(p):
    h = p.zeros(4)
    for t in p.steps():
        z = sigmoid(p.Wz @ p.x[t] + p.Uz @ h[t - 1] + p.bz)
        r = sigmoid(p.Wr @ p.x[t] + p.Ur @ h[t - 1] + p.br)
        candidate = np.tanh(p.Wh @ p.x[t] + p.Uh @ (r * h[t - 1]) + p.bh)
        h[t] = (1 - z) * h[t - 1] + z * candidate
    return {"h": h}


def notebook_prose(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = np.tanh(p.W @ h[t - 1] + p.U @ p.x[t] + p.b)
        y[t] = p.V @ h[t] + p.c
    return {"h": h, "y": y}


def markdown_fence(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = relu(p.W @ h[t - 1] + p.U @ p.x[t] + p.b)
    return {"h": h}


def word_equation(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = np.tanh(p.Wh @ h[t - 1] + p.Wx @ p.x[t] + p.b)
    return {"h": h}


def greff_lstm(p):
    y, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        z = np.tanh(p.Wz @ p.x[t] + p.Rz @ y[t - 1] + p.bz)
        i = sigmoid(p.Wi @ p.x[t] + p.Ri @ y[t - 1] + p.p_i * c[t - 1] + p.bi)
        f = sigmoid(p.Wf @ p.x[t] + p.Rf @ y[t - 1] + p.pf * c[t - 1] + p.bf)
        c[t] = z * i + c[t - 1] * f
        o = sigmoid(p.Wo @ p.x[t] + p.Ro @ y[t - 1] + p.po * c[t] + p.bo)
        y[t] = np.tanh(c[t]) * o
    return {"c": c, "y": y}


def biquad(p):
    y = p.zeros()
    for n in p.steps():
        past = p.a1 * y[n - 1] + p.a2 * y[n - 2]
        y[n] = p.b0 * p.x[n] + p.b1 * p.x[n - 1] + p.b2 * p.x[n - 2] - past
    return {"y": y}


def state_space_ahead(p):
    x, y = p.zeros(4), p.zeros(2)
    for k in p.steps():
        x[k] = p.A @ x[k - 1] + p.B @ p.u[k - 1]
        y[k] = p.C @ x[k] + p.D @ p.u[k]
    return {"x": x, "y": y}


def arma(p):
    x, e = p.zeros(), p.epsilon
    for t in p.steps():
        own = p.phi1 * x[t - 1] + p.phi2 * x[t - 2]
        x[t] = p.c + e[t] + own + p.theta1 * e[t - 1] + p.theta2 * e[t - 2]
    return {"X": x}


def holt_trend(p):
    s, b = p.zeros(), p.zeros()
    for t in p.steps():
        s[t] = p.alpha * p.x[t] + (1 - p.alpha) * (s[t - 1] + b[t - 1])
        b[t] = p.beta * (s[t] - s[t - 1]) + (1 - p.beta) * b[t - 1]
    return {"s": s, "b": b}


def adam(p):
    m, v, theta = p.zeros(), p.zeros(), p.zeros()
    for t in p.steps():
        m[t] = p.beta1 * m[t - 1] + (1 - p.beta1) * p.g[t]
        v[t] = p.beta2 * v[t - 1] + (1 - p.beta2) * p.g[t] ** 2
        theta[t] = theta[t - 1] - p.alpha * m[t] / (np.sqrt(v[t] ** 2 + 1) + p.epsilon)
    return {"m": m, "v": v, "theta": theta}


def cudnn_lstm(p):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x, before = p.x[t], h[t - 1]
        i = sigmoid(p.Wi @ x + p.Ri @ before + p.bWi + p.bRi)
        f = sigmoid(p.Wf @ x + p.Rf @ before + p.bWf + p.bRf)
        o = sigmoid(p.Wo @ x + p.Ro @ before + p.bWo + p.bRo)
        c[t] = f * c[t - 1] + i * np.tanh(p.Wc @ x + p.Rc @ before + p.bWc + p.bRc)
        h[t] = o * np.tanh(c[t])
    return {"c": c, "h": h}


def jurafsky_lm(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = relu(p.U @ h[t - 1] + p.W @ (p.E @ p.x[t]))
        y[t] = softmax(p.V @ h[t])
    return {"h": h, "y_hat": y}


def scrn(p):
    s, h, y = p.zeros(2), p.zeros(4), p.zeros(2)
    for t in p.steps():
        s[t] = (1 - p.alpha) * (p.B @ p.x[t]) + p.alpha * s[t - 1]
        h[t] = sigmoid(p.P @ s[t] + p.A @ p.x[t] + p.R @ h[t - 1])
        y[t] = softmax(p.U @ h[t] + p.V @ s[t])
    return {"s": s, "h": h, "y": y}


def rglru(p):
    h = p.zeros(4)
    for t in p.steps():
        r = sigmoid(p.Wa @ p.x[t] + p.ba)
        i = sigmoid(p.Wx @ p.x[t] + p.bx)
        a = np.exp(-p.c * np.log1p(np.exp(p.Lambda)) * r)
        h[t] = a * h[t - 1] + np.sqrt(1 - a**2) * i * p.x[t]
    return {"h": h}


def lipschitz_rnn(p):
    h = p.zeros(4)
    for k in p.steps():
        inside = p.W @ h[k - 1] + p.U @ p.x[k - 1] + p.b
        h[k] = h[k - 1] + p.epsilon * (p.A @ h[k - 1] + np.tanh(inside))
    return {"h": h}


def mamba_diagonal(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        step = np.log1p(np.exp(p.wDelta @ p.x[t] + p.bDelta))
        h[t] = np.exp(step * p.A) * h[t - 1] + step * (p.B @ p.x[t])
        y[t] = p.C @ h[t]
    return {"h": h, "y": y}


def advantage(p):
    a = p.zeros()
    for t in reversed(p.steps()):
        following = p.V[t + 1]  # zero after the last step
        delta = p.r[t] + p.gamma * following - p.V[t]
        a[t] = delta + p.gamma * getattr(p, "lambda") * a[t + 1]
    return {"A_hat": a}


def deltanet(p):
    s, o = p.zeros(2, 3), p.zeros(2)
    for t in p.steps():
        k, v, beta = p.k[t], p.v[t], p.beta[t]
        s[t] = s[t - 1] @ (np.eye(3) - beta * np.outer(k, k)) + beta * np.outer(v, k)
        o[t] = s[t] @ p.q[t]
    return {"S": s, "o": o}


def concatenation_by_array(p):
    c, h = p.zeros(4), p.zeros(4)
    for t in p.steps():
        both = np.concatenate([h[t - 1], p.x[t]])
        f = sigmoid(p.Wf @ both)
        c[t] = f * c[t - 1] + (1 - f) * np.tanh(p.W @ both + p.b)
        h[t] = np.tanh(c[t])
    return {"c": c, "h": h}
