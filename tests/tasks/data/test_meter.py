"""How a download shows where it is."""

from __future__ import annotations

import io

from elman.tasks.data.meter import Meter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_at_the_beginning_and_at_the_end():
    stream = io.StringIO()
    with Meter(stream) as meter:
        for done in range(0, 2_000_001, 100_000):
            meter("a.gz", done, 2_000_000)
        meter("b.gz", 10, 10)
    assert stream.getvalue().splitlines() == [
        "downloading a.gz: 0.0 of 2.0 MB",
        "downloading a.gz: 2.0 of 2.0 MB",
        "downloading b.gz: 0.0 of 0.0 kB",
    ]


def test_on_a_terminal_one_line_is_rewritten_and_ended():
    stream = Terminal()
    try:
        with Meter(stream) as meter:
            meter("a.gz", 0, 2_000_000)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert stream.getvalue() == "\rdownloading a.gz: 0.0 of 2.0 MB\033[K\n"
