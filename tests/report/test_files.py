import pytest

from elman.errors import DataError
from elman.report.files import write_text


def test_a_text_replaces_the_one_before(tmp_path):
    path = tmp_path / "report.html"
    write_text(path, "σ one\n")
    write_text(path, "σ two\n")
    assert path.read_bytes() == "σ two\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_keeps_the_file_from_before(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    write_text(path, "before")

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_explained_and_keeps_the_file_from_before(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    write_text(path, "before")

    def fill(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fill)
    with pytest.raises(DataError, match=r"report\.html: No space left on device") as caught:
        write_text(path, "after")
    assert "what was there is kept" in str(caught.value)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_none_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot write"):
        write_text(tmp_path / "file" / "report.html", "text")
