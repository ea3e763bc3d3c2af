"""elman itself: compiled kernels, the loop of torch operations, and other settings of memory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

from torch import Tensor

from elman.bench.case import Problem
from elman.bench.cells import loop
from elman.bench.peers.base import Contender, Forward, NotComputedError, Peer, torch_contender
from elman.nn import RecurrentModule, module


def forward_of(made: RecurrentModule) -> Forward:
    """Returns a function from inputs in order to outputs in order, as a user would call it."""
    inputs, outputs = made.recurrence.inputs, made.outputs
    if len(inputs) == 1 and len(outputs) == 1:
        return lambda given: (made(given[0])[0],)

    def run(given: list[Tensor]) -> Sequence[Tensor]:
        found = made(dict(zip(inputs, given, strict=True)))[0]
        return [found[key] for key in outputs] if isinstance(found, dict) else [found]

    return run


def contender_of(problem: Problem, made: RecurrentModule) -> Contender:
    """Returns the contender of a module with elman's names of parameters."""
    return torch_contender(problem, forward_of(made), dict(made.named_parameters()))


def _ours(problem: Problem) -> Contender:
    return contender_of(problem, problem.ours)


def _loop(problem: Problem) -> Contender:
    return contender_of(problem, loop(problem.ours))


def _with_memory(setting: str) -> Callable[[Problem], Contender]:
    def prepare(problem: Problem) -> Contender:
        case = problem.case
        if case.mode != "train":
            raise NotComputedError("inference keeps nothing")
        made = problem.cell.module(case.inputs, case.hidden, "auto", memory=setting)
        made.load_state_dict(problem.ours.state_dict())
        return contender_of(problem, made)

    return prepare


def _has_memory() -> bool:
    return "memory" in inspect.signature(module).parameters


OURS = Peer("elman", "elman", lambda: True, _ours)
LOOP = Peer("loop", "torch", lambda: True, _loop)
LEAST = Peer("elman, least memory", "elman", _has_memory, _with_memory("least"))
FAST = Peer("elman, fast", "elman", _has_memory, _with_memory("fast"))
