"""Checkpoints: a folder from which training goes on to the same bits.

    checkpoint.json                 what the run is, where it stands, which file has its tensors
    state-00000400-1f3a….safetensors   weights, optimizer, curves, random state, best weights

Both open with standard tools; nothing is pickled. The tensors are written first, under a new
name, then `checkpoint.json` in one step, and only then the tensors before them are removed: at
every moment the folder holds one whole checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from elman.errors import CheckpointError
from elman.train.atomic import write_atomically
from elman.train.state import RunState, restore_tensors, to_tensors

FILE_NAME = "checkpoint.json"
FORMAT = "elman checkpoint 2"
_TENSOR_FILE = re.compile(r"state-\d{8,}-[0-9a-f]{12}\.safetensors")


def checkpoint_exists(folder: Path | str) -> bool:
    """Returns whether a folder holds a checkpoint, whole or damaged."""
    return (Path(folder) / FILE_NAME).exists()


def prepare_folder(folder: Path) -> None:
    """Makes a folder for checkpoints, and tries whether a file can be written in it.

    Raises:
        CheckpointError: It cannot be made, or not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / ".elman-trial"
        write_atomically(trial, b"")
        trial.unlink()
    except OSError as error:
        raise CheckpointError(
            f"cannot write checkpoints to the folder {folder}: {error.strerror}\n"
            "  Give a folder in which you may write, on a disk with room."
        ) from error


def save_checkpoint(folder: Path, state: RunState, identity: Mapping[str, Any]) -> None:
    """Writes a run between two steps; the checkpoint before it is replaced as a whole.

    Args:
        folder: An existing folder.
        state: The run.
        identity: What the run is: plain values that `load_checkpoint` compares.
    Raises:
        CheckpointError: It could not be written. The checkpoint before it is untouched.
    """
    content = safetensors.torch.save(to_tensors(state), metadata=_metadata(identity))
    digest = hashlib.sha256(content).hexdigest()
    name = f"state-{state.step:08d}-{digest[:12]}.safetensors"
    best = state.best
    page = {
        "format": FORMAT,
        "step": state.step,
        "seconds": state.seconds,
        "best": best and best.to_dict(),
        "curriculum": state.curriculum and state.curriculum.to_dict(),
        "tensors": {"file": name, "sha256": digest},
        "identity": dict(identity),
        "torch": torch.__version__,
    }
    text = json.dumps(page, indent=2, allow_nan=False) + "\n"
    try:
        write_atomically(folder / name, content)
        write_atomically(folder / FILE_NAME, text.encode())
        _remove_others(folder, name)
    except OSError as error:
        raise CheckpointError(
            f"cannot write the checkpoint of step {state.step} to {folder}: {error.strerror}\n"
            "  The checkpoint before it, if there was one, is kept. Free some space or mend the "
            "folder, then go on from there with resume."
        ) from error


def load_checkpoint(folder: Path, state: RunState, identity: Mapping[str, Any]) -> None:
    """Puts a saved run into one of the same module, task and settings.

    Args:
        folder: Where `save_checkpoint` wrote.
        state: A run at its start; changed in place.
        identity: What the run is now. It must be what the saved run was.
    Raises:
        CheckpointError: There is no checkpoint, it is damaged, or it belongs to another run. The
            message names the file and what to do.
    """
    page = _read_page(folder / FILE_NAME)
    path = folder / page.tensor_file
    _compare(folder / FILE_NAME, page.identity, identity)
    tensors = _read_tensors(path, page.sha256)
    try:
        restore_tensors(state, tensors, page.best, page.curriculum)
        if state.step != page.step:
            raise ValueError(f"it holds {state.step} steps instead of {page.step}")
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise _damaged(path, f"its tensors do not fit: {error}") from error
    state.seconds = page.seconds


@dataclass(frozen=True)
class _Page:
    """The content of `checkpoint.json`."""

    step: int
    seconds: float
    best: dict[str, Any] | None
    curriculum: dict[str, Any] | None
    tensor_file: str
    sha256: str
    identity: dict[str, Any]


def _read_page(path: Path) -> _Page:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise CheckpointError(
            f"there is no checkpoint to go on from: {path} is missing\n"
            "  Name the folder of an earlier run, or start without resume."
        ) from error
    except OSError as error:
        raise CheckpointError(
            f"cannot read the checkpoint {path}: {error.strerror}\n"
            "  Name a folder that you may read."
        ) from error
    except ValueError as error:
        raise _damaged(path, f"it is not JSON ({error})") from error
    try:
        return _page(content)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _page(content: Any) -> _Page:
    """Checks the content field by field, so that a wrong one is found here."""
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r}, and {FORMAT!r} is read here")
    best = content["best"]
    if best is not None:
        best = {key: best[key] for key in ("step", "loss", "metric", "length")}
        if not all(isinstance(value, int | float) for value in best.values()):
            raise TypeError(f"best is {best!r}")
    name, digest = content["tensors"]["file"], content["tensors"]["sha256"]
    if not isinstance(name, str) or not _TENSOR_FILE.fullmatch(name):
        raise ValueError(f"the name of its tensor file is {name!r}")
    identity = content["identity"]
    if not isinstance(identity, dict):
        raise TypeError(f"identity is {identity!r}")
    step, seconds = int(content["step"]), float(content["seconds"])
    curriculum = content["curriculum"]
    if curriculum is not None and not isinstance(curriculum, dict):
        raise TypeError(f"curriculum is {curriculum!r}")
    return _Page(step, seconds, best, curriculum, name, str(digest), identity)


def _read_tensors(path: Path, digest: str) -> dict[str, Tensor]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _damaged(path, f"it cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise _damaged(path, f"its SHA-256 is not the one in {FILE_NAME}")
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load(content)
    except SafetensorError as error:
        raise _damaged(path, str(error)) from error
    return tensors


def _compare(path: Path, saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    before, now = _flatten(saved), _flatten(wanted)
    differing = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if not differing:
        return
    facts = [
        f"  {name}: {_show(before.get(name))} in the checkpoint, {_show(now.get(name))} now"
        for name in differing[:8]
    ]
    if len(differing) > 8:
        facts.append(f"  and {len(differing) - 8} more")
    raise CheckpointError(
        f"the checkpoint {path} belongs to another run\n"
        + "\n".join(facts)
        + "\n  Go on with what the checkpoint says, or give another folder."
    )


def _flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = list(value) if isinstance(value, tuple) else value
    return flat


def _show(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _metadata(identity: Mapping[str, Any]) -> dict[str, str]:
    """What the tensor file says of itself; safetensors takes texts only."""
    module = identity.get("module", {})
    known = {key: module[key] for key in ("equations", "sizes") if key in module}
    texts = {
        key: item if isinstance(item, str) else json.dumps(item) for key, item in known.items()
    }
    return {"format": FORMAT, **texts}


def _remove_others(folder: Path, name: str) -> None:
    for path in folder.iterdir():
        if path.name != name and _TENSOR_FILE.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _damaged(path: Path, fact: str) -> CheckpointError:
    return CheckpointError(
        f"the checkpoint file {path} is damaged: {fact}\n"
        "  Nothing was changed in it. Restore its folder from a copy, or train again into another "
        "folder."
    )
