"""Fetching a published file: with resume, mirrors and a checksum.

What has arrived lies in `NAME.part` until the whole file is there and its checksum fits; only then
does it take its name. So a file under its own name is whole, and a download that was stopped, by
Ctrl-C or by a broken line, goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from elman.errors import DataError
from elman.tasks.data.files import KnownFile

Report = Callable[[str, int, int], Any]

_CHUNK = 1 << 16
_TRIES = 3  # without a single new byte, at each mirror
_PAUSE = 0.5  # seconds after a broken line
_TIMEOUT = 20.0  # seconds without a byte
_OK, _PARTIAL, _NOT_SATISFIABLE = 200, 206, 416


def fetch(
    file: KnownFile, folder: Path, mirrors: Sequence[str], report: Report, remedy: str
) -> Path:
    """Returns the path of a file in a folder, downloading it where it is not there yet.

    Args:
        file: What to fetch; its size and checksum decide whether it arrived.
        folder: Where it goes. Must exist.
        mirrors: Addresses of folders, ending in `/`, tried in order.
        report: Called with name, bytes so far and bytes in all.
        remedy: What the user can do when every mirror fails; ends the error.
    Raises:
        DataError: No mirror gave the file; says what each did.
        OSError: The folder cannot be written to.
    """
    path = folder / file.name
    with _alone(folder / ".lock"):
        if path.exists():
            return path
        partial = folder / f"{file.name}.part"
        failures = []
        for mirror in mirrors:
            failure = _fetch_from(mirror + file.name, file, partial, report)
            if failure is None:
                partial.replace(path)
                return path
            failures.append(f"  {mirror + file.name}: {failure}")
    raise DataError("\n".join([f"cannot download {file.name}", *failures, f"  {remedy}"]))


def _fetch_from(url: str, file: KnownFile, partial: Path, report: Report) -> str | None:
    """Completes the partial file from one mirror; returns why that failed, or None."""
    failure, tries = "", 0
    most = _size(partial)
    while tries < _TRIES:
        before = _size(partial)
        try:
            _receive(url, file, partial, report)
            failure = _verify(file, partial) or ""
            if not failure:
                return None
            if not before:
                return failure
            # The part that was here before may have been what was wrong: once more, from scratch.
        except _RefusedError as error:
            return str(error)
        except _NetworkError as error:
            failure = str(error)
        tries = 0 if _size(partial) > most else tries + 1
        most = max(most, _size(partial))
        if tries < _TRIES:
            time.sleep(_PAUSE)
    return failure


class _RefusedError(Exception):
    """The mirror answered, and asking it again would give the same answer."""


class _NetworkError(Exception):
    """The line broke."""


def _receive(url: str, file: KnownFile, partial: Path, report: Report) -> None:
    """Appends to the partial file until it has its full size."""
    if _size(partial) >= file.size and _verify(file, partial) is None:
        return
    have = _size(partial)
    headers = {"User-Agent": "elman", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = urllib.request.urlopen(  # the addresses are constants of the program
            urllib.request.Request(url, headers=headers), timeout=_TIMEOUT
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _NOT_SATISFIABLE:
            partial.unlink(missing_ok=True)
            raise _NetworkError("the file there is shorter than the part that is here") from error
        if error.code >= 500:
            raise _NetworkError(f"the server answered {error.code} {error.reason}") from error
        raise _RefusedError(f"the server answered {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _NetworkError(_describe(error)) from error
    with response:
        have = have if _continues(response, have) else 0
        with partial.open("ab" if have else "wb") as target:
            _copy(response, target, file, have, report)


def _continues(response: Any, have: int) -> bool:
    """Whether the answer begins where the partial file ends; else it is the whole file."""
    if response.status == _OK:
        return False
    place = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status != _PARTIAL or place is None or int(place[1]) != have:
        raise _RefusedError(f"the server answered {response.status} without the range asked for")
    return True


def _copy(response: Any, target: IO[bytes], file: KnownFile, have: int, report: Report) -> None:
    report(file.name, have, file.size)
    while True:
        try:
            chunk = response.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _NetworkError(_describe(error)) from error
        if not chunk:
            break
        have += len(chunk)
        target.write(chunk)
        report(file.name, min(have, file.size), file.size)
        if have > file.size:
            break
    if have < file.size:
        raise _NetworkError(f"the line broke after {have:,} of {file.size:,} bytes")


def _verify(file: KnownFile, partial: Path) -> str | None:
    """Returns what is wrong with a file that has arrived, and removes it; None if it is whole."""
    content = partial.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest == file.sha256:
        return None
    partial.unlink()
    if len(content) != file.size:
        return f"it sent {len(content):,} bytes instead of {file.size:,}"
    return f"it sent an altered file, SHA-256 {digest[:12]}… instead of {file.sha256[:12]}…"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _describe(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return str(reason) or type(error).__name__


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Lets one process at a time fetch a file; the others wait and then find it there.

    Where the system has no such locks, two processes could write into one partial file; the
    checksum then refuses it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
