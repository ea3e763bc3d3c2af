"""A pool of spawned processes whose members may die without taking the others along.

`concurrent.futures` breaks as a whole when one worker is killed, and leaves its workers behind
when the parent is killed. Here each worker has a pipe of its own, and ends with its parent.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

# Libraries of linear algebra read these when they are loaded. Several processes with a thread for
# each core would wait for each other: a QR decomposition of 2 ms was seen to take a second.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Started:
    """A worker took up the job at `index`."""

    index: int


@dataclass(frozen=True)
class Returned:
    """The job at `index` returned `value`."""

    index: int
    value: Any


@dataclass(frozen=True)
class Broke:
    """The job at `index` raised an unexpected exception, or its process died.

    Attributes:
        index: Which job.
        reason: One line for the user.
        detail: The traceback, for a bug report; empty where the process died.
    """

    index: int
    reason: str
    detail: str


Event = Started | Returned | Broke


class WorkerPool:
    """Spawned processes that take jobs in turn; a context manager that ends them.

    They are started where jobs come, and wait for more of them, of another function too: what a
    worker has loaded, such as torch and compiled kernels, is loaded once.

    When the parent process disappears (even by SIGKILL), the workers end themselves.

    Args:
        size: Number of processes.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"a pool has at least 1 worker, not {size}")
        self.size = size
        self._members: list[_Member] = []

    def run(
        self, function: Callable[[Any], Any], jobs: Sequence[Any], seconds: float | None = None
    ) -> Generator[Event, None, None]:
        """Runs `function(job)` for every job, in the order given.

        Closing the generator, or an exception in its consumer, ends what is still going on.

        Args:
            function: A picklable function.
            jobs: Picklable arguments.
            seconds: After which the jobs that go on are ended and no other begins; None for no
                bound.
        Yields:
            `Started` for each job as it is taken up, then one of `Returned` and `Broke`.
        """
        waiting = list(enumerate(jobs))[::-1]
        end = None if seconds is None else time.monotonic() + seconds
        while len(self._members) < min(self.size, len(jobs)):
            self._members.append(_Member())
        try:
            while waiting or any(member.index is not None for member in self._members):
                for member in self._members:
                    if member.index is None and waiting:
                        index, job = waiting.pop()
                        member.take(index, function, job)
                        yield Started(index)
                left = None if end is None else max(0.0, end - time.monotonic())
                yield from _events_of(self._members, left)
                if end is not None and time.monotonic() >= end:
                    return
        finally:
            for member in [one for one in self._members if one.index is not None]:
                member.stop()
                self._members.remove(member)

    def stop(self) -> None:
        """Ends all workers; jobs that come later start others."""
        while self._members:
            self._members.pop().stop()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _events_of(members: list[_Member], seconds: float | None) -> Iterator[Event]:
    """Waits until at least one member has news, or so long, and yields it."""
    busy = {member.connection: member for member in members if member.index is not None}
    for connection in wait(list(busy), seconds):
        assert isinstance(connection, Connection), "internal: waited on something else"
        yield busy[connection].finish()


class _Member:
    """One worker process; replaced by a fresh one where it dies."""

    def __init__(self) -> None:
        self.index: int | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs,), daemon=True, name="elman lab worker"
        )
        with _without_interrupts(), _environment(ONE_THREAD):
            self.process.start()
        theirs.close()  # so that the death of the worker is seen as the end of the pipe

    def take(self, index: int, function: Callable[[Any], Any], job: Any) -> None:
        if not self.process.is_alive():
            self.stop()
            self._start()
        self.index = index
        with contextlib.suppress(BrokenPipeError):  # died just now: `finish` reports it
            self.connection.send((function, job))

    def finish(self) -> Event:
        index, self.index = self.index, None
        assert index is not None, "internal: news from an idle worker"
        try:
            ok, value, detail = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            return Broke(index, _death(self.process.exitcode), "")
        return Returned(index, value) if ok else Broke(index, value, detail)

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join(timeout=5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Lets a child inherit environment variables that the parent does not keep."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Lets a child inherit an ignored SIGINT: Ctrl-C is the parent's business alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        hint = "; often memory ran out" if name == "SIGKILL" else ""
        return f"the worker process was ended by {name}{hint}"
    return f"the worker process ended with exit status {exit_code}"


def _serve(connection: Connection) -> None:
    """The life of a worker: take a function and a job, answer, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            function, job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = (True, function(job), "")
        except Exception as error:
            answer = (False, f"{type(error).__name__}: {error}", traceback.format_exc())
        with contextlib.suppress(BrokenPipeError):
            connection.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "internal: a worker without a parent"
    parent.join()
    os._exit(1)
