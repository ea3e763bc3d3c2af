"""No file and no function outgrows its purpose; the limits are those of CONTRIBUTING.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
FILE_LIMIT = 500
FUNCTION_LIMIT = 80
KERNEL_LIMIT = 120  # a kernel or the loop that prints one reads best in one piece


def functions(path: Path) -> list[tuple[str, int, int]]:
    """Name, first line and length of every function, its docstring and decorators included."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append((node.name, first, node.end_lineno - first + 1))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sizes(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LIMIT, f"{path}: {lines} lines, at most {FILE_LIMIT}; split it by purpose"
    limit = KERNEL_LIMIT if "codegen" in path.parts else FUNCTION_LIMIT
    for name, line, length in functions(path):
        assert length <= limit, f"{path}:{line}: {name} has {length} lines, at most {limit}"
