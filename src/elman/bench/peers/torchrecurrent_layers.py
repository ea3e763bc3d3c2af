"""torchrecurrent's layers, where they compute one of the cells."""

from __future__ import annotations

from importlib.util import find_spec

import torch

from elman.bench.case import Problem
from elman.bench.peers.base import Contender, NotComputedError, Peer
from elman.bench.peers.stacked import gate_layout, stacked_contender

# The suffixes of elman's parameters in torchrecurrent's order.
_GATES = {"minimal": ("f", "h"), "peephole": ("i", "f", "c", "o")}
_LETTERS = {"cells.0.weight_ih": "W", "cells.0.weight_hh": "U", "cells.0.bias_ih": "b"}
_PEEPHOLES = {"cells.0.weight_ph": ("p_i", "pf", "po")}


def _prepare(problem: Problem) -> Contender:
    import torchrecurrent

    cell = problem.case.cell
    if cell not in _GATES:
        raise NotComputedError(f"torchrecurrent has no {cell} of these equations")
    layer = torchrecurrent.MGU if cell == "minimal" else torchrecurrent.PeepholeLSTM

    def make(inputs: int, hidden: int) -> torch.nn.Module:
        made: torch.nn.Module = layer(inputs, hidden, recurrent_bias=False)
        return made

    return stacked_contender(problem, make, {**gate_layout(_LETTERS, _GATES[cell]), **_PEEPHOLES})


PEER = Peer(
    "torchrecurrent",
    "torchrecurrent",
    lambda: find_spec("torchrecurrent") is not None,
    _prepare,
)
