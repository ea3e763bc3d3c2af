"""Sequence tasks, one file each; `elman.tasks.make(name, **options)` builds one."""

from elman.tasks.registry import make, names, options

__all__ = ["make", "names", "options"]
