"""Compiled code on disk, so that a cell is compiled once per machine.

    KEY.o       the object file of a text; its key is a hash of the text
    KEY.text    the key of the text that a recipe gives; its key is a hash of the recipe

A recipe is what a text is made by: a graph, sizes, choices, and elman's sources. Where it is known,
the text need not be written. Other recipes may give the same text, which is compiled once.

An entry is found by the content it was made from, LLVM's version, the processor and the format. It
begins with a checksum; one that does not fit is ignored and replaced. Files are written aside and
renamed, so that processes that compile at the same time do not disturb each other.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import llvmlite.binding as llvm

from elman.codegen.native import Target, compile_object
from elman.sources import hash_stages

_FORMAT = b"elman code 1\n"
# The stages that decide a text.
_STAGES = ("ir", "autodiff", "codegen")
_DIGEST = hashlib.sha256().digest_size


def cache_directory() -> Path | None:
    """Returns where compiled code is kept, None where it is not.

    `ELMAN_CACHE` names the directory; empty, nothing is kept. Without it the directory is `elman`
    in the user's cache directory.
    """
    given = os.environ.get("ELMAN_CACHE")
    if given is not None:
        return Path(given) if given else None
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "elman"


def compiled_object(write: Callable[[], str], target: Target, recipe: str = "") -> bytes:
    """Returns the object file of LLVM IR, from the cache if it is there.

    Args:
        write: Returns the IR.
        target: What it is compiled for.
        recipe: What decides the IR, beside the target and elman's sources; empty for nothing that
            is known.
    """
    directory = cache_directory()
    if directory is None or not _is_private(directory):
        return compile_object(write(), target)
    known = directory / f"{_key(recipe + _sources(), target)}.text" if recipe else None
    key = _read(known) if known else None
    code = _read(directory / f"{key.decode()}.o") if key else None
    if code is None:
        text = write()
        key = _key(text, target).encode()
        path = directory / f"{key.decode()}.o"
        code = _read(path)
        if code is None:
            code = compile_object(text, target)
            _write(path, code)
        if known:
            _write(known, key)
    return code


@cache
def _sources() -> str:
    """A hash of the sources that decide what is written for a recipe."""
    return hash_stages(_STAGES)


def _key(text: str, target: Target) -> str:
    parts = [text, repr(llvm.llvm_version_info), repr(target), _FORMAT.decode()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _is_private(directory: Path) -> bool:
    """Makes the directory if need be; says whether only this user can write to it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    head = len(_FORMAT) + _DIGEST
    digest, code = content[len(_FORMAT) : head], content[head:]
    intact = content.startswith(_FORMAT) and hashlib.sha256(code).digest() == digest
    return code if intact else None


def _write(path: Path, code: bytes) -> None:
    """Writes an entry; where the disk is full or read-only, the next process compiles again."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(_FORMAT + hashlib.sha256(code).digest() + code)
        Path(name).replace(path)
    except OSError:
        return
