"""A function that computes several vectors at once, operation by operation.

An elementary function is one long chain in which each operation waits for the one before. A
processor that is given the same operation of two rows one after the other works on one while the
other waits; that halves the time of epilogues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from elman.codegen.writer import Function, Lanes, Module


class Interleaved(Function):
    """A function whose vectors may be joined: one name for one vector of each of several rows.

    Every operation on a joined value is written for each of its parts; values that are not joined
    are the same for all parts.

    Args:
        count: Parts of a joined value.
    """

    def __init__(
        self, module: Module, name: str, parameters: Sequence[str], lanes: Lanes, count: int
    ) -> None:
        super().__init__(module, name, parameters, lanes)
        self.count = count
        self._parts: dict[str, tuple[str, ...]] = {}

    def join(self, parts: Sequence[str]) -> str:
        """Returns one name for the values of all rows."""
        assert len(parts) == self.count, "internal: a joined value with another number of parts"
        if self.count == 1:
            return parts[0]
        self._count += 1
        name = f"joined{self._count}"
        self._parts[name] = tuple(parts)
        return name

    def parts(self, value: str) -> tuple[str, ...]:
        """Returns the value of each row."""
        return self._parts.get(value, (value,) * self.count)

    def _each(self, write: Callable[..., str], *values: Any) -> str:
        if not any(value in self._parts for value in values):
            return write(*values)
        return self.join([write(*row) for row in zip(*map(self.parts, values), strict=True)])

    def add(self, left: str, right: str | int) -> str:
        """Adds integers of each row."""
        return self._each(super().add, left, right)

    def mul(self, left: str, right: str | int) -> str:
        """Multiplies integers of each row."""
        return self._each(super().mul, left, right)

    def at(self, pointer: str, index: str | int, type_: str = "i8") -> str:
        """Returns the address of an element of each row."""
        write = super().at
        return self._each(lambda base, place: write(base, place, type_), pointer, index)

    def load(self, pointer: str, valid: int | None = None) -> str:
        """Loads a vector of each row."""
        write = super().load
        return self._each(lambda place: write(place, valid), pointer)

    def store(self, value: str, pointer: str, valid: int | None = None) -> None:
        """Stores a vector of each row."""
        for own, place in zip(self.parts(value), self.parts(pointer), strict=True):
            super().store(own, place, valid)

    def load_scalar(self, pointer: str) -> str:
        """Loads a number of each row."""
        return self._each(super().load_scalar, pointer)

    def store_scalar(self, value: str, pointer: str) -> None:
        """Stores a number of each row."""
        for own, place in zip(self.parts(value), self.parts(pointer), strict=True):
            super().store_scalar(own, place)

    def broadcast(self, scalar: str) -> str:
        """Puts a number of each row in all lanes."""
        return self._each(super().broadcast, scalar)

    def keep_first(self, value: str, valid: int, other: str) -> str:
        """Takes the lanes from `valid` on from another vector."""
        write = super().keep_first
        return self._each(lambda own, rest: write(own, valid, rest), value, other)

    def binary(self, operation: str, left: str, right: str) -> str:
        """Applies an operation to the vectors of each row."""
        write = super().binary
        return self._each(lambda a, b: write(operation, a, b), left, right)

    def negate(self, value: str) -> str:
        """Changes signs."""
        return self._each(super().negate, value)

    def intrinsic(self, operation: str, *arguments: str) -> str:
        """Calls an intrinsic for each row."""
        write = super().intrinsic
        return self._each(lambda *own: write(operation, *own), *arguments)

    def compare(self, predicate: str, left: str, right: str) -> str:
        """Compares the vectors of each row."""
        write = super().compare
        return self._each(lambda a, b: write(predicate, a, b), left, right)

    def select(self, mask: str, left: str, right: str) -> str:
        """Chooses between the vectors of each row."""
        return self._each(super().select, mask, left, right)

    def as_integers(self, value: str) -> str:
        """Returns the bits of floats."""
        return self._each(super().as_integers, value)

    def as_floats(self, value: str) -> str:
        """Returns floats with given bits."""
        return self._each(super().as_floats, value)

    def whole(self, operation: str, left: str, right: str) -> str:
        """Applies an integer operation to each row."""
        write = super().whole
        return self._each(lambda a, b: write(operation, a, b), left, right)

    def odd_bits(self, value: str, bits: int) -> str:
        """Says where the integers of each row have any of some bits."""
        write = super().odd_bits
        return self._each(lambda own: write(own, bits), value)

    def to_integers(self, value: str) -> str:
        """Converts floats that hold integers."""
        return self._each(super().to_integers, value)

    def to_floats(self, value: str) -> str:
        """Converts integers."""
        return self._each(super().to_floats, value)

    def by_lane(self, symbol: str, *arguments: str) -> str:
        """Calls a function of the C library for each lane of each row."""
        write = super().by_lane
        return self._each(lambda *own: write(symbol, *own), *arguments)

    def by_lane_unless(self, known: str, result: str, symbol: str, *arguments: str) -> str:
        """Calls a function of the C library for the rows where not all lanes are known."""
        write = super().by_lane_unless
        return self._each(
            lambda mask, own, *rest: write(mask, own, symbol, *rest), known, result, *arguments
        )

    def horizontal(self, operation: str, start: float, value: str) -> str:
        """Reduces the vector of each row to a number."""
        write = super().horizontal
        return self._each(lambda own: write(operation, start, own), value)
