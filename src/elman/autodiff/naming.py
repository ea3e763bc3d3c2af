"""Names for what the user did not name: residuals and cotangents, after the user's own names."""

from __future__ import annotations

from collections.abc import Iterable

from elman.ir.graph import Node, StepGraph, reachable

# Operations that take one value through a function: their unnamed argument is called after them.
_SHORT = {"matmul": "product", "multiply": "product", "add": "sum", "subtract": "difference"}


class NameBook:
    """Gives every node of a graph a name that is unique and says where the node stands.

    A node that the user named keeps that name. The argument of the function that gives `f` is
    `f_in`; the function `tanh` of `c` is `tanh_c`; other parts of `h` are `h_product` and so on.
    """

    def __init__(self, graph: StepGraph) -> None:
        self.taken = {
            *graph.definitions, *graph.derived, *graph.totals, *graph.inputs, *graph.parameters
        }  # fmt: skip
        self._names = {number: keys[0] for number, keys in graph.names_of().items()}
        self._users: dict[int, Node] = {}
        for root in graph.roots():
            for node in reachable([root]):
                for arg in node.args:
                    self._users.setdefault(arg.number, node)

    def name(self, node: Node) -> str:
        """Returns the name of a node, made up at the first call where it has none."""
        known = self._names.get(node.number)
        if known is None:
            known = self._names[node.number] = self.unique(self._suggest(node))
        return known

    def unique(self, wanted: str) -> str:
        """Returns a name that nothing else has, the wanted one if possible."""
        name, count = wanted, 1
        while name in self.taken:
            count += 1
            name = f"{wanted}_{count}"
        self.taken.add(name)
        return name

    def _suggest(self, node: Node) -> str:
        user = self._users.get(node.number)
        if len(node.args) == 1 and node.args[0].number in self._names:
            return f"{node.op}_{self._names[node.args[0].number]}"
        if user is not None and len(user.args) == 1:
            return f"{self._owner(user)}_in"
        return f"{self._owner(node)}_{_SHORT.get(node.op, node.op)}"

    def _owner(self, node: Node) -> str:
        """Returns the name of the nearest named node that needs this one."""
        seen: Node | None = node
        while seen is not None and seen.number not in self._names:
            seen = self._users.get(seen.number)
        return self._names[seen.number] if seen is not None else "value"

    def reserve(self, names: Iterable[str]) -> None:
        """Keeps names from being given to anything else."""
        self.taken.update(names)
