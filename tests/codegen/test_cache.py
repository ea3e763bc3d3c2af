"""Compiled code on disk: found again, never trusted blindly."""

from __future__ import annotations

import pytest

from elman.codegen import cache
from elman.codegen.native import host_target

TEXT = "define void @nothing() {\n  ret void\n}\n"


@pytest.fixture
def directory(tmp_path, monkeypatch):
    place = tmp_path / "code"
    monkeypatch.setenv("ELMAN_CACHE", str(place))
    return place


def entries(directory):
    return sorted(path for path in directory.iterdir() if path.suffix == ".o")


def test_an_entry_is_made_once(directory, monkeypatch):
    first = cache.compiled_object(TEXT, host_target())
    assert len(entries(directory)) == 1
    assert directory.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(cache, "compile_object", lambda *_: pytest.fail("compiled again"))
    assert cache.compiled_object(TEXT, host_target()) == first


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:-1] + b"\xff"])
def test_a_damaged_entry_is_replaced(directory, damage):
    first = cache.compiled_object(TEXT, host_target())
    (path,) = entries(directory)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert cache.compiled_object(TEXT, host_target()) == first
    assert path.read_bytes() == whole


def test_other_targets_have_other_entries(directory):
    for limit in ("", "plain"):
        cache.compiled_object(TEXT, host_target(limit))
    assert len(entries(directory)) == 2


def test_a_directory_that_others_can_write_to_is_not_used(directory):
    directory.mkdir()
    directory.chmod(0o777)
    cache.compiled_object(TEXT, host_target())
    assert not entries(directory)


def test_empty_means_off(directory, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", "")
    assert cache.cache_directory() is None
    cache.compiled_object(TEXT, host_target())
    assert not directory.exists()
