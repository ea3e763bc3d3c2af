"""Compiled code on disk: found again, never trusted blindly."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from elman.codegen import cache
from elman.codegen.compiled import CompiledRecurrence, Wanted
from elman.codegen.native import host_target
from elman.ir import parse

TEXT = "define void @nothing() {\n  ret void\n}\n"


@pytest.fixture
def directory(tmp_path, monkeypatch):
    place = tmp_path / "code"
    monkeypatch.setenv("ELMAN_CACHE", str(place))
    return place


def entries(directory):
    return sorted(path for path in directory.iterdir() if path.suffix == ".o")


def test_an_entry_is_made_once(directory, monkeypatch):
    first = cache.compiled_object(lambda: TEXT, host_target())
    assert len(entries(directory)) == 1
    assert directory.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(cache, "compile_object", lambda *_: pytest.fail("compiled again"))
    assert cache.compiled_object(lambda: TEXT, host_target()) == first


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:-1] + b"\xff"])
def test_a_damaged_entry_is_replaced(directory, damage):
    first = cache.compiled_object(lambda: TEXT, host_target())
    (path,) = entries(directory)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert cache.compiled_object(lambda: TEXT, host_target()) == first
    assert path.read_bytes() == whole


def no_text():
    pytest.fail("the text was written again")


def test_of_a_known_recipe_no_text_is_written(directory):
    first = cache.compiled_object(lambda: TEXT, host_target(), "recipe")
    assert cache.compiled_object(no_text, host_target(), "recipe") == first
    assert cache.compiled_object(lambda: TEXT, host_target(), "another") == first
    assert len(entries(directory)) == 1


@pytest.mark.parametrize("damage", [b"", b"elman code 1\n", b"nothing"])
def test_a_recipe_whose_entry_is_damaged_or_gone_is_followed_again(directory, damage):
    first = cache.compiled_object(lambda: TEXT, host_target(), "recipe")
    (path,) = (path for path in directory.iterdir() if path.suffix == ".text")
    path.write_bytes(damage)
    assert cache.compiled_object(lambda: TEXT, host_target(), "recipe") == first
    entries(directory)[0].unlink()
    assert cache.compiled_object(lambda: TEXT, host_target(), "recipe") == first
    assert cache.compiled_object(no_text, host_target(), "recipe") == first


def test_other_sources_are_another_recipe(directory, monkeypatch):
    cache.compiled_object(lambda: TEXT, host_target(), "recipe")
    monkeypatch.setattr(cache, "_sources", lambda: "changed")
    written = []
    cache.compiled_object(lambda: written.append(1) or TEXT, host_target(), "recipe")
    assert written == [1]


CELL = "h_t = tanh(0.5 W h_{t-1} + U x_t + b)"
CHANGED = {
    "a number": (CELL.replace("0.5", "0.25"), {}, ("h",), "balanced"),
    "a function": (CELL.replace("tanh", "sigmoid"), {}, ("h",), "balanced"),
    "a lag": (CELL.replace("t-1", "t-2"), {}, ("h",), "balanced"),
    "a term": (CELL.replace(" + b", ""), {}, ("h",), "balanced"),
    "a size": (CELL, {"h": 4}, ("h",), "balanced"),
    "an input's size": (CELL, {"x": 4}, ("h",), "balanced"),
    "what is kept": (CELL, {}, ("h",), "least"),
    "the outputs": (CELL + "; y_t = 2 h_t", {}, ("h", "y"), "balanced"),
}


def recipes(text, sizes, outputs, memory):
    recurrence = parse(text)
    graph = recurrence.typed({"x": 2, "h": 3, **sizes})
    compiled = CompiledRecurrence(graph, outputs, recurrence.states, torch.float32, memory)
    everything = Wanted(recurrence.parameters, recurrence.inputs, ())
    some = Wanted(recurrence.parameters[:1], (), ())
    return [
        compiled._recipe(direction, wanted, apart)
        for direction in ("forward", "backward")
        for wanted in (None, everything, some)
        for apart in (False, True)
    ]


@pytest.mark.parametrize("change", CHANGED)
def test_whatever_changes_a_kernel_changes_its_recipe(change):
    plain = recipes(CELL, {}, ("h",), "balanced")
    assert len(set(plain)) == len(plain)
    assert recipes(CELL, {}, ("h",), "balanced") == plain
    assert not set(recipes(*CHANGED[change])) & set(plain)


def test_other_targets_have_other_entries(directory):
    for limit in ("", "plain"):
        cache.compiled_object(lambda: TEXT, host_target(limit))
    assert len(entries(directory)) == 2


def test_a_directory_that_others_can_write_to_is_not_used(directory):
    directory.mkdir()
    directory.chmod(0o777)
    cache.compiled_object(lambda: TEXT, host_target())
    assert not entries(directory)


def test_empty_means_off(directory, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", "")
    assert cache.cache_directory() is None
    cache.compiled_object(lambda: TEXT, host_target())
    assert not directory.exists()


def test_code_for_another_processor_is_ignored(directory, monkeypatch):
    here = host_target()
    cache.compiled_object(lambda: TEXT, replace(here, cpu="haswell"))
    compiled = []
    compile_object = cache.compile_object
    monkeypatch.setattr(
        cache, "compile_object", lambda *a: compiled.append(a) or compile_object(*a)
    )
    cache.compiled_object(lambda: TEXT, replace(here, cpu="x86-64"))
    assert len(compiled) == 1 and len(entries(directory)) == 2


# Waits until all processes are there, so that they compile at the same moment.
PROCESS = """
import os, sys, time
from pathlib import Path
import torch, elman
here, count = Path(sys.argv[1]), int(sys.argv[2])
module = elman.module("h_t = tanh(W x_t + U h_{t-1})", {"x": 3, "h": 5}, backend="fused")
for parameter in module.parameters():
    torch.nn.init.constant_(parameter, 0.1)
(here / str(os.getpid())).touch()
while len(list(here.iterdir())) < count:
    time.sleep(0.002)
output = module(torch.ones(4, 2, 3))[0]
output.sum().backward()
print(output.tolist(), module.U.grad.tolist())
"""


def test_several_processes_at_once(directory, tmp_path):
    ready = tmp_path / "ready"
    ready.mkdir()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(ready), "3"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    answers = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    assert len({output for output, _ in answers}) == 1
    assert len(entries(directory)) == 2  # forward and backward
    assert {path.suffix for path in directory.iterdir()} == {".o", ".text"}
    for path in entries(directory):
        assert cache._read(path) and path.stat().st_mode & 0o077 == 0
