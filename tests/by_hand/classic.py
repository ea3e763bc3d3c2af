"""The two documents and the simple recurrent networks, by hand."""

import numpy as np

from by_hand import relu, sigmoid, softmax


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


def pytorch_rnn_relu(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = relu(p.Wih @ p.x[t] + p.bih + p.Whh @ h[t - 1] + p.bhh)
    return {"h": h}


def goodfellow_rnn(p):
    a, h, o, y = p.zeros(4), p.zeros(4), p.zeros(2), p.zeros(2)
    for t in p.steps():
        a[t] = p.b + p.W @ h[t - 1] + p.U @ p.x[t]
        h[t] = np.tanh(a[t])
        o[t] = p.c + p.V @ h[t]
        y[t] = softmax(o[t])
    return {"a": a, "h": h, "o": o, "y_hat": y}


def goodfellow_output_recurrence(p):
    h, o = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = np.tanh(p.b + p.W @ o[t - 1] + p.U @ p.x[t])
        o[t] = p.c + p.V @ h[t]
    return {"h": h, "o": o}


def goodfellow_dynamical_system(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = p.W.T @ h[t - 1] + p.x[t]
    return {"h": h}


def schuster_bidirectional(p):
    right, left, y = p.zeros(4), p.zeros(4), p.zeros(2)
    for t in p.steps():
        right[t] = np.tanh(p.Wxh_right @ p.x[t] + p.Wh_righth_right @ right[t - 1] + p.bh_right)
    for t in reversed(p.steps()):
        left[t] = np.tanh(p.Wxh_left @ p.x[t] + p.Wh_lefth_left @ left[t + 1] + p.bh_left)
    for t in p.steps():
        y[t] = p.Wh_righty @ right[t] + p.Wh_lefty @ left[t] + p.by
    return {"h_right": right, "h_left": left, "y": y}


def graves_stacked(p):
    h1, h2, y = p.zeros(4), p.zeros(5), p.zeros(2)
    for t in p.steps():
        h1[t] = np.tanh(p.Wi1 @ p.x[t] + p.W11 @ h1[t - 1] + p.bh1)
        h2[t] = np.tanh(p.Wi2 @ p.x[t] + p.W12 @ h1[t] + p.W22 @ h2[t - 1] + p.bh2)
        y[t] = p.by + p.W1y @ h1[t] + p.W2y @ h2[t]
    return {"h1": h1, "h2": h2, "y": y}


def stacked_any_order(p):
    h1, h2, y = p.zeros(4), p.zeros(5), p.zeros(2)
    for t in p.steps():
        h1[t] = np.tanh(p.W1 @ h1[t - 1] + p.U1 @ p.x[t] + p.b1)
        h2[t] = np.tanh(p.W2 @ h2[t - 1] + p.U2 @ h1[t] + p.b2)
        y[t] = p.V @ h2[t] + p.c
    return {"h1": h1, "h2": h2, "y": y}


def jordan_1986(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = sigmoid(p.W @ p.x[t] + p.U @ y[t - 1] + p.b)
        y[t] = sigmoid(p.V @ h[t] + p.c)
    return {"h": h, "y": y}


def narx(p):
    y = p.zeros()
    for t in p.steps():
        y[t] = np.tanh(p.a1 * y[t - 1] + p.a2 * y[t - 2] + p.b0 * p.u[t] + p.b1 * p.u[t - 1] + p.c)
    return {"y": y}


def echo_state(p):
    x, y = p.zeros(4), p.zeros(2)
    for n in p.steps():
        x[n] = (1 - p.alpha) * x[n - 1] + p.alpha * np.tanh(p.Win @ p.u[n] + p.W @ x[n - 1])
        y[n] = p.Wout @ x[n]
    return {"x": x, "y": y}


def ctrnn_euler(p):
    h = p.zeros(4)
    for t in p.steps():
        drift = -h[t - 1] + np.tanh(p.W @ h[t - 1] + p.U @ p.x[t] + p.b)
        h[t] = h[t - 1] + p.dt / p.tau * drift
    return {"h": h}


def exponential_smoothing(p):
    level, trend = p.zeros(), p.zeros()
    for t in p.steps():
        level[t] = p.alpha * p.x[t] + (1 - p.alpha) * (level[t - 1] + trend[t - 1])
        trend[t] = p.beta * (level[t] - level[t - 1]) + (1 - p.beta) * trend[t - 1]
    return {"l": level, "b": trend, "y": level + trend}


def ar_by_sum(p):
    y = p.zeros()
    for t in p.steps():
        y[t] = p.phi1 * y[t - 1] + p.phi2 * y[t - 2] + p.phi3 * y[t - 3] + p.c + p.x[t]
    return {"y": y}


def var_two_lags(p):
    y = p.zeros(3)
    for t in p.steps():
        y[t] = p.c + p.A1 @ y[t - 1] + p.A2 @ y[t - 2] + p.x[t]
    return {"y": y}


def cs224n(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = sigmoid(p.Whh @ h[t - 1] + p.Whx @ p.x[t])
        y[t] = softmax(p.WS @ h[t])
    return {"h": h, "y_hat": y}


def d2l_rnn(p):
    h, o = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = np.tanh(p.X[t] @ p.Wxh + h[t - 1] @ p.Whh + p.bh)
        o[t] = h[t] @ p.Whq + p.bq
    return {"H": h, "O": o}


def unicode_terminal(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = np.tanh(p.W @ h[t - 1] + p.U @ p.x[t] + p.b)
        y[t] = p.V @ h[t] + p.c
    return {"h": h, "y": y}


def mean_loss(p):
    h, y = p.zeros(4), p.zeros(2)
    h[0] = p.s
    total = 0.0
    for t in p.steps():
        h[t] = np.tanh(p.W @ h[t - 1] + p.U @ p.x[t])
        y[t] = p.V @ h[t]
        total += np.sum((y[t] - p.d[t]) ** 2)
    return {"h": h, "y": y, "E": total / p.T}


def residual_rnn(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = h[t - 1] + relu(p.W @ h[t - 1] + p.U @ p.x[t] + p.b)
    return {"h": h}


def weighted_moving_average(p):
    y = p.zeros()
    for t in p.steps():
        y[t] = p.x[t - 1] / 4 + p.x[t] / 2 + p.x[t + 1] / 4
    return {"y": y, "m": max(y[t] for t in p.steps())}
