"""Dimensions: which sizes are the same, and how large they are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from elman.equations.syntax import ShapeDeclaration
from elman.errors import ShapeError, SourceError, UnsupportedError, raise_all
from elman.ir.graph import Dim, Node, Shape, StepGraph
from elman.ir.operations import OPERATIONS
from elman.ir.products import Pair, Tree, group_product
from elman.ir.ranks import RankTable
from elman.ir.roles import Roles

_LONGEST_SYMBOL = 60
Slot = Hashable
Slots = tuple[Slot, ...]


class _MismatchError(Exception):
    """Two dimensions that should be one have different sizes."""


class DimTable:
    """Unifies the dimensions of all names and nodes.

    Args:
        graph: The untyped graph.
        ranks: Its ranks, solved.
        declared: Declared shapes by name.
        sizes: Sizes by name or declared symbol.
        roles: Which name speaks for a dimension: a state's before an input's before others'.
    """

    def __init__(
        self,
        graph: StepGraph,
        ranks: RankTable,
        declared: Mapping[str, ShapeDeclaration],
        sizes: Mapping[str, int],
        roles: Roles,
    ) -> None:
        self.graph = graph
        self.ranks = ranks
        self._declared = declared
        self._sizes = sizes
        self._parent: dict[Slot, Slot] = {}
        self._size: dict[Slot, int] = {}
        self._slots: dict[int, Slots] = {}
        self._sums: list[tuple[Slot, list[Slot], Node]] = []
        self._fresh = 0
        self._speakers = [
            *roles.states, *roles.inputs, *roles.outputs, *roles.intermediates, *ranks.keys
        ]  # fmt: skip
        self._symbols: dict[Slot, str] = {}
        self.errors: list[SourceError] = []

    # -- the table ---------------------------------------------------------------------------

    def _find(self, slot: Slot) -> Slot:
        root = slot
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while self._parent.get(slot, slot) != slot:
            self._parent[slot], slot = root, self._parent[slot]
        return root

    def _unify(self, left: Slot, right: Slot) -> None:
        a, b = self._find(left), self._find(right)
        if a == b:
            return
        sizes = {self._size[root] for root in (a, b) if root in self._size}
        if len(sizes) > 1:
            raise _MismatchError
        self._parent[a] = b
        if sizes:
            self._size[b] = sizes.pop()

    def _give(self, slot: Slot, size: int) -> None:
        root = self._find(slot)
        if self._size.setdefault(root, size) != size:
            raise _MismatchError

    def _key_slots(self, key: str) -> Slots:
        return tuple(("name", key, axis) for axis in range(self.ranks.rank_of_key(key)))

    def shape_of_key(self, key: str) -> Shape:
        """Returns the shape of a name."""
        return tuple(self._dim(slot) for slot in self._key_slots(key))

    def shape(self, node: Node) -> Shape:
        """Returns the shape of a node."""
        return tuple(self._dim(slot) for slot in self._slots.get(node.number, ()))

    def _dim(self, slot: Slot) -> Dim:
        root = self._find(slot)
        return Dim(self._symbols.get(root, "?"), self._size.get(root))

    # -- solving -----------------------------------------------------------------------------

    def solve(self) -> None:
        """Finds all dimensions.

        Raises:
            ShapeError: Dimensions that should be one have different sizes.
        """
        self._take_given()
        for node in self.ranks.nodes:
            self._slots[node.number] = self._node_slots(node)
        for group in (self.graph.definitions, self.graph.derived, self.graph.totals):
            for key, node in group.items():
                self._try_unify(self._key_slots(key), self._slots[node.number], node, key)
        for (key, step), node in self.graph.starts.items():
            if self._slots[node.number]:
                slots = self._key_slots(key)
                self._try_unify(slots, self._slots[node.number], node, f"{key}_{step}")
        self._solve_sums()
        self._name_symbols()
        raise_all(self.errors)

    def _take_given(self) -> None:
        for key, declaration in self._declared.items():
            for slot, dim in zip(self._key_slots(key), declaration.dims, strict=True):
                try:
                    if isinstance(dim, int):
                        self._give(slot, dim)
                    elif dim in self.ranks.keys and self.ranks.rank_of_key(dim) == 1:
                        self._unify(slot, ("name", dim, 0))
                    else:
                        self._unify(slot, ("symbol", dim))
                except _MismatchError:
                    self.errors.append(
                        ShapeError(
                            f"the declaration of {key} contradicts another one",
                            declaration.span,
                            remedy="Make the two agree.",
                        )
                    )
        for key, size in self._sizes.items():
            slots = self._key_slots(key) if key in self.ranks.keys else ()
            if len(slots) > 1 or (key in self.ranks.keys and not slots):
                word = "a matrix" if slots else "a scalar"
                raise ShapeError(
                    f"a size is given for {key}, which is {word}",
                    self._declared[key].span if key in self._declared else None,
                    remedy="Give sizes for vectors; declare matrices: W: [h, x].",
                )
            slot = slots[0] if slots else ("symbol", key)
            try:
                self._give(slot, size)
            except _MismatchError:
                raise ShapeError(
                    f"{key} has size {size}, but its declaration says {self._dim(slot).size}",
                    self._declared[key].span if key in self._declared else None,
                    remedy="Make the two agree.",
                ) from None

    def _try_unify(self, left: Slots, right: Slots, node: Node, key: str) -> None:
        try:
            for a, b in zip(left, right, strict=True):
                self._unify(a, b)
        except (_MismatchError, ValueError):
            other = next((n for n in self.graph.names_of().get(node.number, []) if n != key), None)
            self.errors.append(
                ShapeError(
                    f"{key} does not have the shape of what defines it",
                    node.span,
                    facts=[
                        f"{key}: {_shape_text(tuple(map(self._dim, left)))}",
                        f"{other or 'its definition'}: {_shape_text(tuple(map(self._dim, right)))}",
                    ],
                    remedy=f"Change the size of {key}, or of what it is computed from.",
                )
            )

    def _node_slots(self, node: Node) -> Slots:
        """Returns the dimension slots of a node after unifying what its operation asks for."""
        args = [self._slots[arg.number] for arg in node.args]
        try:
            if node.op in ("read", "parameter"):
                return self._key_slots(node.key)
            if node.op == "product":
                return self._product_slots(node, args)
            if node.op == "concat":
                return self._concat_slots(node, args)
            if node.op == "identity":
                return (self._new_slot(),) * 2
            if node.op == "diag":
                return args[0] * 2
            if node.op == "power" and len(args[0]) == 2:
                self.errors.append(_matrix_power(node))
            if node.op == "transpose":
                return args[0][::-1]
            if node.op in ("over_time", "softmax", "layernorm"):
                return self._row_slots(node, args)
            row = OPERATIONS.get(node.op)
            if row is None:
                return ()
            if row.kind == "reduction":
                if len(args[0]) > 1:
                    raise _MismatchError
                return ()
            return self._broadcast_slots(args)
        except _MismatchError:
            self.errors.append(self._shape_error(node))
            return tuple(self._new_slot() for _ in range(self.ranks.rank(node) or 0))

    def _new_slot(self) -> Slot:
        self._fresh += 1
        return ("fresh", self._fresh)

    def _row_slots(self, node: Node, args: list[Slots]) -> Slots:
        if node.op != "over_time" and len(args[0]) != 1:
            raise _MismatchError
        return args[0]

    def _broadcast_slots(self, args: list[Slots]) -> Slots:
        widest = max(args, key=len)
        for slots in args:
            if slots and len(slots) != len(widest):
                raise _MismatchError
            for a, b in zip(slots, widest, strict=False):
                self._unify(a, b)
        return widest

    def _concat_slots(self, node: Node, args: list[Slots]) -> Slots:
        result = self._new_slot()
        if any(len(slots) > 1 for slots in args):
            raise _MismatchError
        parts: list[Slot] = []
        for slots in args:
            part = slots[0] if slots else self._new_slot()
            if not slots:
                self._give(part, 1)
            parts.append(part)
        self._sums.append((result, parts, node))
        return (result,)

    def _product_slots(self, node: Node, args: list[Slots]) -> Slots:
        rows = [self.ranks.is_row(arg) for arg in node.args]
        grouped = group_product([len(slots) for slots in args], rows)
        if grouped is None:
            raise _MismatchError
        return self._tree_slots(grouped[0], args)

    def _tree_slots(self, tree: Tree, args: list[Slots]) -> Slots:
        if not isinstance(tree, Pair):
            return args[tree]
        left, right = self._tree_slots(tree.left, args), self._tree_slots(tree.right, args)
        if tree.op == "multiply":
            return self._broadcast_slots([left, right])
        if tree.op == "outer":
            return left + right
        self._unify(left[-1], right[0])
        return () if tree.op == "dot" else left[:-1] + right[1:]

    def _solve_sums(self) -> None:
        """Sizes of concatenations: the whole from its parts, or the one open part from the rest."""
        waiting = list(self._sums)
        while waiting:
            # Knowledge flows from parts to wholes in this order, and back in the other.
            left = [row for row in waiting if not self._solve_sum(*row)]
            if len(left) == len(waiting):
                return
            waiting = left[::-1]

    def _solve_sum(self, result: Slot, parts: list[Slot], node: Node) -> bool:
        """Returns whether all sizes of a concatenation are known now (or contradict)."""
        known = [self._size.get(self._find(part)) for part in parts]
        total = self._size.get(self._find(result))
        missing = [i for i, size in enumerate(known) if size is None]
        try:
            if not missing:
                self._give(result, sum(size or 0 for size in known))
                return True
            if total is not None and len(missing) == 1:
                rest = total - sum(size or 0 for size in known)
                if rest < 1:
                    raise _MismatchError
                self._give(parts[missing[0]], rest)
                return True
        except _MismatchError:
            self.errors.append(self._shape_error(node))
            return True
        return False

    def _name_symbols(self) -> None:
        """Gives every dimension the name of the most telling vector that has it."""
        for key in self._speakers:
            slots = self._key_slots(key)
            if len(slots) == 1:
                self._symbols.setdefault(self._find(slots[0]), key)
        for slot in list(self._parent):
            if isinstance(slot, tuple) and slot[0] == "symbol":
                self._symbols.setdefault(self._find(slot), str(slot[1]))
        for result, parts, _ in self._sums:
            joined = "+".join(self._symbols.get(self._find(part), "?") for part in parts)
            if len(joined) <= _LONGEST_SYMBOL:
                self._symbols.setdefault(self._find(result), joined)
        for key in self.ranks.keys:
            for axis, slot in enumerate(self._key_slots(key)):
                self._symbols.setdefault(self._find(slot), f"{key}.{axis + 1}")

    def _shape_error(self, node: Node) -> ShapeError:
        self._name_symbols()
        shapes = [self.shape(arg) for arg in node.args]
        names = self.graph.names_of()
        written = []
        for arg in node.args:
            name = next(iter(names.get(arg.number, [])), "")
            timed = f"{name}_t" if name in self.graph.definitions else name
            written.append(timed or (" ".join(arg.span.text.split()) if arg.span else arg.key))
        return shape_error(node, shapes, written)


def _shape_text(shape: Shape) -> str:
    """Writes a shape; one that is open altogether as what it is."""
    if any(dim.size is None and not dim.symbol.isidentifier() for dim in shape):
        return "a vector" if len(shape) == 1 else "a matrix"
    return f"[{', '.join(str(dim) for dim in shape)}]" if shape else "scalar"


def _matrix_power(node: Node) -> UnsupportedError:
    base = node.args[0].span.text if node.args[0].span is not None else node.args[0].key
    return UnsupportedError(
        f"a power of the matrix {base} is not supported yet",
        node.span,
        remedy=f"Write a product, {base} {base}; an inverse has no form here.",
    )


def _weight(node: Node) -> str:
    """Returns `W @ h_{t-1}` for `W * h_{t-1}` with a capital parameter, else nothing."""
    if node.op == "multiply" and node.args[0].op == "parameter" and node.args[0].key[0].isupper():
        texts = [" ".join(arg.span.text.split()) if arg.span else arg.key for arg in node.args]
        return " @ ".join(texts)
    return ""


def shape_error(node: Node, shapes: list[Shape], written: list[str]) -> ShapeError:
    """Returns the error for operands that do not fit, with their text and shapes."""
    verbs = {
        "add": "add", "subtract": "subtract", "multiply": "multiply elementwise",
        "divide": "divide", "product": "multiply", "concat": "concatenate",
    }  # fmt: skip
    verb = verbs.get(node.op, f"apply {node.op} to")
    widest = max((len(text) for text in written), default=0)
    facts = [
        f"{text:<{widest}}  {_shape_text(shape)}"
        for text, shape in zip(written, shapes, strict=True)
    ]
    vectors = [shape for shape in shapes if len(shape) == 1]
    if node.op == "product" and len(vectors) == len(shapes):
        remedy = "Two vectors side by side are no product: write a \\odot b, or a^T b."
    elif node.op == "product":
        remedy = "A matrix [m, n] goes before a vector [n], or after a vector [m]."
    elif weight := next(filter(None, map(_weight, node.args)), ""):
        remedy = f"* is entry by entry; a matrix is applied with a space or @: {weight}."
    else:
        remedy = "Operands joined elementwise have one size; a matrix before one changes it."
    return ShapeError(
        f"cannot {verb} {' and '.join(written)}", node.span, facts=facts, remedy=remedy
    )
