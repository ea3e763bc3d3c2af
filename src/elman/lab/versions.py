"""Which code and which machine a figure comes from."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from elman.sources import hash_stages

# The stages that decide what a run computes. The command line, the pool and the report do not.
_STAGES = ("equations", "ir", "autodiff", "paper/start", "codegen", "nn", "tasks", "train")
_FILES = ("lab/execute.py",)


@cache
def code_version() -> str:
    """Returns versions of elman and torch, and a hash of the sources that decide a run.

    A finished run is reused only under the same code version.
    """
    digest = hash_stages(_STAGES, _FILES)
    return f"elman {version_of('elman')}, torch {version_of('torch')}, sources {digest[:12]}"


def version_of(package: str) -> str:
    """Returns the installed version of a package without importing it.

    >>> version_of("no such package")
    'not installed'
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def describe_machine(workers: int) -> dict[str, str]:
    """Returns versions, processor and threads, by name, in the order of a report.

    Args:
        workers: Processes that share the processor while the runs are timed.
    """
    return {
        "elman": version_of("elman"),
        "torch": version_of("torch"),
        "numpy": version_of("numpy"),
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor_name(),
        "cores": str(available_cores()),
        "processes": str(workers),
        "threads a process": "1",
    }


def available_cores() -> int:
    """Returns how many processor cores this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Returns the processor's name as the system tells it, else its architecture."""
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name") and ":" in line:
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine() or "unknown"
