"""Small files in the form of MNIST's, for tests without the real ones."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from elman.tasks.data import mnist
from elman.tasks.data.files import KnownFile
from elman.tasks.data.mnist import MnistFile

TRAINING, TEST = 5040, 30


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def contents() -> dict[str, bytes]:
    """The unzipped content of four files by name."""
    random = np.random.default_rng(5)

    def images(count: int) -> np.ndarray:
        return random.integers(0, 256, (count, 28, 28)).astype(np.uint8)

    def digits(count: int) -> np.ndarray:
        return (np.arange(count) % 10).astype(np.uint8)

    arrays = [images(TRAINING), digits(TRAINING), images(TEST), digits(TEST)]
    return {file.plain.name: idx(array) for file, array in zip(mnist.FILES, arrays, strict=True)}


def zipped() -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(c, 1, mtime=0) for name, c in contents().items()}


def _known(name: str, content: bytes) -> KnownFile:
    return KnownFile(name, len(content), hashlib.sha256(content).hexdigest())


def install(patch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Makes the small files the published ones; returns the zipped ones by name."""
    packed = zipped()
    files = tuple(
        MnistFile(_known(f"{name}.gz", packed[f"{name}.gz"]), _known(name, content))
        for name, content in contents().items()
    )
    patch.setattr(mnist, "FILES", files)
    mnist.load_mnist.cache_clear()
    return packed


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
