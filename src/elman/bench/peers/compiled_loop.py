"""`torch.compile` of the loops that one would write by hand: gates joined, inputs hoisted."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import torch
from torch import Tensor

from elman.bench.case import Problem
from elman.bench.cells import loop
from elman.bench.peers.base import Contender, NotComputedError, Peer, torch_contender
from elman.bench.peers.elman_module import forward_of

# The compiler unrolls the loop: beyond this, compiling takes minutes.
MOST_STEPS = 128

Parameters = dict[str, Tensor]
Step = Callable[[Tensor, Tensor], Tensor]


def _over_time(pre: Tensor, h: Tensor, step: Step) -> Tensor:
    outputs = []
    for now in pre.unbind(0):
        h = step(now, h)
        outputs.append(h)
    return torch.stack(outputs)


def _joined(p: Parameters, letter: str, gates: str) -> Tensor:
    return torch.cat([p[letter + gate] for gate in gates])


def _start(x: Tensor, p: Parameters, name: str) -> Tensor:
    return x.new_zeros(x.shape[1], p[name].shape[0])


def _tanh(x: Tensor, p: Parameters) -> Tensor:
    pre = torch.nn.functional.linear(x, p["W"], p["b"])
    u = p["U"].t()
    return _over_time(pre, _start(x, p, "U"), lambda now, h: torch.tanh(now + h @ u))


def _layernorm(x: Tensor, p: Parameters) -> Tensor:
    pre = x @ p["W"].t()
    u = p["U"].t()

    def step(now: Tensor, h: Tensor) -> Tensor:
        total = now + h @ u
        return torch.tanh(torch.nn.functional.layer_norm(total, total.shape[-1:]) + p["b"])

    return _over_time(pre, _start(x, p, "U"), step)


def _minimal(x: Tensor, p: Parameters) -> Tensor:
    w, b = _joined(p, "W", "fh"), _joined(p, "b", "fh")
    pre = torch.nn.functional.linear(x, w, b)
    uf, uh = p["Uf"].t(), p["Uh"].t()

    def step(now: Tensor, h: Tensor) -> Tensor:
        to_f, to_g = now.chunk(2, -1)
        f = torch.sigmoid(to_f + h @ uf)
        return (1 - f) * h + f * torch.tanh(to_g + (f * h) @ uh)

    return _over_time(pre, _start(x, p, "Uh"), step)


def _gru(x: Tensor, p: Parameters) -> Tensor:
    pre = torch.nn.functional.linear(x, _joined(p, "W", "rzn"), _joined(p, "b", "rzn"))
    u, c = _joined(p, "U", "rzn").t(), p["cn"]

    def step(now: Tensor, h: Tensor) -> Tensor:
        to_r, to_z, to_n = now.chunk(3, -1)
        from_r, from_z, from_n = (h @ u).chunk(3, -1)
        r, z = torch.sigmoid(to_r + from_r), torch.sigmoid(to_z + from_z)
        n = torch.tanh(to_n + r * (from_n + c))
        return (1 - z) * n + z * h

    return _over_time(pre, _start(x, p, "Un"), step)


def _lstm(x: Tensor, p: Parameters) -> Tensor:
    pre = torch.nn.functional.linear(x, _joined(p, "W", "ifgo"), _joined(p, "b", "ifgo"))
    u = _joined(p, "U", "ifgo").t()
    h = c = _start(x, p, "Ui")
    outputs = []
    for now in pre.unbind(0):
        i, f, g, o = (now + h @ u).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def _peephole(x: Tensor, p: Parameters) -> Tensor:
    pre = torch.nn.functional.linear(x, _joined(p, "W", "ifco"), _joined(p, "b", "ifco"))
    u = _joined(p, "U", "ifco").t()
    h = c = _start(x, p, "Ui")
    outputs = []
    for now in pre.unbind(0):
        i, f, g, o = (now + h @ u).chunk(4, -1)
        kept = torch.sigmoid(f + p["pf"] * c) * c
        c = kept + torch.sigmoid(i + p["p_i"] * c) * torch.tanh(g)
        h = torch.sigmoid(o + p["po"] * c) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


LOOPS: dict[str, Callable[[Tensor, Parameters], Tensor]] = {
    "tanh": _tanh,
    "gru": _gru,
    "lstm": _lstm,
    "peephole": _peephole,
    "minimal": _minimal,
    "layernorm": _layernorm,
}


def _prepare(problem: Problem) -> Contender:
    if problem.case.steps > MOST_STEPS:
        raise NotComputedError(f"it unrolls the loop; at most {MOST_STEPS} steps are tried")
    # A bound of its own for each problem, and nothing left of the one before.
    torch.compiler.reset()
    by_hand = LOOPS.get(problem.case.cell)
    if by_hand is None:
        made = loop(problem.ours)
        forward = torch.compile(forward_of(made), dynamic=False)
        return torch_contender(problem, forward, dict(made.named_parameters()))
    compiled = torch.compile(by_hand, dynamic=False, fullgraph=True)
    parameters = {key: value.clone() for key, value in problem.parameters.items()}
    if problem.case.mode == "train":
        parameters = {key: value.requires_grad_() for key, value in parameters.items()}
    return torch_contender(problem, lambda given: (compiled(given[0], parameters),), parameters)


def _installed() -> bool:
    """torch's compiler calls a C++ compiler of the machine."""
    return any(shutil.which(name) for name in ("g++", "clang++", "cl"))


PEER = Peer("torch.compile", "torch", _installed, _prepare)
