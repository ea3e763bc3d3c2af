"""The command measures, prints a row for each shape, and writes lines of JSON."""

from __future__ import annotations

import json

from elman.bench.__main__ import main


def test_a_row_and_a_record(tmp_path, capsys):
    path = tmp_path / "bench.jsonl"
    main(
        [
            "--quick",
            "--cells",
            "minimal",
            "--shapes",
            "3,2,1,4",
            "--threads",
            "1",
            "--json",
            str(path),
        ]
    )
    assert capsys.readouterr().out.splitlines()[1].startswith("minimal    3,2,1,4")
    record = json.loads(path.read_text())
    assert record["shape"] == [3, 2, 1, 4] and record["error"] < 2e-6
    assert set(record["milliseconds"]) == {"elman", "loop"}
