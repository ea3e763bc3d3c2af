"""The wheel holds everything: it is built, installed into an environment of its own, and tried.

No package index is needed: the build back end is one of the test dependencies, and the new
environment sees the dependencies that are installed here, though not this source tree.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def command(*words: str | Path, cwd: Path) -> str:
    """Runs a command and returns what it printed; its errors become the test's."""
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a source distribution, so that both are known to be whole."""
    folder = tmp_path_factory.mktemp("dist")
    command(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    command(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    scheme = {"base": str(folder), "platbase": str(folder)}
    programs = Path(sysconfig.get_path("scripts", "venv", scheme))
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    # A folder named in a .pth file has its own .pth files ignored, the editable elman's among them.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet")
    command(*pip, "--no-deps", "--no-index", wheel, cwd=folder.parent)
    return programs


def test_wheel_holds_all_of_the_package_and_nothing_else(wheel):
    source = ROOT / "src"
    expected = {
        path.relative_to(source).as_posix()
        for path in (source / "elman").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = {name for name in names if ".dist-info/" in name}
    assert names - metadata == expected
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_installed_elman_is_the_wheel(binaries, tmp_path):
    code = "import elman; print(elman.__file__)"
    where = Path(command(binaries / "python", "-c", code, cwd=tmp_path).strip())
    assert where.is_relative_to(binaries.parent)


def test_installed_elman_tells_its_version(binaries, wheel, tmp_path):
    version = wheel.name.split("-")[1]
    assert command(binaries / "elman", "--version", cwd=tmp_path) == f"elman {version}\n"


def test_installed_elman_reads_equations(binaries, tmp_path):
    text = "h_t = tanh(W h_{t-1} + U x_t + b)"
    shown = json.loads(command(binaries / "elman", "show", text, "--json", cwd=tmp_path))
    assert shown["states"] == ["h"]
    assert shown["inputs"] == ["x"]


def test_installed_elman_has_its_cells(binaries, tmp_path):
    shown = json.loads(command(binaries / "elman", "show", "lstm", "--json", cwd=tmp_path))
    assert set(shown["states"]) == {"h", "c"}
