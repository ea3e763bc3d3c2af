"""Modules in forked processes, in several threads, and what they leave of a thread's settings."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import elman
from codegen.cells import CELLS
from elman.codegen import threads

# Large enough for two threads of a kernel, and too small for those of torch's own operations, which
# OpenMP would lose in a fork.
SIZES = {"x": 32, "h": 64}
SHAPE = (20, 16, 32)


@pytest.fixture(autouse=True)
def two_threads(torch_threads):
    torch.set_num_threads(2)


def cell_of(name="gru"):
    torch.manual_seed(3)
    return elman.module(CELLS[name][0], SIZES, backend="fused", init="normal(0.1)")


def results(cell, x):
    output, final = cell(x)
    loss = output.square().sum() + final["h"].sum()
    return [output.detach(), *torch.autograd.grad(loss, [x, *cell.parameters()])]


def example(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(SHAPE, generator=generator).requires_grad_()


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


def test_the_same_seed_and_threads_give_the_same_bits():
    assert_equal(results(cell_of(), example()), results(cell_of(), example()))


def test_follows_the_number_of_threads(monkeypatch):
    used = []
    run = threads.run
    monkeypatch.setattr(threads, "run", lambda f, a, b, n: used.append(n) or run(f, a, b, n))
    cell, x = cell_of(), example()
    for count in (1, 2, 1, 3):
        torch.set_num_threads(count)
        results(cell, x)
        assert set(used) == {count}
        used.clear()


def answer(cell, queue) -> None:
    # As numbers: tensors would be handed over in shared memory.
    queue.put([value.tolist() for value in results(cell, example())])


@pytest.mark.skipif(
    torch.cuda.is_available(),
    reason="torch's autograd has a thread for each GPU, and refuses to run in a fork then",
)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_trains_on():
    cell = cell_of()
    results(cell, example())  # threads are running now
    torch.set_num_threads(1)
    expected = results(cell, example())
    torch.set_num_threads(2)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=answer, args=(cell, queue))
    process.start()
    found = queue.get(timeout=120)
    process.join(60)
    assert process.exitcode == 0
    assert found == [value.tolist() for value in expected]


def test_several_python_threads_at_once():
    cell = cell_of()
    expected = [results(cell, example(seed)) for seed in range(4)]

    def repeat(seed):
        torch.set_num_threads(2)
        return [results(cell, example(seed)) for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        for rounds, right in zip(pool.map(repeat, range(4)), expected, strict=True):
            for found in rounds:
                assert_equal(found, right)


def smallest() -> list[float]:
    """Products of numbers too small to be normal, computed by all threads of torch."""
    tiny = torch.full((1 << 16,), 1e-40)
    return [float((tiny * 1.0).max()), float((tiny * 1.0).min())]


@pytest.mark.parametrize("flushes", [False, True])
def test_the_setting_for_tiny_numbers_comes_back(flushes):
    if not torch.set_flush_denormal(flushes):
        pytest.skip("this processor has no such setting")
    try:
        before = smallest()
        assert (before[0] == 0.0) == flushes
        results(cell_of(), example())
        with torch.no_grad():
            cell_of()(example())
        assert smallest() == before
    finally:
        torch.set_flush_denormal(False)
