"""LSTM, GRU and their relatives, by hand."""

import numpy as np

from by_hand import relu, sigmoid


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


def pytorch_lstm_projection(p):
    h, c = p.zeros(2), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        i = sigmoid(p.Wii @ x + p.bii + p.Whi @ h[t - 1] + p.bhi)
        f = sigmoid(p.Wif @ x + p.bif + p.Whf @ h[t - 1] + p.bhf)
        g = np.tanh(p.Wig @ x + p.big + p.Whg @ h[t - 1] + p.bhg)
        o = sigmoid(p.Wio @ x + p.bio + p.Who @ h[t - 1] + p.bho)
        c[t] = f * c[t - 1] + i * g
        h[t] = p.Whr @ (o * np.tanh(c[t]))
    return {"h": h, "c": c}


def wikipedia_peephole(p):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        f = sigmoid(p.Wf @ x + p.Uf @ c[t - 1] + p.bf)
        i = sigmoid(p.Wi @ x + p.Ui @ c[t - 1] + p.bi)
        o = sigmoid(p.Wo @ x + p.Uo @ c[t - 1] + p.bo)
        c[t] = f * c[t - 1] + i * np.tanh(p.Wc @ x + p.bc)
        h[t] = o * np.tanh(c[t])
    return {"h": h, "c": c}


def _gru_candidate(p, x, reset, h):
    return np.tanh(p.Wh @ x + p.Uh @ (reset * h) + p.bh)


def wikipedia_gru_type1(p):
    h = p.zeros(4)
    for t in p.steps():
        z, r = sigmoid(p.Uz @ h[t - 1] + p.bz), sigmoid(p.Ur @ h[t - 1] + p.br)
        h[t] = (1 - z) * h[t - 1] + z * _gru_candidate(p, p.x[t], r, h[t - 1])
    return {"h": h}


def wikipedia_gru_type3(p):
    h = p.zeros(4)
    z, r = sigmoid(p.bz), sigmoid(p.br)
    for t in p.steps():
        h[t] = (1 - z) * h[t - 1] + z * _gru_candidate(p, p.x[t], r, h[t - 1])
    return {"h": h}


def wikipedia_mgu(p):
    h = p.zeros(4)
    for t in p.steps():
        f = sigmoid(p.Wf @ p.x[t] + p.Uf @ h[t - 1] + p.bf)
        h[t] = (1 - f) * h[t - 1] + f * _gru_candidate(p, p.x[t], f, h[t - 1])
    return {"h": h}


def _layernorm(x):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5)


def wikipedia_ligru(p):
    h = p.zeros(4)
    for t in p.steps():
        z = sigmoid(_layernorm(p.Wz @ p.x[t]) + p.Uz @ h[t - 1])
        candidate = relu(_layernorm(p.Wh @ p.x[t]) + p.Uh @ h[t - 1])
        h[t] = z * h[t - 1] + (1 - z) * candidate
    return {"h": h}


def _peephole_lstm(p, peep):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        i = sigmoid(p.Wxi @ x + p.Whi @ h[t - 1] + peep("ci", c[t - 1]) + p.bi)
        f = sigmoid(p.Wxf @ x + p.Whf @ h[t - 1] + peep("cf", c[t - 1]) + p.bf)
        c[t] = f * c[t - 1] + i * np.tanh(p.Wxc @ x + p.Whc @ h[t - 1] + p.bc)
        o = sigmoid(p.Wxo @ x + p.Who @ h[t - 1] + peep("co", c[t]) + p.bo)
        h[t] = o * np.tanh(c[t])
    return {"h": h, "c": c}


def graves_lstm(p):
    return _peephole_lstm(p, lambda name, c: getattr(p, f"W{name}") @ c)


def graves_peephole_diagonal(p):
    return _peephole_lstm(p, lambda name, c: np.diag(getattr(p, f"w{name}")) @ c)


def gers_peephole(p):
    return _peephole_lstm(p, lambda name, c: getattr(p, f"W{name}") * c)


def _colah(p, gates, candidate):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        joined = np.concatenate([h[t - 1], p.x[t]])
        f, i = gates(c[t - 1], joined)
        c[t] = f * c[t - 1] + i * np.tanh(p.WC @ joined + p.bC)
        h[t] = candidate(c[t], joined) * np.tanh(c[t])
    return {"h": h, "C": c}


def colah_lstm(p):
    return _colah(
        p,
        lambda c, j: (sigmoid(p.Wf @ j + p.bf), sigmoid(p.Wi @ j + p.bi)),
        lambda c, j: sigmoid(p.Wo @ j + p.bo),
    )


def colah_coupled(p):
    def gates(c, j):
        f = sigmoid(p.Wf @ j + p.bf)
        return f, 1 - f

    return _colah(p, gates, lambda c, j: sigmoid(p.Wo @ j + p.bo))


def colah_peephole(p):
    def gates(c, j):
        whole = np.concatenate([c, j])
        return sigmoid(p.Wf @ whole + p.bf), sigmoid(p.Wi @ whole + p.bi)

    return _colah(p, gates, lambda c, j: sigmoid(p.Wo @ np.concatenate([c, j]) + p.bo))


def colah_gru(p):
    h = p.zeros(4)
    for t in p.steps():
        joined = np.concatenate([h[t - 1], p.x[t]])
        z, r = sigmoid(p.Wz @ joined), sigmoid(p.Wr @ joined)
        candidate = np.tanh(p.W @ np.concatenate([r * h[t - 1], p.x[t]]))
        h[t] = (1 - z) * h[t - 1] + z * candidate
    return {"h": h}


def _gru_without_bias(p, keep):
    h = p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        r = sigmoid(p.Wr @ x + p.Ur @ h[t - 1])
        z = sigmoid(p.Wz @ x + p.Uz @ h[t - 1])
        candidate = np.tanh(p.W @ x + p.U @ (r * h[t - 1]))
        share = z if keep else 1 - z
        h[t] = share * h[t - 1] + (1 - share) * candidate
    return {"h": h}


def cho_gru(p):
    return _gru_without_bias(p, keep=True)


def chung_gru(p):
    return _gru_without_bias(p, keep=False)


def _mutated(p, z_of, r_of, candidate_of):
    # h_{t+1} is computed from step t; before step 1 the gates are zero.
    z, r, h = p.zeros(4), p.zeros(4), p.zeros(4)
    for t in p.steps():
        candidate = candidate_of(p.x[t - 1], r[t - 1] * h[t - 1])
        h[t] = candidate * z[t - 1] + h[t - 1] * (1 - z[t - 1])
        z[t], r[t] = z_of(p.x[t], h[t]), r_of(p.x[t], h[t])
    return {"z": z, "r": r, "h": h}


def jozefowicz_mut1(p):
    return _mutated(
        p,
        lambda x, h: sigmoid(p.Wxz @ x + p.bz),
        lambda x, h: sigmoid(p.Wxr @ x + p.Whr @ h + p.br),
        lambda x, g: np.tanh(p.Whh @ g + np.tanh(x) + p.bh),
    )


def jozefowicz_mut2(p):
    return _mutated(
        p,
        lambda x, h: sigmoid(p.Wxz @ x + p.Whz @ h + p.bz),
        lambda x, h: sigmoid(x + p.Whr @ h + p.br),
        lambda x, g: np.tanh(p.Whh @ g + p.Wxh @ x + p.bh),
    )


def jozefowicz_mut3(p):
    return _mutated(
        p,
        lambda x, h: sigmoid(p.Wxz @ x + p.Whz @ np.tanh(h) + p.bz),
        lambda x, h: sigmoid(p.Wxr @ x + p.Whr @ h + p.br),
        lambda x, g: np.tanh(p.Whh @ g + p.Wxh @ x + p.bh),
    )


def janet(p):
    c = p.zeros(4)
    for t in p.steps():
        s = p.Uf @ c[t - 1] + p.Wf @ p.x[t] + p.bf
        candidate = np.tanh(p.Uc @ c[t - 1] + p.Wc @ p.x[t] + p.bc)
        c[t] = sigmoid(s) * c[t - 1] + (1 - sigmoid(s - p.beta)) * candidate
    return {"c": c, "h": c}


def zhou_mgu(p):
    h = p.zeros(4)
    for t in p.steps():
        f = sigmoid(p.Wf @ np.concatenate([h[t - 1], p.x[t]]) + p.bf)
        candidate = np.tanh(p.Wh @ np.concatenate([f * h[t - 1], p.x[t]]) + p.bh)
        h[t] = (1 - f) * h[t - 1] + f * candidate
    return {"h": h}


def d2l_gru(p):
    h = p.zeros(4)
    for t in p.steps():
        r = sigmoid(p.X[t] @ p.Wxr + h[t - 1] @ p.Whr + p.br)
        z = sigmoid(p.X[t] @ p.Wxz + h[t - 1] @ p.Whz + p.bz)
        candidate = np.tanh(p.X[t] @ p.Wxh + (r * h[t - 1]) @ p.Whh + p.bh)
        h[t] = z * h[t - 1] + (1 - z) * candidate
    return {"H": h}


def multiplicative_lstm(p):
    h, c = p.zeros(4), p.zeros(4)
    for t in p.steps():
        x = p.x[t]
        m = (p.Wmx @ x) * (p.Wmh @ h[t - 1])
        i, o = sigmoid(p.Wix @ x + p.Wim @ m), sigmoid(p.Wox @ x + p.Wom @ m)
        f = sigmoid(p.Wfx @ x + p.Wfm @ m)
        c[t] = f * c[t - 1] + i * np.tanh(p.Whx @ x + p.Whm @ m)
        h[t] = np.tanh(c[t]) * o
    return {"h": h, "c": c}
