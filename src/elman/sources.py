"""Hashes of elman's own sources: what was computed is found again only under the same code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def hash_stages(stages: Iterable[str], files: Iterable[str] = ()) -> str:
    """Returns a hash of the sources of some stages, and of single files beside them.

    Args:
        stages: Folders, relative to the package.
        files: Files, relative to it too.
    """
    root = Path(__file__).parent
    sources = [path for stage in stages for path in (root / stage).rglob("*.py")]
    return hash_sources(root, [*sources, *(root / name for name in files)])


def hash_sources(root: Path, sources: Iterable[Path]) -> str:
    """Returns a hash of names and contents of files, whatever their order.

    Args:
        root: The folder to which names are relative, so that the place does not matter.
        sources: The files.
    """
    digest = hashlib.sha256()
    for path in sorted(sources):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(root).as_posix().encode()
        digest.update(b"%d %s %d " % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()
