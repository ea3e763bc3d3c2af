"""Checkpoints: whole at every moment, read with standard tools, refused when damaged."""

from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors

from elman.errors import CheckpointError
from elman.tasks import make
from elman.train import checkpoint
from elman.train.checkpoint import FILE_NAME, checkpoint_exists, prepare_folder
from train.fakes import CONFIG, TASK, TinyNetwork, figures, run, same_weights

SHORT = replace(CONFIG, max_steps=10)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with the checkpoint of a run of ten steps."""
    run(SHORT, checkpoint_folder=tmp_path / "run")
    return tmp_path / "run"


def tensor_file(folder: Path) -> Path:
    (path,) = folder.glob("*.safetensors")
    return path


def test_it_opens_with_standard_tools(folder):
    page = json.loads((folder / FILE_NAME).read_text())
    assert page["step"] == 10
    assert page["identity"]["task"]["name"] == "palindrome"
    assert page["tensors"]["file"] == tensor_file(folder).name
    with safetensors.safe_open(tensor_file(folder), "np") as file:
        names = set(file.keys())
        assert file.get_tensor("curve.loss").shape == (10,)
    assert {"module.W", "best.W", "optimizer.exp_avg.W", "random.cpu"} <= names


def test_the_equations_go_with_the_weights(tmp_path):
    import elman
    from elman.train.loop import train

    network = elman.module("h_t = tanh(W h_{t-1} + U x_t)\ny_t = V h_t", {"x": 1, "h": 4, "y": 10})
    train(network, TASK, SHORT, checkpoint_folder=tmp_path)
    with safetensors.safe_open(tensor_file(tmp_path), "np") as file:
        metadata = file.metadata()
    assert metadata["equations"] == network.recurrence.plain()
    assert json.loads(metadata["sizes"]) == {"x": 1, "h": 4, "y": 10}


def test_only_the_latest_is_kept(tmp_path):
    (tmp_path / "mine.safetensors").touch()
    run(checkpoint_folder=tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 3
    assert {FILE_NAME, "mine.safetensors"} < names


def test_a_folder_in_use_is_not_overwritten(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(CheckpointError, match="holds the checkpoint of an earlier run") as error:
        run(checkpoint_folder=folder)
    assert str(folder) in str(error.value)
    assert before == {path: path.read_bytes() for path in folder.iterdir()}


def test_there_must_be_one_to_go_on_from(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint to go on from") as error:
        run(checkpoint_folder=tmp_path / "none", resume=True)
    assert str(tmp_path / "none" / FILE_NAME) in str(error.value)
    assert not (tmp_path / "none").exists()
    with pytest.raises(ValueError, match="resume is True without a checkpoint_folder"):
        run(resume=True)


def test_another_run_is_refused_with_what_differs(folder):
    with pytest.raises(CheckpointError, match="belongs to another run") as error:
        run(replace(SHORT, learning_rate=0.5), checkpoint_folder=folder, resume=True)
    assert "config.learning_rate: 0.01 in the checkpoint, 0.5 now" in str(error.value)
    longer = make("palindrome", length=8, validation_size=20, test_size=20)
    with pytest.raises(CheckpointError, match=r"task.options.length: 3 in the checkpoint, 8 now"):
        run(SHORT, task=longer, checkpoint_folder=folder, resume=True)


def resume(folder: Path) -> None:
    run(replace(SHORT, max_steps=20), checkpoint_folder=folder, resume=True)


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_flipped_byte_in_the_tensors_is_found(folder, place):
    path = tensor_file(folder)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged: its SHA-256 is not the one") as error:
        resume(folder)
    assert str(path) in str(error.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("size", [0, 8, 1000])
def test_a_truncated_tensor_file_is_found(folder, size):
    path = tensor_file(folder)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="is damaged"):
        resume(folder)


def test_a_missing_tensor_file_is_named(folder):
    path = tensor_file(folder)
    path.unlink()
    with pytest.raises(CheckpointError, match="cannot be read: No such file") as error:
        resume(folder)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": "elman checkpoint 1"}', b'{"format": 2}'],
)
def test_a_damaged_page_is_named(folder, content):
    (folder / FILE_NAME).write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged") as error:
        resume(folder)
    assert str(folder / FILE_NAME) in str(error.value)
    assert "Restore its folder from a copy, or train again" in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {"step": 9},
        {"step": "ten"},
        {"best": {"step": 1}},
        {"best": {"step": 1, "loss": "low", "metric": 1.0}},
        {"identity": 3},
        {"tensors": {"file": "../secret.safetensors", "sha256": ""}},
        {"tensors": {"file": 7, "sha256": ""}},
        {"tensors": None},
        {"seconds": None},
    ],
)
def test_a_page_that_contradicts_itself_is_refused(folder, change):
    path = folder / FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CheckpointError, match="is damaged"):
        resume(folder)


def fail_writes(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """Lets every write of a file with a suffix meet a full disk."""
    usual = checkpoint.write_atomically

    def write(path: Path, content: bytes) -> None:
        if path.name.endswith(suffix):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        usual(path, content)

    monkeypatch.setattr(checkpoint, "write_atomically", write)


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_full_disk_keeps_the_checkpoint_before(folder, monkeypatch, suffix):
    with monkeypatch.context() as patch:
        fail_writes(patch, suffix)
        with pytest.raises(CheckpointError, match=r"step 20 to .*: No space left") as error:
            resume(folder)
    assert "The checkpoint before it" in str(error.value)
    assert json.loads((folder / FILE_NAME).read_text())["step"] == 10
    network, result = run(replace(SHORT, max_steps=20), checkpoint_folder=folder, resume=True)
    straight, expected = run(replace(SHORT, max_steps=20))
    assert same_weights(network, straight)
    assert result.curves.loss == expected.curves.loss


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_said_before_training(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="cannot write checkpoints to the folder"):
        prepare_folder(tmp_path / "run")


def test_a_file_in_the_place_of_the_folder_is_said_before_training(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(CheckpointError, match="cannot write checkpoints to the folder") as error:
        run(checkpoint_folder=tmp_path / "run")
    assert "Give a folder in which you may write" in str(error.value)


def test_existence(folder, tmp_path):
    assert checkpoint_exists(folder)
    assert not checkpoint_exists(tmp_path)


def test_a_finished_run_can_be_taken_further(folder):
    network, result = run(CONFIG, checkpoint_folder=folder, resume=True)
    straight, expected = run(CONFIG)
    assert same_weights(network, straight)
    assert figures(result) == figures(expected)


def test_a_finished_run_that_is_resumed_gives_its_result_again(folder):
    before = (folder / FILE_NAME).stat()
    network, result = run(SHORT, checkpoint_folder=folder, resume=True)
    straight, expected = run(SHORT)
    assert figures(result) == figures(expected)
    assert same_weights(network, straight)
    assert (folder / FILE_NAME).stat().st_mtime_ns == before.st_mtime_ns


def test_networks_of_another_shape_are_refused(folder):
    from elman.train.loop import train

    with pytest.raises(CheckpointError, match=r"module.parameters.W: \[6, 6\] float32 in the ch"):
        train(TinyNetwork(hidden=5), TASK, SHORT, checkpoint_folder=folder, resume=True)
