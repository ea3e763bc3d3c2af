import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from elman.errors import DataError
from elman.lab.pool import WorkerPool
from elman.lab.progress import LineProgress
from elman.lab.session import STORE_NAME, Session, make_folder, read_lab, run_lab
from elman.lab.store import RunStore
from lab.fakes import execute, make_lab, make_record, make_spec

POOL = WorkerPool(2)


@pytest.fixture(scope="module", autouse=True)
def pool_that_ends():
    with POOL:
        yield


def make_session(folder: Path) -> Session:
    return Session(folder, POOL, "code 1", {"processor": "abacus"}, execute)


def quiet() -> LineProgress:
    return LineProgress(lambda line: None)


def marks_in(folder: Path) -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in folder.iterdir())


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def test_every_run_is_stored_and_none_is_repeated(tmp_path, marks):
    specs = [make_spec(5, seed=seed, marks=str(marks)) for seed in range(3)]
    first = run_lab(make_lab(specs[:2]), make_session(tmp_path / "out"), quiet())
    assert [record.metrics.accuracy for record in first.values()] == [0.0, 0.1]
    second = run_lab(make_lab(specs), make_session(tmp_path / "out"), quiet())
    assert marks_in(marks) == ["5-0", "5-1", "5-2"]
    assert len(second) == 3
    assert read_lab(make_lab(specs), make_session(tmp_path / "out")) == second


def test_other_code_repeats_the_runs(tmp_path, marks):
    lab = make_lab([make_spec(marks=str(marks))])
    run_lab(lab, make_session(tmp_path / "out"), quiet())
    other = Session(tmp_path / "out", POOL, "code 2", {}, execute)
    assert read_lab(lab, other) == {}
    (record,) = run_lab(lab, other, quiet()).values()
    assert record.code_version == "code 2"
    assert len(list(marks.iterdir())) == 2


def test_what_fails_for_good_is_kept_and_what_crashed_is_repeated(tmp_path, marks):
    failing = make_spec(5, marks=str(marks), how="fail")
    crashing = make_spec(6, marks=str(marks), how="break")
    fine = make_spec(7, marks=str(marks))
    lab = make_lab([failing, crashing, fine])
    for _ in range(2):
        records = run_lab(lab, make_session(tmp_path / "out"), quiet())
    ends = {record.spec.length: record for record in records.values()}
    assert ends[5].status == "failed" and ends[5].reason == "the loss is nan at step 3"
    assert ends[6].status == "crashed"
    assert ends[6].reason.startswith("ZeroDivisionError: on purpose\nTraceback")
    assert ends[7].status == "finished"
    assert marks_in(marks) == ["5-0", "6-0", "6-0", "7-0"]


class Noting(LineProgress):
    def __init__(self) -> None:
        super().__init__(lambda line: None)
        self.order: list[int | None] = []

    def begin(self, waiting, settled):
        self.order = [spec.length for spec in waiting]
        super().begin(waiting, settled)


def test_long_runs_start_first(tmp_path, marks):
    lab = make_lab([make_spec(length, marks=str(marks)) for length in (5, 30, 10)])
    noting = Noting()
    run_lab(lab, make_session(tmp_path / "out"), noting)
    assert noting.order == [30, 10, 5]


def test_with_bounded_time_short_runs_start_first(tmp_path, marks):
    lab = make_lab([make_spec(length, marks=str(marks)) for length in (5, 30, 10)])
    noting = Noting()
    run_lab(lab, replace(make_session(tmp_path / "out"), seconds=60.0), noting)
    assert noting.order == [5, 10, 30]


def test_when_time_is_up_the_others_are_left_for_the_next_time(tmp_path, marks):
    specs = [make_spec(5, seed=seed, marks=str(marks)) for seed in range(2)]
    specs += [make_spec(9, seed=2, marks=str(marks), sleep=60.0)]
    session = replace(make_session(tmp_path / "out"), seconds=3.0)
    started = time.monotonic()
    records = run_lab(make_lab(specs), session, quiet())
    assert time.monotonic() - started < 30
    assert {record.spec.seed for record in records.values()} <= {0, 1}
    records = run_lab(make_lab(specs[:2]), make_session(tmp_path / "out"), quiet())
    assert {record.spec.seed for record in records.values()} == {0, 1}


def test_times_of_earlier_runs_decide_what_is_long(tmp_path, marks):
    (tmp_path / "out").mkdir()
    with RunStore(tmp_path / "out" / STORE_NAME) as store:
        for length, seconds in ((5, 9.0), (30, 3.0)):
            record = make_record(make_spec(length, seed=1))
            store.add(replace(record, metrics=replace(record.metrics, seconds=seconds)))
    lab = make_lab([make_spec(length, marks=str(marks)) for length in (5, 30)])
    noting = Noting()
    run_lab(lab, make_session(tmp_path / "out"), noting)
    assert noting.order == [5, 30]


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot make the folder"):
        make_folder(tmp_path / "file" / "folder")
    with pytest.raises(DataError, match="cannot make the folder"):
        make_folder(tmp_path / "file")


class Interrupting(LineProgress):
    def ended(self, record):
        raise KeyboardInterrupt


def test_an_interrupt_keeps_what_is_stored(tmp_path, marks):
    lab = make_lab([make_spec(5, seed=seed, marks=str(marks)) for seed in range(3)])
    session = make_session(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        run_lab(lab, session, Interrupting(lambda line: None))
    assert len(read_lab(lab, session)) == 1


KILLED = """
import sys
from pathlib import Path
from lab.test_session import make_session, quiet
from lab.fakes import make_lab, make_spec
from elman.lab.session import run_lab

if __name__ == "__main__":
    folder, marks = map(Path, sys.argv[1:])
    specs = [make_spec(5, seed=seed, marks=str(marks), sleep=0.1) for seed in range(6)]
    run_lab(make_lab(specs), make_session(folder), quiet())
"""


def test_a_killed_lab_goes_on_where_it_was(tmp_path, marks):
    specs = [make_spec(5, seed=seed, marks=str(marks), sleep=0.1) for seed in range(6)]
    lab, session = make_lab(specs), make_session(tmp_path / "out")
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    arguments = [sys.executable, script, tmp_path / "out", marks]
    with subprocess.Popen(arguments, env=environment) as process:
        deadline = time.monotonic() + 60
        while len(marks_in(marks)) < 4:  # two workers: the third and fourth run are under way
            assert time.monotonic() < deadline, "the lab did not start"
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finished = read_lab(lab, session)
    assert 2 <= len(finished) < 6
    records = run_lab(lab, session, quiet())
    assert {key: records[key] for key in finished} == finished
    assert sorted(record.spec.seed for record in records.values()) == [0, 1, 2, 3, 4, 5]
    repeated = [seed for seed in range(6) if marks_in(marks).count(f"5-{seed}") > 1]
    done = {record.spec.seed for record in finished.values()}
    assert not done & set(repeated)
