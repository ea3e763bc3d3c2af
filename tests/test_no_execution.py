"""Nothing of a user's text is evaluated, executed, or given to a template: the means are absent."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "elman"
FILES = sorted(ROOT.rglob("*.py"))

BUILTINS = {"eval", "exec", "compile", "__import__", "execfile"}
ATTRIBUTES = {
    "os": {"system", "popen", "execv", "execve", "spawnl", "spawnv"},
    "sympy": {"sympify", "lambdify", "parse_expr"},
    "torch": {"load"},
    "yaml": {"load", "unsafe_load"},
    "importlib": {"import_module"},
}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "yaml", "jinja2"}
MODULES |= {"mako", "code", "codeop", "runpy"}
# A module out of a table of our own, imported when its task is asked for.
ALLOWED = {
    "lab/named/registry.py": {"importlib.import_module"},
    "tasks/registry.py": {"importlib.import_module"},
}


def means(path: Path) -> list[str]:
    """Every way in a file that could run a text or restore an object from bytes."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in BUILTINS:
                found.append(f"{node.lineno}: {node.func.id}(")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in ATTRIBUTES.get(node.value.id, ()):
                found.append(f"{node.lineno}: {node.value.id}.{node.attr}")
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [getattr(node, "module", None) or ""]
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [f"{node.lineno}: {m}" for m in modules if m.partition(".")[0] in MODULES]
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
            if "allow_pickle=False" not in ast.unparse(node):
                found.append(f"{node.lineno}: np.load")
        if isinstance(node, ast.keyword) and node.arg == "shell":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                found.append(f"{node.value.lineno}: shell=")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_no_means_to_run_a_text(path):
    allowed = ALLOWED.get(str(path.relative_to(ROOT)), set())
    assert [line for line in means(path) if line.split(": ")[1] not in allowed] == []


@pytest.mark.parametrize("path", sorted(ROOT.parent.rglob("*.py")), ids=lambda path: path.stem)
def test_a_template_is_not_filled_with_str_format_of_user_text(path):
    """`str.format` on a text that is not a literal could read attributes of what is given."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("format_map", "safe_substitute"):
                raise AssertionError(f"{path}:{node.lineno}: {node.func.attr}")


CODE = """
eval(x); exec(x); compile(x); import pickle; from pickle import loads; os.system(x); torch.load(x)
run(x, shell=True); yaml.load(x); import jinja2; np.load(x)
"""


@pytest.mark.parametrize("code", [part for part in re.split(r"[;\n]\s*", CODE) if part])
def test_the_search_finds_them(code, tmp_path):
    path = tmp_path / "x.py"
    path.write_text(code)
    assert means(path)


def test_generated_names_hold_no_user_text():
    """Keys of names, which travel furthest, are letters, digits and underscores alone."""
    from elman.errors import RecurrenceError
    from elman.ir import parse
    from wrong import WRONG

    for text in ['h_t = \\text{x\\"y} + h_{t-1}', *(text for text, _ in WRONG.values())]:
        try:
            recurrence = parse(text)
        except RecurrenceError:
            continue
        for key in (*recurrence.parameters, *recurrence.inputs, *recurrence.graph.definitions):
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", key), key
