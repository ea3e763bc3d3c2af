"""What one step of a drawing consists of: its boxes and what each is computed from.

Reads are not boxes: a read of `h_{t-1}` is a line from where h is computed, one step earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import find_phases


@dataclass(frozen=True)
class Operand:
    """What an item is computed from.

    Attributes:
        item: The key of an item, empty for a static value.
        lag: How many steps earlier; negative looks ahead.
        static: A value that is the same at every step, if it is one.
    """

    item: str
    lag: int = 0
    static: Node | None = None


@dataclass(frozen=True)
class Item:
    """A box of the step.

    Attributes:
        key: Unique: `op:7`, `input:x`, or `same:w` for a name that needs a box of its own.
        node: The operation; for `same` what it is equal to; None for an input.
        name: Of an input or a `same`.
        operands: In order.
        loop: The number of its loop, None outside loops.
    """

    key: str
    node: Node | None
    name: str
    operands: tuple[Operand, ...]
    loop: int | None


@dataclass(frozen=True)
class StepItems:
    """All boxes of a step.

    Attributes:
        items: By key, operands before what is computed from them within a step.
        directions: `forward` or `backward` for each loop.
        names: Key of an item -> the names of its value.
        lagged: Key of an item -> the one name under which it is read at another step.
    """

    items: dict[str, Item]
    directions: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    lagged: dict[str, str]

    def consumers(self) -> dict[str, list[tuple[str, int]]]:
        """Returns, per item, who is computed from it: key and lag."""
        found: dict[str, list[tuple[str, int]]] = {key: [] for key in self.items}
        for item in self.items.values():
            for operand in item.operands:
                if operand.item and (item.key, operand.lag) not in found[operand.item]:
                    found[operand.item].append((item.key, operand.lag))
        return found


def find_items(graph: StepGraph) -> StepItems:
    """Returns the boxes of one step.

    Args:
        graph: A typed step graph.
    """
    return _Finder(graph).run()


def find_operand(graph: StepGraph, node: Node) -> tuple[str, int]:
    """Returns the item, and how many steps earlier, whose value a step-level node is."""
    operand = _Finder(graph).operand(node)
    return operand.item, operand.lag


def static_operands(item: Item) -> Iterator[Node]:
    """Yields the static values that an item is computed from and that are not mere numbers."""
    for operand in item.operands:
        if operand.static is not None and not is_number(operand.static):
            yield operand.static


def is_number(node: Node) -> bool:
    """Says whether a static value is made of numbers and T alone, so that it needs no box."""
    if node.op in ("number", "steps"):
        return True
    return node.op != "parameter" and all(is_number(arg) for arg in node.args)


class _Finder:
    def __init__(self, graph: StepGraph) -> None:
        self.graph = graph
        self.nodes = [n for n in reachable(graph.roots()) if n.level == "step"]
        self.loop_of: dict[int, int] = {}
        self.directions: list[str] = []
        for phase in find_phases(graph):
            if phase.direction is not None:
                for node in phase.nodes:
                    self.loop_of[node.number] = len(self.directions)
                self.directions.append(phase.direction)
        self.lagged: dict[str, str] = {}
        self.same: set[str] = set()
        self._find_same()

    def _find_same(self) -> None:
        """A box has one value before the first step, so each further lagged name needs its own."""
        read = {n.key: None for n in self.nodes if n.op == "read" and n.lag}
        for key in read:
            node = self.graph.definitions.get(key)
            if node is None:
                self.lagged[f"input:{key}"] = key
            elif node.op == "read" or node.level == "static" or f"op:{node.number}" in self.lagged:
                self.same.add(key)
                self.lagged[f"same:{key}"] = key
            else:
                self.lagged[f"op:{node.number}"] = key

    def run(self) -> StepItems:
        items: dict[str, Item] = {}
        for key in self.graph.inputs:
            items[f"input:{key}"] = Item(f"input:{key}", None, key, (), None)
        by_node = {self.graph.definitions[key].number: key for key in self.same}
        for node in self.nodes:
            if node.op != "read":
                operands = tuple(self.operand(arg) for arg in node.args)
                loop = self.loop_of.get(node.number)
                items[f"op:{node.number}"] = Item(f"op:{node.number}", node, "", operands, loop)
            if node.number in by_node:
                self._add_same(node, items)
        for key in sorted(self.same):
            if self.graph.definitions[key].level == "static":
                self._add_same(self.graph.definitions[key], items)
        return StepItems(items, tuple(self.directions), self._names(items), self.lagged)

    def _add_same(self, node: Node, items: dict[str, Item]) -> None:
        for key in sorted(self.same):
            if self.graph.definitions[key] is node:
                operand = self.operand(node)
                loop = self.loop_of.get(node.number)
                items[f"same:{key}"] = Item(f"same:{key}", node, key, (operand,), loop)

    def operand(self, node: Node) -> Operand:
        """Returns what a read, a static value or an operation stands for."""
        if node.level == "static":
            return Operand("", static=node)
        if node.op == "read":
            return self._read(node.key, node.lag)
        return Operand(f"op:{node.number}")

    def _read(self, key: str, lag: int) -> Operand:
        if key not in self.graph.definitions:
            return Operand(f"input:{key}", lag)
        if key in self.same:
            return Operand(f"same:{key}", lag)
        node = self.graph.definitions[key]
        if node.level == "static":
            return Operand("", static=node)
        if node.op == "read":
            further = self._read(node.key, node.lag)
            return Operand(further.item, further.lag + lag, further.static)
        return Operand(f"op:{node.number}", lag)

    def _names(self, items: dict[str, Item]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {key: [] for key in items}
        for key, node in self.graph.definitions.items():
            if key in self.same:
                found[f"same:{key}"].append(key)
            elif node.op != "read" and node.level == "step":
                found[f"op:{node.number}"].append(key)
        first = set(self.lagged.values())
        return {
            item: tuple(sorted(keys, key=lambda key: key not in first))
            for item, keys in found.items()
        }
