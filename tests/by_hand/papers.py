"""Recurrent cells of later papers, by hand."""

import numpy as np

from by_hand import sigmoid


def indrnn(p):
    h = p.zeros(4)
    for t in p.steps():
        h[t] = sigmoid(p.W @ p.x[t] + p.u * h[t - 1] + p.b)
    return {"h": h}


def lem(p):
    z, y = p.zeros(4), p.zeros(4)
    for n in p.steps():
        u = p.u[n]
        step = p.dt * sigmoid(p.W1 @ y[n - 1] + p.V1 @ u + p.b1)
        other = p.dt * sigmoid(p.W2 @ y[n - 1] + p.V2 @ u + p.b2)
        z[n] = (1 - step) * z[n - 1] + step * np.tanh(p.Wz @ y[n - 1] + p.Vz @ u + p.bz)
        y[n] = (1 - other) * y[n - 1] + other * np.tanh(p.Wy @ z[n] + p.Vy @ u + p.by)
    return {"z": z, "y": y}


def cornn(p):
    y, z = p.zeros(4), p.zeros(4)
    for n in p.steps():
        force = np.tanh(p.W @ y[n - 1] + p.W_cal @ z[n - 1] + p.V @ p.u[n] + p.b)
        damping = p.gamma * y[n - 1] + p.epsilon * z[n - 1]
        z[n] = z[n - 1] + p.dt * (force - damping)
        y[n] = y[n - 1] + p.dt * z[n]
    return {"y": y, "z": z}


def antisymmetric_rnn(p):
    h = p.zeros(4)
    matrix = p.Wh - p.Wh.T - p.gamma * np.eye(4)
    for t in p.steps():
        h[t] = h[t - 1] + p.epsilon * np.tanh(matrix @ h[t - 1] + p.Vh @ p.x[t] + p.bh)
    return {"h": h}


def antisymmetric_gated(p):
    h = p.zeros(4)
    matrix = p.Wh - p.Wh.T - p.gamma * np.eye(4)
    for t in p.steps():
        z = sigmoid(matrix @ h[t - 1] + p.Vz @ p.x[t] + p.bz)
        h[t] = h[t - 1] + p.epsilon * z * np.tanh(matrix @ h[t - 1] + p.Vh @ p.x[t] + p.bh)
    return {"h": h}


def mingru(p):
    h = p.zeros(4)
    for t in p.steps():
        z = sigmoid(p.Wz @ p.x[t] + p.bz)
        h[t] = (1 - z) * h[t - 1] + z * (p.Wh @ p.x[t] + p.bh)
    return {"h": h}


def minlstm(p):
    h = p.zeros(4)
    for t in p.steps():
        f, i = sigmoid(p.Wf @ p.x[t] + p.bf), sigmoid(p.Wi @ p.x[t] + p.bi)
        h[t] = f / (f + i) * h[t - 1] + i / (f + i) * (p.Wh @ p.x[t] + p.bh)
    return {"h": h}


def xlstm_slstm(p):
    c, n, h = p.zeros(), p.zeros(), p.zeros()
    for t in p.steps():
        x = p.x[t]
        z = np.tanh(p.wz @ x + p.rz * h[t - 1] + p.bz)
        i = np.exp(p.wi @ x + p.ri * h[t - 1] + p.bi)
        f = sigmoid(p.wf @ x + p.rf * h[t - 1] + p.bf)
        o = sigmoid(p.wo @ x + p.ro * h[t - 1] + p.bo)
        c[t] = f * c[t - 1] + i * z
        n[t] = f * n[t - 1] + i
        h[t] = o * c[t] / n[t]
    return {"c": c, "n": n, "h": h}


def xlstm_stabilised(p):
    m, c, n, h = p.zeros(4), p.zeros(4), p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        f = sigmoid(p.Wf @ x + p.Rf @ h[t - 1] + p.bf)
        i = np.exp(p.Wi @ x + p.Ri @ h[t - 1] + p.bi)
        z = np.tanh(p.Wz @ x + p.Rz @ h[t - 1] + p.bz)
        o = sigmoid(p.Wo @ x + p.Ro @ h[t - 1] + p.bo)
        m[t] = np.maximum(np.log(f) + m[t - 1], np.log(i))
        scaled_i, scaled_f = np.exp(np.log(i) - m[t]), np.exp(np.log(f) + m[t - 1] - m[t])
        c[t] = scaled_f * c[t - 1] + scaled_i * z
        n[t] = scaled_f * n[t - 1] + scaled_i
        h[t] = o * c[t] / n[t]
    return {"m": m, "c": c, "n": n, "h": h}


def xlstm_mlstm(p):
    c, n, h = p.zeros(4, 2), p.zeros(2), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        q, v = p.Wq @ x + p.bq, p.Wv @ x + p.bv
        k = p.Wk @ x / np.sqrt(2) + p.bk
        i, f = np.exp(p.wi @ x + p.bi), sigmoid(p.wf @ x + p.bf)
        c[t] = f * c[t - 1] + i * np.outer(v, k)
        n[t] = f * n[t - 1] + i * k
        h[t] = sigmoid(p.Wo @ x + p.bo) * (c[t] @ q / max(abs(n[t] @ q), 1))
    return {"C": c, "n": n, "h": h}


def sru(p):
    c, h = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        f = sigmoid(p.Wf @ x + p.vf * c[t - 1] + p.bf)
        r = sigmoid(p.Wr @ x + p.vr * c[t - 1] + p.br)
        c[t] = f * c[t - 1] + (1 - f) * (p.W @ x)
        h[t] = r * c[t] + (1 - r) * x
    return {"c": c, "h": h}


def qrnn(p):
    c, h = p.zeros(4), p.zeros(4)
    for t in p.steps():
        before, x = p.x[t - 1], p.x[t]
        z = np.tanh(p.Wz1 @ before + p.Wz2 @ x)
        f = sigmoid(p.Wf1 @ before + p.Wf2 @ x)
        c[t] = f * c[t - 1] + (1 - f) * z
        h[t] = sigmoid(p.Wo1 @ before + p.Wo2 @ x) * c[t]
    return {"c": c, "h": h}


def lru_real(p):
    h, y = p.zeros(4), p.zeros(2)
    for t in p.steps():
        h[t] = getattr(p, "lambda") * h[t - 1] + p.gamma * (p.B @ p.x[t])
        y[t] = p.C @ h[t] + p.D @ p.x[t]
    return {"h": h, "y": y}


def state_space(p):
    x, y = p.zeros(4), p.zeros(2)
    for k in p.steps():
        x[k] = p.A @ x[k - 1] + p.B @ p.u[k]
        y[k] = p.C @ x[k] + p.D @ p.u[k]
    return {"x": x, "y": y}


def ugrnn(p):
    h = p.zeros(4)
    for t in p.steps():
        c = np.tanh(p.Wch @ h[t - 1] + p.Wcx @ p.x[t] + p.bc)
        g = sigmoid(p.Wgh @ h[t - 1] + p.Wgx @ p.x[t] + p.bg)
        h[t] = g * h[t - 1] + (1 - g) * c
    return {"h": h}


def cfn(p):
    h = p.zeros(4)
    for t in p.steps():
        theta = sigmoid(p.Utheta @ h[t - 1] + p.Vtheta @ p.x[t] + p.btheta)
        eta = sigmoid(p.Ueta @ h[t - 1] + p.Veta @ p.x[t] + p.b_eta)
        h[t] = theta * np.tanh(h[t - 1]) + eta * np.tanh(p.W @ p.x[t])
    return {"h": h}


def ran(p):
    c, h = p.zeros(4), p.zeros(4)
    for t in p.steps():
        i = sigmoid(p.Wih @ h[t - 1] + p.Wix @ p.x[t] + p.bi)
        f = sigmoid(p.Wfh @ h[t - 1] + p.Wfx @ p.x[t] + p.bf)
        c[t] = i * (p.Wcx @ p.x[t]) + f * c[t - 1]
        h[t] = np.tanh(c[t])
    return {"c": c, "h": h}


def fastrnn(p):
    h = p.zeros(4)
    for t in p.steps():
        candidate = sigmoid(p.W @ p.x[t] + p.U @ h[t - 1] + p.b)
        h[t] = p.alpha * candidate + p.beta * h[t - 1]
    return {"h": h}


def fastgrnn(p):
    h = p.zeros(4)
    for t in p.steps():
        shared = p.W @ p.x[t] + p.U @ h[t - 1]
        z, candidate = sigmoid(shared + p.bz), np.tanh(shared + p.bh)
        h[t] = (p.zeta * (1 - z) + p.nu) * candidate + z * h[t - 1]
    return {"h": h}


def multiplicative_rnn(p):
    h = p.zeros(4)
    for t in p.steps():
        m = (p.Wmx @ p.x[t]) * (p.Wmh @ h[t - 1])
        h[t] = np.tanh(p.Whm @ m + p.Whx @ p.x[t])
    return {"h": h}


def mi_rnn(p):
    h = p.zeros(4)
    for t in p.steps():
        wx, uh = p.W @ p.x[t], p.U @ h[t - 1]
        h[t] = np.tanh(p.alpha * wx * uh + p.beta1 * uh + p.beta2 * wx + p.b)
    return {"h": h}


def linear_attention(p):
    s, z, y = p.zeros(2, 4), p.zeros(2), p.zeros(4)
    for t in p.steps():
        q, k, v = p.WQ @ p.x[t], p.WK @ p.x[t], p.WV @ p.x[t]
        s[t] = s[t - 1] + np.outer(k, v)
        z[t] = z[t - 1] + k
        y[t] = q @ s[t] / (1 + np.linalg.norm(z[t]))
    return {"S": s, "z": z, "y": y}
