"""The corpus: texts of equations as people find them, one file each in `tests/corpus`.

A file begins with comments: `# source:` says where the equations stand, `# sizes:` gives a size
for each vector (`x=3 h=4`, or nothing where all is scalar). The rest is the text itself.
`load()` reads them all; every suite may draw on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Entry:
    """One text.

    Attributes:
        name: The file's name without its ending.
        text: The equations, without the comments at the head.
        sizes: A size for every vector, by name.
        source: Where the equations stand.
    """

    name: str
    text: str
    sizes: dict[str, int]
    source: str


@cache
def load() -> tuple[Entry, ...]:
    """Reads every text of the corpus, in the order of their names."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.tex")))


def names() -> list[str]:
    """Returns the name of every text, as ids for parametrized tests."""
    return [entry.name for entry in load()]


def _read(path: Path) -> Entry:
    head: dict[str, str] = {}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    while lines and lines[0].startswith("# "):
        label, _, value = lines.pop(0)[2:].partition(":")
        head[label] = (head.get(label, "") + " " + value.strip()).strip()
    assert set(head) == {"source", "sizes"}, f"{path}: the head gives {sorted(head)}"
    pairs = (pair.split("=") for pair in head["sizes"].split())
    sizes = {name: int(size) for name, size in pairs}
    return Entry(path.stem, "".join(lines), sizes, head["source"])
