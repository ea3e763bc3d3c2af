"""A trained recurrence on disk: safetensors, with the equations and sizes in its metadata."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors
import safetensors.torch

from elman.errors import DataError
from elman.nn.module import RecurrentModule


def to_safetensors(module: RecurrentModule) -> bytes:
    """Returns the content of a safetensors file that `load` reads.

    The metadata holds `equations`, `sizes`, `outputs` and `batch_first`, so the file says by
    itself what it is.
    """
    metadata = {
        "format": "elman weights 1",
        "equations": module.recurrence.plain(),
        "sizes": json.dumps(module.sizes),
        "outputs": json.dumps(list(module.outputs)),
        "batch_first": json.dumps(module.batch_first),
    }
    weights = {key: value.contiguous() for key, value in module.state_dict().items()}
    return safetensors.torch.save(weights, metadata=metadata)


def load(path: Path | str) -> RecurrentModule:
    """Returns the trained module that a file holds, on the CPU.

    Args:
        path: A file with the content of `to_safetensors`, such as `elman train --out` writes.

    Raises:
        DataError: The file is missing, damaged, or not one of elman's.
    """
    try:
        with safetensors.safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {key: file.get_tensor(key) for key in file.keys()}
    except (OSError, safetensors.SafetensorError) as error:
        raise DataError(
            f"cannot read the weights {path}: {error}\n  Name a file that elman train wrote."
        ) from error
    if metadata.get("format") != "elman weights 1":
        raise DataError(
            f"{path} holds tensors, but not the equations they belong to\n"
            "  Name a file that elman train wrote."
        )
    outputs = json.loads(metadata["outputs"])
    dtype = next((value.dtype for value in weights.values()), None)
    module = RecurrentModule(
        metadata["equations"],
        json.loads(metadata["sizes"]),
        outputs[0] if len(outputs) == 1 else outputs,
        batch_first=json.loads(metadata["batch_first"]),
        dtype=dtype,
    )
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError(
            f"the weights {path} do not fit their equations: {error}\n"
            "  The file was changed; train again or take another copy."
        ) from error
    return module
