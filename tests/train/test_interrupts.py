"""Ctrl-C between two steps."""

from __future__ import annotations

import signal
import threading

import pytest

from elman.train.interrupts import deferred_interrupts
from train.fakes import press_ctrl_c


def test_the_first_ctrl_c_is_a_request():
    with deferred_interrupts() as interrupt:
        assert not interrupt.requested
        press_ctrl_c()
        assert interrupt.requested


def test_the_second_ctrl_c_is_immediate():
    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        press_ctrl_c()
        press_ctrl_c()


def test_afterwards_everything_is_as_before():
    with deferred_interrupts():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_signal_stays_ignored():
    """As in the workers of a lab, whose parent alone handles Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred_interrupts() as interrupt:
            press_ctrl_c()
        assert not interrupt.requested
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_change_nothing():
    seen = []

    def look() -> None:
        with deferred_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
