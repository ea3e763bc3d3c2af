"""The tree is the pipeline: a stage imports only the stages above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "elman"
STAGES = (
    "errors sources equations ir autodiff viz paper recurrence codegen nn cells tasks train "
    "analysis lab report bench cli"
).split()
WITHOUT_TORCH = {*STAGES[: STAGES.index("codegen")], "cells"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in STAGES)


def imports(path: Path) -> list[tuple[int, str]]:
    """Line and module of every import in a file, those inside functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            whole_package = module == "elman"  # from elman import ir: each name is a stage
            names = [f"elman.{alias.name}" for alias in node.names] if whole_package else [module]
            found += [(node.lineno, name) for name in names]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_stage_imports_only_the_stages_above_it(path):
    stage = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert stage in STAGES, f"{path}: {stage} is not a stage of the pipeline"
    for line, module in imports(path):
        top, _, rest = module.partition(".")
        assert top, f"{path}:{line}: imports are absolute here"
        assert top != "torch" or stage not in WITHOUT_TORCH, f"{path}:{line}: torch in {stage}/"
        if top == "elman":
            imported = rest.partition(".")[0]
            assert imported in STAGES, f"{path}:{line}: import a stage of elman, not {module}"
            assert STAGES.index(imported) <= STAGES.index(stage), (
                f"{path}:{line}: {stage}/ <- {module}"
            )


def test_importing_elman_imports_no_torch():
    code = "import elman, sys; print(sorted({'torch', 'matplotlib', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
