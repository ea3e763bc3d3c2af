"""MNIST's four files: from a folder, from the cache, downloaded; refused where not whole."""

from __future__ import annotations

import gzip
import socket

import pytest

from elman.errors import DataError
from elman.tasks.data import download, mnist
from tasks.data import images
from tasks.data.server import Site, serve


@pytest.fixture
def packed(monkeypatch, tmp_path):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    yield images.install(monkeypatch)
    mnist.load_mnist.cache_clear()


def check_loaded(data) -> None:
    expected = images.contents()
    arrays = (data.training_images, data.training_digits, data.test_images, data.test_digits)
    assert [images.idx(array) for array in arrays] == list(expected.values())


def test_a_folder_with_zipped_files(packed, tmp_path):
    check_loaded(mnist.load_mnist(str(images.write(tmp_path / "mine", packed))))


def test_a_folder_with_unzipped_files(packed, tmp_path):
    check_loaded(mnist.load_mnist(str(images.write(tmp_path / "mine", images.contents()))))


def test_they_are_downloaded_once_into_the_cache(packed, tmp_path, monkeypatch, capsys):
    with serve(Site(packed)) as site:
        monkeypatch.setattr(mnist, "MIRRORS", (site.url,))
        check_loaded(mnist.load_mnist())
        mnist.load_mnist.cache_clear()
        check_loaded(mnist.load_mnist())
        assert len(site.requests) == 4
    assert {item.name for item in (tmp_path / "cache" / "mnist").iterdir()} == {*packed, ".lock"}
    shown = capsys.readouterr().err
    assert all(f"downloading {name}" in shown for name in packed)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("fault", ["cut short", "altered", "missing"])
def test_each_file_is_refused_by_name(packed, tmp_path, place, fault):
    folder = images.write(tmp_path / "mine", packed)
    path = folder / list(packed)[place]
    content = path.read_bytes()
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-7] if fault == "cut short" else content[:-1] + b"!")
    with pytest.raises(DataError) as caught:
        mnist.load_mnist(str(folder))
    message = str(caught.value)
    assert message.startswith(str(path)) and fault in message
    assert ("Copy" in message) and message.count("\n") <= 2


def test_a_damaged_file_of_the_cache_says_to_delete_it(packed, tmp_path, monkeypatch):
    folder = images.write(tmp_path / "cache" / "mnist", packed)
    path = folder / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(b"")
    monkeypatch.setattr(mnist, "MIRRORS", ())
    with pytest.raises(DataError, match="Delete it and run the same command again"):
        mnist.load_mnist()


def test_another_set_of_images_under_the_same_names_is_refused(packed, tmp_path):
    other = {name: gzip.compress(b"clothes") for name in packed}
    folder = images.write(tmp_path / "clothes", other)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is not the published file"):
        mnist.load_mnist(str(folder))


def test_offline_the_error_names_the_four_files_and_the_option(packed, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    monkeypatch.setattr(mnist, "MIRRORS", (address, address.replace("http", "HTTP")))
    with pytest.raises(DataError) as caught:
        mnist.load_mnist()
    message = str(caught.value)
    assert message.startswith("cannot download train-images-idx3-ubyte.gz")
    assert message.count(address[4:]) == 2
    for name in packed:
        assert name in message
    assert "--data FOLDER" in message


def test_without_a_cache_a_folder_is_asked_for(packed, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", "")
    with pytest.raises(DataError, match="ELMAN_CACHE is empty"):
        mnist.load_mnist()


def test_the_constants_are_those_of_the_originals():
    """MNIST has 60,000 and 10,000 images; what an unzipped file holds follows from that."""
    plain = [file.plain.size for file in mnist.FILES]
    assert plain == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]
    assert all(len(part.sha256) == 64 for file in mnist.FILES for part in vars(file).values())
    assert len(set(mnist.MIRRORS)) == len(mnist.MIRRORS) >= 2
