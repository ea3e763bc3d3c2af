"""torch.nn's own RNN, GRU and LSTM."""

from __future__ import annotations

from collections.abc import Callable

import torch

from elman.bench.case import Problem
from elman.bench.peers.base import Contender, NotComputedError, Peer
from elman.bench.peers.stacked import gate_layout, stacked_contender

# Cell -> torch's module, and the suffixes of elman's parameters in torch's order.
_MODULES: dict[str, tuple[Callable[[int, int], torch.nn.Module], tuple[str, ...]]] = {
    "tanh": (torch.nn.RNN, ("",)),
    "gru": (torch.nn.GRU, ("r", "z", "n")),
    "lstm": (torch.nn.LSTM, ("i", "f", "g", "o")),
}
# torch's parameter -> the letter of elman's. Only the GRU's candidate has a c.
_LETTERS = {"weight_ih_l0": "W", "weight_hh_l0": "U", "bias_ih_l0": "b", "bias_hh_l0": "c"}


def _prepare(problem: Problem) -> Contender:
    if problem.case.cell not in _MODULES:
        raise NotComputedError(f"torch.nn has no {problem.case.cell}")
    make, gates = _MODULES[problem.case.cell]
    return stacked_contender(problem, make, gate_layout(_LETTERS, gates))


PEER = Peer("torch.nn", "torch", lambda: True, _prepare)
