"""The MNIST handwritten digits, from their four original files.

LeCun, Bottou, Bengio & Haffner, 1998, Proceedings of the IEEE 86(11), doi:10.1109/5.726791.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elman.codegen.cache import cache_directory
from elman.errors import DataError
from elman.tasks.data.download import fetch
from elman.tasks.data.files import KnownFile, check_content, read_bytes, unzip
from elman.tasks.data.idx import parse_idx
from elman.tasks.data.meter import Meter

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)


@dataclass(frozen=True)
class MnistFile:
    """One of the four files, as it is published and as it is once unzipped."""

    zipped: KnownFile
    plain: KnownFile


def _file(name: str, size: int, sha256: str, plain_size: int, plain_sha256: str) -> MnistFile:
    return MnistFile(
        KnownFile(f"{name}.gz", size, sha256), KnownFile(name, plain_size, plain_sha256)
    )


TRAINING_IMAGES = _file(
    "train-images-idx3-ubyte",
    9_912_422,
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    47_040_016,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAINING_LABELS = _file(
    "train-labels-idx1-ubyte",
    28_881,
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    60_008,
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
TEST_IMAGES = _file(
    "t10k-images-idx3-ubyte",
    1_648_877,
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    7_840_016,
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = _file(
    "t10k-labels-idx1-ubyte",
    4_542,
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    10_008,
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
FILES = (TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS)
_LABELS_HEAD = 8  # bytes before the first label

_NAMES = ", ".join(file.zipped.name for file in FILES)
_REMEDY = (
    f"Get the four files {_NAMES}\n  from wherever you can, into one folder, "
    "and give the task that folder: --data FOLDER."
)


@dataclass(frozen=True)
class MnistData:
    """Images and the digits they show.

    Attributes:
        training_images: [60000, 28, 28], 0 for paper to 255 for ink.
        training_digits: [60000].
        test_images: [10000, 28, 28].
        test_digits: [10000].
    """

    training_images: NDArray[np.uint8]
    training_digits: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_digits: NDArray[np.uint8]


def training_size() -> int:
    """Returns the number of training images, which is known without reading them: 60,000."""
    return FILES[1].plain.size - _LABELS_HEAD


@cache
def load_mnist(folder: str = "") -> MnistData:
    """Returns the images, from a folder of the user's or from the cache, else downloaded.

    Args:
        folder: Holds the four files, zipped or unzipped; empty for elman's own cache, which is
            filled by a download of 11 MB where it is empty.
    Raises:
        DataError: A file is missing, cut short or altered, or cannot be downloaded.
    """
    place = Path(folder).expanduser() if folder else _filled_cache()
    arrays = [_read(place, file, own=not folder) for file in FILES]
    return MnistData(*arrays)


def _read(folder: Path, file: MnistFile, *, own: bool) -> NDArray[np.uint8]:
    """Reads one file in whichever form it lies there, and checks that it is the original."""
    remedy = "Delete it and run the same command again." if own else "Copy the original again."
    zipped, plain = folder / file.zipped.name, folder / file.plain.name
    if zipped.exists():
        content = read_bytes(zipped)
        check_content(content, file.zipped, zipped, remedy)
        return parse_idx(unzip(content, zipped), zipped)
    if plain.exists():
        content = read_bytes(plain)
        check_content(content, file.plain, plain, remedy)
        return parse_idx(content, plain)
    raise DataError(
        f"{zipped} is missing\n"
        f"  A folder with MNIST holds {_NAMES}, zipped like this or unzipped.\n"
        "  Copy them there, or leave --data out to download them."
    )


def _filled_cache() -> Path:
    """Returns the cache folder with the four files in it."""
    base = cache_directory()
    if base is None:
        raise DataError(
            "nothing may be kept, because ELMAN_CACHE is empty\n"
            "  Give a folder with the four files of MNIST: --data FOLDER."
        )
    folder = base / "mnist"
    with Meter() as meter:
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            fetch(file.zipped, folder, MIRRORS, meter, _REMEDY)
    return folder
