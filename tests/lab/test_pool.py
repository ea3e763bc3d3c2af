import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from elman.lab.pool import Broke, Returned, Started, WorkerPool
from lab.fakes import double, obey, sleep_and_tell


def test_every_job_is_started_and_returns():
    with WorkerPool(2) as pool:
        events = list(pool.run(double, [1, 2, 3, 4, 5]))
    started = [event.index for event in events if isinstance(event, Started)]
    values = {event.index: event.value for event in events if isinstance(event, Returned)}
    assert started == [0, 1, 2, 3, 4]
    assert values == {0: 2, 1: 4, 2: 6, 3: 8, 4: 10}
    assert len(events) == 10


def test_workers_have_one_thread_and_the_parent_keeps_its_own(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
    with WorkerPool(1) as pool:
        events = list(pool.run(os.getenv, names))
    assert [event.value for event in events if isinstance(event, Returned)] == ["1", "1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "MKL_NUM_THREADS" not in os.environ


def test_when_time_is_up_jobs_are_ended(tmp_path):
    jobs = [str(tmp_path / "0"), str(tmp_path / "1")]
    events = WorkerPool(1).run(sleep_and_tell, jobs, seconds=0.2)
    assert next(events) == Started(0)
    (process,) = multiprocessing.active_children()
    assert list(events) == []
    assert multiprocessing.active_children() == []
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()
    assert not (tmp_path / "1").exists()


def test_workers_stay_for_other_jobs_and_end_with_the_pool():
    with WorkerPool(1) as pool:
        list(pool.run(double, [1, 2]))
        (first,) = (process.pid for process in multiprocessing.active_children())
        ends = [*pool.run(obey, ["a", "exit"])]
        assert ends[1] == Returned(0, "A") and isinstance(ends[3], Broke)
        assert list(pool.run(double, [3]))[1] == Returned(0, 6)
        (second,) = (process.pid for process in multiprocessing.active_children())
        assert first != second  # the one that died was replaced
    assert multiprocessing.active_children() == []


def test_no_jobs_need_no_process():
    assert list(WorkerPool(2).run(double, [])) == []
    assert multiprocessing.active_children() == []


def test_at_least_one_worker():
    with pytest.raises(ValueError, match="at least 1 worker, not 0"):
        WorkerPool(0)


def test_a_job_that_raises_or_dies_leaves_the_others_alone():
    jobs = ["a", "raise", "exit", "kill", "b"]
    with WorkerPool(1) as pool:
        events = list(pool.run(obey, jobs))
    ends = {event.index: event for event in events if not isinstance(event, Started)}
    assert ends[0] == Returned(0, "A")
    assert isinstance(ends[1], Broke) and ends[1].reason == "ZeroDivisionError: on purpose"
    assert "Traceback" in ends[1].detail
    assert ends[2] == Broke(2, "the worker process ended with exit status 7", "")
    assert isinstance(ends[3], Broke) and "ended by SIGKILL" in ends[3].reason
    assert ends[4] == Returned(4, "B")


def wait_for_process(path: Path) -> int:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline, "the worker did not start"
        time.sleep(0.02)
    return int(path.read_text())


def wait_for_end(process: int) -> None:
    deadline = time.monotonic() + 60
    while is_running(process):
        assert time.monotonic() < deadline, "the worker outlived its parent"
        time.sleep(0.02)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_closing_early_ends_the_workers(tmp_path):
    path = tmp_path / "pid"
    events = WorkerPool(1).run(sleep_and_tell, [str(path)])
    assert next(events) == Started(0)
    process = wait_for_process(path)
    events.close()
    wait_for_end(process)


PARENT = """
import sys
from lab.fakes import sleep_and_tell
from elman.lab.pool import WorkerPool
if __name__ == "__main__":
    list(WorkerPool(1).run(sleep_and_tell, [sys.argv[1]]))
"""


def test_workers_end_when_the_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    path = tmp_path / "pid"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, script, path], env=environment) as parent:
        process = wait_for_process(path)
        parent.send_signal(signal.SIGKILL)
    wait_for_end(process)
