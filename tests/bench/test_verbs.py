"""The timed commands are commands that work."""

from __future__ import annotations

from pathlib import Path

import pytest

from elman.bench.verbs import commands
from elman.cli.main import main


@pytest.mark.parametrize("name", list(commands(Path())))
def test_every_timed_command_works(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(commands(tmp_path)[name]) == 0
    assert capsys.readouterr().out
