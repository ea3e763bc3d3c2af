"""Executes the scripts of this folder and writes each as a notebook with its outputs.

Needs the extra `notebook`. Run it from the repository: python notebooks/execute.py
"""

from __future__ import annotations

from pathlib import Path

import jupytext
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def execute(script: Path) -> Path:
    """Executes a script in the percent format and returns the notebook written."""
    notebook = jupytext.read(script)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day, which differ at every run
    target = script.with_suffix(".ipynb")
    jupytext.write(notebook, target)
    return target


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.py")):
        if path != Path(__file__):
            print(execute(path))
