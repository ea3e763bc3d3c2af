"""The live bar."""

from __future__ import annotations

import io
import re

import pytest

from elman.train.terminal import TerminalProgress
from train.fakes import TASK, Recorder, run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    return Terminal()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_the_bar_shows_loss_accuracy_gradient_and_time(terminal):
    progress = TerminalProgress(terminal)
    _, result = run(progress=progress)
    text = plain(terminal.getvalue())
    assert TASK.notes[0] in text
    assert result.describe() in text.replace("\r", "")
    shown = re.search(r"30/30 steps loss \d\.\d{4}  accuracy \d\.\d{3}  gradient \S+  at mo", text)
    assert shown is not None


def test_the_terminal_is_given_back_when_training_breaks(terminal):
    def fail() -> None:
        raise ZeroDivisionError

    class Failing(Recorder):
        def __init__(self) -> None:
            super().__init__(3, fail)
            self.inner = TerminalProgress(terminal)

        def begin(self, report):
            self.inner.begin(report)

        def close(self):
            self.inner.close()

    with pytest.raises(ZeroDivisionError):
        run(progress=Failing())
    show_cursor, hide_cursor = (terminal.getvalue().rfind(f"\x1b[?25{end}") for end in "hl")
    assert show_cursor > hide_cursor >= 0
