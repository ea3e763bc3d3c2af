"""The trained networks of a lab: one file of weights for each finished run, beside the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from elman.train.atomic import write_atomically

if TYPE_CHECKING:
    from elman.nn.module import RecurrentModule

FOLDER_NAME = "networks"


def network_path(folder: Path, key: str) -> Path:
    """Returns where the network of a run is kept: a file that `elman.load` reads.

    >>> network_path(Path("lab-report"), 64 * "a").name
    'aaaaaaaaaaaaaaaa.safetensors'

    Args:
        folder: The lab's folder.
        key: The run's key in the store.
    """
    return folder / FOLDER_NAME / f"{key[:16]}.safetensors"


def keep_network(module: RecurrentModule, path: Path) -> None:
    """Writes the weights of a module, whole or not at all; its folder is made where it is missing.

    Raises:
        OSError: They cannot be written.
    """
    from elman.nn.weights import to_safetensors

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, to_safetensors(module))
