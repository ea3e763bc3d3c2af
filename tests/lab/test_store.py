import json
import sqlite3
from dataclasses import replace

import pytest

from elman.errors import DataError
from elman.lab.store import RunStore
from lab.fakes import make_record, make_spec


def test_a_record_comes_back_as_it_went_in(tmp_path):
    finished = make_record()
    failed = make_record(make_spec(6), status="failed", reason="nan", metrics=None)
    with RunStore(tmp_path / "runs.sqlite") as store:
        store.add(finished)
        store.add(failed)
    with RunStore(tmp_path / "runs.sqlite") as store:
        assert store.records() == {finished.key: finished, failed.key: failed}
        assert store.records([failed.key, "unknown"]) == {failed.key: failed}


def test_what_crashed_is_not_settled(tmp_path):
    ends = ("finished", "failed", "crashed")
    records = [make_record(make_spec(length), status=end) for length, end in enumerate(ends)]
    records = [r if r.status == "finished" else replace(r, metrics=None) for r in records]
    with RunStore(tmp_path / "runs.sqlite") as store:
        for record in records:
            store.add(record)
        settled = store.settled(record.key for record in records)
    assert set(settled) == {records[0].key, records[1].key}


def test_a_repeated_run_replaces_its_row(tmp_path):
    with RunStore(tmp_path / "runs.sqlite") as store:
        store.add(make_record(status="crashed", reason="killed", metrics=None))
        store.add(make_record())
        assert store.records() == {make_record().key: make_record()}


def test_results_can_be_read_by_any_tool(tmp_path):
    path = tmp_path / "runs.sqlite"
    with RunStore(path) as store:
        store.add(make_record())
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT task, length, cell, accuracy FROM results").fetchall()
    connection.close()
    assert rows == [("palindrome", 5, "vanilla", 0.5)]


def test_a_second_writer_is_refused(tmp_path):
    with RunStore(tmp_path / "runs.sqlite"):
        with pytest.raises(DataError, match="Another lab is writing there"):
            RunStore(tmp_path / "runs.sqlite")
    RunStore(tmp_path / "runs.sqlite").close()


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "runs.sqlite"
    path.write_text("something else " * 1000)
    before = path.read_bytes()
    with pytest.raises(DataError, match="damaged") as caught:
        RunStore(path)
    assert "Move it aside" in str(caught.value)
    assert path.read_bytes() == before


def test_a_damaged_page_is_noticed(tmp_path):
    path = tmp_path / "runs.sqlite"
    with RunStore(path) as store:
        for length in range(200):
            store.add(make_record(make_spec(length)))
    content = bytearray(path.read_bytes())
    content[8192:20000] = b"\xff" * (20000 - 8192)
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        RunStore(path)
    assert path.read_bytes() == bytes(content)


def test_a_damaged_row_is_noticed(tmp_path):
    path = tmp_path / "runs.sqlite"
    with RunStore(path) as store:
        store.add(make_record())
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET spec = ?", [json.dumps({"task": "palindrome"})])
    connection.commit()
    connection.close()
    with RunStore(path) as store, pytest.raises(DataError, match="damaged"):
        store.records()


def test_another_database_is_refused(tmp_path):
    path = tmp_path / "runs.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(DataError, match="not one of elman's"):
        RunStore(path)


def test_a_newer_store_is_refused(tmp_path):
    path = tmp_path / "runs.sqlite"
    RunStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DataError, match="version 99 of the store"):
        RunStore(path)


def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    with pytest.raises(DataError, match="Give a folder with --out"):
        RunStore(tmp_path / "missing" / "runs.sqlite")


def test_a_full_disk_loses_nothing_that_was_written(tmp_path):
    path = tmp_path / "runs.sqlite"
    large = "x" * 100_000
    with RunStore(path) as store:
        store.add(make_record())
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DataError, match="The disk is full") as caught:
            store.add(make_record(make_spec(6), status="failed", reason=large, metrics=None))
        assert "the runs finished before are kept" in str(caught.value)
    with RunStore(path) as store:
        assert store.records() == {make_record().key: make_record()}
