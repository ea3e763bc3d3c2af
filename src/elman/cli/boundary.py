"""The error boundary: what a person at a terminal sees when something goes wrong.

Every exception becomes one message on standard error and an exit code. Nobody sees a traceback
unless `ELMAN_DEBUG=1` is set.

    0    done
    1    it could not be done: disk full, no such back end, training that diverged, a fault in elman
    2    bad input: equations, data, a file name, an option
    130  interrupted with Ctrl-C
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable

import typer

from elman.errors import (
    CheckpointError,
    DataError,
    DifferentiationError,
    EvaluationError,
    RecurrenceError,
    SourceError,
    SourceErrorGroup,
)

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

_BAD_INPUT_ERRORS = (
    SourceError,
    SourceErrorGroup,
    EvaluationError,
    DifferentiationError,
    DataError,
    CheckpointError,
)

# System errors that come from the name of a file rather than from the machine.
_BAD_NAMES = {
    errno.ENOENT: "There is no such file or folder; check the name.",
    errno.EISDIR: "This is a folder, and a file is needed.",
    errno.ENOTDIR: "A part of this path is a file, and a folder is needed.",
    errno.EEXIST: "It exists already; choose another name.",
    errno.EACCES: "Choose a place that you may read and write, or change its permissions.",
    errno.EPERM: "Choose a place that you may read and write, or change its permissions.",
    errno.EROFS: "This place is read-only; choose another.",
    errno.ENAMETOOLONG: "The name is too long; choose a shorter one.",
}
_BAD_MACHINE = {
    errno.ENOSPC: "The disk is full. Free some space, then run the same command again.",
    errno.EDQUOT: "Your disk quota is used up. Free some space, then run the same command again.",
    errno.EMFILE: "Too many files are open; close some programs or raise the limit.",
}


def guard(action: Callable[[], int | None]) -> int:
    """Runs an action and returns the exit code; errors become a message on standard error.

    Args:
        action: What to do. None counts as success, an int is the exit code.
    """
    try:
        code = action()
        if sys.stdout is not None:
            sys.stdout.flush()  # here, so that a full disk is reported and not swallowed at exit
    except SystemExit as exit_request:
        return _code_of(exit_request)
    except BaseException as error:
        if _debugging():
            traceback.print_exc()
        if isinstance(error, OSError):
            _silence_output()
        message, code = describe(error)
        _tell(message)
        return code
    if code == INTERRUPTED:  # how typer reports Ctrl-C
        _tell("Interrupted.")
    return code or DONE


def describe(error: BaseException) -> tuple[str, int]:
    """Returns the message for a person and the exit code that belong to an exception.

    Example:
        >>> describe(FileNotFoundError(2, "No such file or directory", "cell.eq"))[1]
        2
    """
    if isinstance(error, RecurrenceError):
        code = BAD_INPUT if isinstance(error, _BAD_INPUT_ERRORS) else FAILED
        return _named(error), code
    if isinstance(error, typer.TyperException):
        return _usage(error), error.exit_code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "Interrupted.", INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return "", FAILED  # the reader, `head` for one, has what it wanted
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, UnicodeDecodeError):
        return _not_text(error), BAD_INPUT
    if _is_out_of_memory(error):
        return _no_memory(error), FAILED
    if isinstance(error, ValueError) and _raised_by_elman(error):
        return f"Error: {error}", BAD_INPUT
    return _fault(error), FAILED


def _named(error: RecurrenceError) -> str:
    """The error's own text under its name, which source errors put there themselves."""
    text, name = str(error), type(error).__name__
    grouped = isinstance(error, SourceErrorGroup)
    return text if grouped or text.startswith(f"{name}:") else f"{name}: {text}"


def _usage(error: typer.TyperException) -> str:
    """What is wrong with the words of the command, how it is used, and where help is."""
    lines = [f"Error: {error.format_message()}"]
    context = getattr(error, "ctx", None)
    if context is not None:
        lines.append(f"  {context.get_usage()}")
        lines.append(f"  Help: {context.command_path} --help")
    return "\n".join(lines)


def _system(error: OSError) -> tuple[str, int]:
    reason = error.strerror or str(error) or type(error).__name__
    places = [str(name) for name in (error.filename, error.filename2) if name is not None]
    lines = [": ".join(["Error", " -> ".join(places), reason] if places else ["Error", reason])]
    known = error.errno if error.errno is not None else -1
    remedy = _BAD_NAMES.get(known) or _BAD_MACHINE.get(known)
    if remedy:
        lines.append(f"  {remedy}")
    return "\n".join(lines), BAD_INPUT if known in _BAD_NAMES else FAILED


def _not_text(error: UnicodeDecodeError) -> str:
    found = error.object[error.start]
    return (
        f"Error: the input is not text in {error.encoding}.\n"
        f"  Byte {error.start} is 0x{found:02x}: {error.reason}.\n"
        "  Save the file as UTF-8."
    )


def _is_out_of_memory(error: BaseException) -> bool:
    """Recognises torch's own errors by name and text: torch may not be imported here."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _no_memory(error: BaseException) -> str:
    lines = ["Error: there is not enough memory for this."]
    lines.extend(f"  {line}" for line in str(error).splitlines()[:1])
    lines.append("  Take a smaller batch, fewer hidden units or shorter sequences.")
    return "\n".join(lines)


def _raised_by_elman(error: BaseException) -> bool:
    """Whether the text was written for the user by elman, and not by a library below it."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    module = frame.tb_frame.f_globals.get("__name__", "") if frame is not None else ""
    return str(module).partition(".")[0] == "elman"


def _fault(error: BaseException) -> str:
    return (
        f"Error: elman stopped on an unexpected {type(error).__name__}: {error}\n"
        "  This is a fault in elman, not in your input.\n"
        "  Please run the command again with ELMAN_DEBUG=1 set and report what it shows."
    )


def _code_of(exit_request: SystemExit) -> int:
    if isinstance(exit_request.code, str):
        _tell(exit_request.code)
        return FAILED
    return exit_request.code or DONE


def _debugging() -> bool:
    return os.environ.get("ELMAN_DEBUG", "") not in ("", "0")


def _silence_output() -> None:
    """Points a standard output that fails at the null device, or Python complains at exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(message: str) -> None:
    if not message or sys.stderr is None:
        return
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:
        pass  # nobody is left to tell; the exit code still says it
