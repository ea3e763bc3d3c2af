"""What all tests share: seeds, devices, golden files, one thread each.

torch is imported only by the tests that use it, so that a test of the parser starts at once.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Before torch or NumPy start their pools: the tests are small, and the processes share the cores.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# Compiled code of the tests is kept apart from the user's own, and goes with the machine.
os.environ.setdefault("ELMAN_CACHE", str(Path(tempfile.gettempdir()) / "elman-test-cache"))

# A shell that starts the tests in the background has them ignore Ctrl-C, which some are about.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every run, without a limit that a busy machine would miss.
hypothesis.settings.register_profile("elman", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("elman")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the switch that writes golden files anew; look at their diff before committing."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


@pytest.fixture(autouse=True)
def seed() -> int:
    """Seeds every generator that a test could draw from, and returns the seed."""
    value = 1990
    random.seed(value)
    np.random.seed(value)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(value)
    return value


@pytest.fixture
def torch_threads() -> Iterator[None]:
    """Gives torch the number of threads back that it has before a test."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    """Each device that a module must work on; skipped where this machine has none."""
    name: str = request.param
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no GPU here")
    return name


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file of that name under `tests/golden`."""
    update = request.config.getoption("--update-golden")

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; make it with --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare
