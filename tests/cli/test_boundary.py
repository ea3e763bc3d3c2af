"""Every error of a verb becomes one message and an exit code, never a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from elman import errors
from elman.cli import boundary


def raising(error: BaseException):
    """An action that raises the error from inside this test."""

    def act() -> None:
        raise error

    return act


def guarded(error: BaseException, capsys) -> tuple[int, str]:
    """Exit code and message for an action that raises the error."""
    code = boundary.guard(raising(error))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    return code, shown.err


def system_error(number: int, *names: str) -> OSError:
    """An OSError as the system raises it: first file, then None for Windows, second file."""
    first, second = (*names, None, None)[:2]
    return OSError(number, os.strerror(number), first, None, second)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.EquationSyntaxError("a bracket is open"), 2),
        (errors.UnsupportedError("sums over features are not supported yet"), 2),
        (errors.SourceErrorGroup([errors.ShapeError("a"), errors.ShapeError("b")]), 2),
        (errors.EvaluationError("x is missing"), 2),
        (errors.DifferentiationError("no gradient"), 2),
        (errors.DataError("series.csv:3: no number"), 2),
        (errors.CheckpointError("run/weights is cut short"), 2),
        (errors.PlanError("does not fit"), 1),
        (errors.CompileError("no kernel"), 1),
        (errors.BackendUnavailableError("no GPU here"), 1),
        (errors.TrainingError("the loss is NaN at step 3"), 1),
        (errors.RecurrenceError("something else"), 1),
    ],
)
def test_own_errors_show_their_text_under_their_name_once(error, code, capsys):
    shown_code, message = guarded(error, capsys)
    assert shown_code == code
    for single in getattr(error, "errors", [error]):
        name = type(single).__name__
        assert message.count(f"{name}: {str(single).removeprefix(f'{name}: ')}") == 1


def test_every_error_class_has_an_exit_code_decided_here():
    classes = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.RecurrenceError)
    }
    undecided = {errors.RecurrenceError, errors.PlanError, errors.CompileError}
    undecided |= {errors.BackendUnavailableError, errors.TrainingError}
    assert {
        kind for kind in classes if not issubclass(kind, boundary._BAD_INPUT_ERRORS)
    } == undecided


@pytest.mark.parametrize(
    ("number", "code", "remedy"),
    [
        (errno.ENOENT, 2, "check the name"),
        (errno.EACCES, 2, "permissions"),
        (errno.EISDIR, 2, "a file is needed"),
        (errno.EROFS, 2, "read-only"),
        (errno.ENOSPC, 1, "The disk is full"),
        (errno.EIO, 1, ""),
    ],
)
def test_system_errors_name_the_file_the_reason_and_a_remedy(number, code, remedy, capsys):
    shown_code, message = guarded(system_error(number, "run/log"), capsys)
    assert shown_code == code
    assert message.startswith(f"Error: run/log: {os.strerror(number)}\n")
    assert remedy in message


def test_a_rename_that_fails_names_both_files(capsys):
    _, message = guarded(system_error(errno.ENOSPC, "log.part", "log"), capsys)
    assert message.startswith("Error: log.part -> log: ")


def test_a_system_error_with_a_text_only_shows_it(capsys):
    assert guarded(OSError("the pipe is closed"), capsys) == (1, "Error: the pipe is closed\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_ctrl_c_says_so_and_exits_with_130(error, capsys):
    assert guarded(error, capsys) == (130, "Interrupted.\n")


def test_a_reader_that_has_gone_is_no_error_to_speak_of(capsys):
    assert guarded(BrokenPipeError(errno.EPIPE, "Broken pipe"), capsys) == (1, "")


def test_bytes_that_are_no_text_are_bad_input(capsys):
    with pytest.raises(UnicodeDecodeError) as caught:
        b"h_t = \xff".decode("utf-8")
    code, message = guarded(caught.value, capsys)
    assert code == 2
    assert "Byte 6 is 0xff" in message


def test_a_lack_of_memory_says_what_to_make_smaller(capsys):
    code, message = guarded(RuntimeError("[enforce fail] can't allocate memory: 8 TB"), capsys)
    assert code == 1
    assert "8 TB" in message
    assert "smaller batch" in message


def test_a_value_error_of_elman_is_bad_input_and_one_from_below_a_fault(capsys):
    def act_in_elman() -> None:
        exec("raise ValueError('size must be positive, not -1')", {"__name__": "elman.nn.module"})

    assert boundary.guard(act_in_elman) == 2
    assert capsys.readouterr().err == "Error: size must be positive, not -1\n"
    code, message = guarded(ValueError("operands could not be broadcast"), capsys)
    assert code == 1
    assert "unexpected ValueError: operands could not be broadcast" in message


def test_a_fault_asks_for_a_report(capsys):
    code, message = guarded(ZeroDivisionError("division by zero"), capsys)
    assert code == 1
    assert "unexpected ZeroDivisionError: division by zero" in message
    assert "ELMAN_DEBUG=1" in message


def test_debugging_shows_the_traceback_too(monkeypatch, capsys):
    monkeypatch.setenv("ELMAN_DEBUG", "1")
    assert boundary.guard(raising(errors.DataError("no data"))) == 2
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.endswith("DataError: no data\n")


@pytest.mark.parametrize(("action", "code"), [(lambda: None, 0), (lambda: 0, 0), (lambda: 3, 3)])
def test_an_action_that_returns_gives_its_code(action, code):
    assert boundary.guard(action) == code


@pytest.mark.parametrize(("request_code", "code"), [(None, 0), (4, 4), ("a reason", 1)])
def test_an_exit_asked_for_is_kept(request_code, code, capsys):
    assert boundary.guard(raising(SystemExit(request_code))) == code
    assert capsys.readouterr().err == ("a reason\n" if request_code == "a reason" else "")


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is full")
def test_a_full_disk_under_standard_output_is_reported_once():
    with FULL.open("w") as full:
        words = [sys.executable, "-m", "elman", "--help"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"Error: {os.strerror(errno.ENOSPC)}"
    assert len(done.stderr.splitlines()) == 2


def test_text_that_the_terminal_cannot_encode_is_shown_by_its_code():
    code = "from elman.cli import main; main.main = lambda words: print('σ'); main.run()"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\\u03c3\n")
