"""Threads for kernels: those of torch where it has OpenMP, else a pool of our own.

A second pool beside torch's would fight with it for the cores, as OpenMP's threads wait in a busy
loop for a while after each product. Kernels take slices of the batch from a counter, so a call
is complete whatever number of threads turns up.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import torch


class _Fork:
    """Remembers whether this process is a fork: threads do not survive one."""

    def __init__(self) -> None:
        self.happened = False
        os.register_at_fork(after_in_child=self._mark)

    def _mark(self) -> None:
        self.happened = True


_FORK = _Fork()


def available_threads() -> int:
    """Returns how many threads a kernel may use, as `torch.set_num_threads` says."""
    return 1 if _FORK.happened else int(torch.get_num_threads())


def run(function: Any, address: int, argument: int, threads: int) -> None:
    """Calls a compiled function from several threads at once and waits for all.

    Args:
        function: For calls from Python.
        address: Where it begins.
        argument: The address that it is given.
        threads: How many at most.
    """
    if threads <= 1 or _FORK.happened:
        function(argument)
        return
    parallel = _openmp()
    if parallel is not None:
        parallel(address, argument, threads, 0)
        return
    others = [_pool(threads).submit(function, argument) for _ in range(threads - 1)]
    function(argument)
    for other in others:
        other.result()


@cache
def _openmp() -> Callable[..., None] | None:
    """Returns the entry of the OpenMP library that torch has loaded, if it is GNU's."""
    found = sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*"))
    for path in found:
        library = ctypes.CDLL(str(path))
        entry = library.GOMP_parallel
        entry.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
        entry.restype = None
        return entry
    return None


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="elman")
