"""Where a figure comes from: machine, versions, commit."""

from __future__ import annotations

import datetime
import platform
import subprocess
from pathlib import Path

from elman.codegen.native import host_target
from elman.lab.versions import available_cores, processor_name, version_of

_PACKAGES = "elman torch numpy llvmlite jax jaxlib torchrecurrent onnxruntime".split()


def describe(threads: int) -> dict[str, object]:
    """Returns what stands in every record, by name.

    Args:
        threads: How many each contender may use.
    """
    commit, changed = code_commit()
    versions = {name: version_of(name) for name in _PACKAGES}
    return {
        "machine": {
            "processor": processor_name(),
            "vectors": f"{host_target().bytes * 8} bits",
            "cores": available_cores(),
            "system": f"{platform.system()} {platform.release()}",
        },
        "threads": threads,
        "versions": {
            "Python": platform.python_version(),
            **{name: found for name, found in versions.items() if found != "not installed"},
        },
        "commit": commit,
        "changed": changed,
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def code_commit(folder: Path = Path(__file__).parents[1]) -> tuple[str, bool]:
    """Returns the commit of the code, and whether files differ from it; empty outside of git."""
    try:
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = bool(_git(folder, "status", "--porcelain", "--untracked-files=no", "--", "."))
    except (OSError, subprocess.CalledProcessError):
        return "", False
    return commit, changed


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
