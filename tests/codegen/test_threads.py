"""Threads of kernels: as many as torch uses, none in a forked process."""

from __future__ import annotations

import multiprocessing

import pytest
import torch

from codegen.kernels import run_kernel
from elman.codegen import threads
from elman.codegen.kernel import Kernel
from elman.codegen.schedule import schedule
from elman.ir import parse


def test_follows_torch(torch_threads):
    torch.set_num_threads(3)
    assert threads.available_threads() == 3


def sum_of_a_run() -> float:
    """Of a recurrence that is large enough for two threads."""
    graph = parse("h_t = tanh(W h_{t-1} + x_t)").typed({"x": 64, "h": 64})
    kernel = Kernel(schedule(graph, ["h"], kept=["h"]), torch.float32)
    given = {"W": torch.eye(64)}, {"x": torch.ones(20, 16, 64)}
    found = run_kernel(kernel, *given, ["h"], steps=20, batch=16)
    return float(found[0][-1].sum())  # small: torch itself uses one thread


def answer(queue) -> None:
    queue.put((threads.available_threads(), sum_of_a_run()))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_computes_with_one_thread(torch_threads):
    torch.set_num_threads(2)
    expected = sum_of_a_run()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=answer, args=(queue,))
    process.start()
    count, found = queue.get(timeout=60)
    process.join(60)
    assert count == 1 and found == expected
