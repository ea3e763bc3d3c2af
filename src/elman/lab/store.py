"""The store of finished runs: one SQLite file in the lab's folder, one writer.

A run is one row, written in one transaction with the journal synced, so that a killed lab, a full
disk or a power cut loses at most the run that was being written. The writer holds an exclusive
lock for as long as the store is open; the lock dies with its process.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from elman.errors import DataError
from elman.lab.record import CRASHED, RunMetrics, RunRecord
from elman.lab.spec import RunSpec

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x656C6D6E  # "elmn", in the header of the file

_SCHEMA = """
CREATE TABLE runs (
    key TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'crashed')),
    reason TEXT NOT NULL,
    spec TEXT NOT NULL,
    metrics TEXT,
    code_version TEXT NOT NULL,
    machine TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    CHECK ((status = 'finished') = (metrics IS NOT NULL))
);
CREATE VIEW results AS SELECT
    json_extract(spec, '$.task') AS task,
    json_extract(spec, '$.options.length') AS length,
    json_extract(spec, '$.cell') AS cell,
    json_extract(spec, '$.start') AS start,
    json_extract(spec, '$.seed') AS seed,
    status, reason,
    json_extract(metrics, '$.accuracy') AS accuracy,
    json_extract(metrics, '$.steps') AS steps,
    json_extract(metrics, '$.seconds') AS seconds,
    ended_at, key
FROM runs;
"""


class RunStore:
    """The runs kept in one file; a context manager.

    Args:
        path: The file; it is made if it does not exist.
    Raises:
        DataError: The file cannot be made or read, is damaged, is no store of elman's, comes from
            a newer version, or is in use by another lab. The file is left as it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained("open"):
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA synchronous = FULL")
        run("BEGIN EXCLUSIVE")
        if run("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for statement in _SCHEMA.split(";\n"):
                run(statement)
            run(f"PRAGMA application_id = {_APPLICATION_ID}")
            run(f"PRAGMA user_version = {SCHEMA_VERSION}")
        run("COMMIT")
        self._check()

    def _check(self) -> None:
        run = self._connection.execute
        (application,) = run("PRAGMA application_id").fetchone()
        if application != _APPLICATION_ID:
            raise DataError(
                f"{self.path} is a database, but not one of elman's runs\n"
                "  Give another folder with --out."
            )
        (version,) = run("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise DataError(
                f"{self.path} has version {version} of the store, this elman reads version "
                f"{SCHEMA_VERSION}\n  Use the elman that wrote it, or another folder with --out."
            )
        (verdict,) = run("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise self._damaged(verdict)

    def add(self, record: RunRecord) -> None:
        """Writes one row, in place of an earlier one with the same key.

        Raises:
            DataError: The row could not be written; the rows before it are kept.
        """
        row = {
            "key": record.key,
            "status": record.status,
            "reason": record.reason,
            "spec": _to_json(record.spec),
            "metrics": None if record.metrics is None else _to_json(record.metrics),
            "code_version": record.code_version,
            "machine": json.dumps(dict(record.machine)),
            "ended_at": record.ended_at,
        }
        marks = ", ".join(f":{name}" for name in row)
        statement = f"INSERT OR REPLACE INTO runs ({', '.join(row)}) VALUES ({marks})"
        with self._explained("write to"):
            self._connection.execute(statement, row)

    def records(self, keys: Iterable[str] | None = None) -> dict[str, RunRecord]:
        """Returns the rows by key, all or those asked for in the order in which they are.

        Raises:
            DataError: A row cannot be read.
        """
        columns = "key, status, reason, spec, metrics, code_version, machine, ended_at"
        with self._explained("read"):
            rows = self._connection.execute(f"SELECT {columns} FROM runs").fetchall()
        by_key = {row[0]: row for row in rows}
        wanted = by_key if keys is None else [key for key in keys if key in by_key]
        return {key: self._record(by_key[key]) for key in wanted}

    def settled(self, keys: Iterable[str]) -> dict[str, RunRecord]:
        """Returns the rows that need no repetition: finished, or sure to fail again."""
        found = self.records(keys)
        return {key: record for key, record in found.items() if record.status != CRASHED}

    def close(self) -> None:
        """Gives the file back."""
        self._connection.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _record(self, row: tuple[Any, ...]) -> RunRecord:
        key, status, reason, spec, metrics, code_version, machine, ended_at = row
        try:
            return RunRecord(
                key=key,
                spec=_spec(json.loads(spec)),
                status=status,
                reason=reason,
                metrics=None if metrics is None else _metrics(json.loads(metrics)),
                code_version=code_version,
                machine=json.loads(machine),
                ended_at=ended_at,
            )
        except (TypeError, ValueError) as error:
            raise self._damaged(f"row {key}: {error}") from error

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        """Turns sqlite's errors into ours, with what to do."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._explain(verb, error) from error

    def _explain(self, verb: str, error: sqlite3.DatabaseError) -> DataError:
        code = getattr(error, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return self._damaged(str(error))
        remedy = {
            sqlite3.SQLITE_FULL: "The disk is full. Free some space and give the same command "
            "again: the runs finished before are kept.",
            sqlite3.SQLITE_BUSY: "Another lab is writing there. Wait for it, or give another "
            "folder with --out.",
            sqlite3.SQLITE_CANTOPEN: "Give a folder with --out in which you may write.",
            sqlite3.SQLITE_READONLY: "Give a folder with --out in which you may write.",
        }.get(primary or -1, "The runs finished before are kept; give the same command again.")
        return DataError(f"cannot {verb} the runs in {self.path}: {error}\n  {remedy}")

    def _damaged(self, fact: str) -> DataError:
        return DataError(
            f"the runs in {self.path} cannot be read: the file is damaged ({fact})\n"
            "  Nothing was changed in it. Move it aside and give the same command again, or give "
            "another folder with --out;\n  `sqlite3 FILE .recover` may still read it, and "
            "results.csv beside it has the figures of the last report."
        )


def _to_json(value: RunSpec | RunMetrics) -> str:
    return json.dumps(asdict(value), allow_nan=False)


def _spec(content: dict[str, Any]) -> RunSpec:
    return RunSpec(**{**content, "beyond": tuple(content.get("beyond", ()))})


def _metrics(content: dict[str, Any]) -> RunMetrics:
    known = {item.name for item in fields(RunMetrics)}
    unknown = sorted(set(content) - known)
    if unknown:
        raise ValueError(f"unknown figures {', '.join(unknown)}")
    return RunMetrics(**{**content, "notes": tuple(content["notes"])})
