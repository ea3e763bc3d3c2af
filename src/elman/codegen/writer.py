"""Writes LLVM IR as text: functions, loops, and arithmetic on vectors of one width.

A value is the text by which LLVM calls it (`%v12`, or a constant). Types follow from the method
that made it, so nothing here tracks them; LLVM's own parser is the check.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Lanes:
    """A vector type: how many lanes, of how many bits.

    Attributes:
        width: Number of lanes.
        bits: 32 or 64.
    """

    width: int
    bits: int

    @cached_property
    def scalar(self) -> str:
        """LLVM's type of one lane."""
        return "float" if self.bits == 32 else "double"

    @cached_property
    def vector(self) -> str:
        """LLVM's type of a vector of floats."""
        return f"<{self.width} x {self.scalar}>"

    @cached_property
    def integer(self) -> str:
        """LLVM's type of a vector of integers as wide as the floats."""
        return f"<{self.width} x i{self.bits}>"

    @cached_property
    def mask(self) -> str:
        """LLVM's type of a vector of truth values."""
        return f"<{self.width} x i1>"

    @cached_property
    def suffix(self) -> str:
        """How LLVM's intrinsics name the type."""
        return f"v{self.width}f{self.bits}"

    @cached_property
    def size(self) -> int:
        """Bytes of one lane."""
        return self.bits // 8

    def number(self, value: float) -> str:
        """Returns a scalar constant, rounded to the lane's precision."""
        rounded = float(np.float32(value)) if self.bits == 32 else float(value)
        return "0x" + struct.pack(">d", rounded).hex().upper()

    def splat(self, value: float) -> str:
        """Returns a vector constant with one value in all lanes."""
        return f"splat ({self.scalar} {self.number(value)})"

    def integers(self, value: int) -> str:
        """Returns an integer vector constant with one value in all lanes."""
        return f"splat (i{self.bits} {value})"


@dataclass
class Module:
    """The text of a module; declarations of what its functions call are added by themselves."""

    functions: list[str] = field(default_factory=list)
    declarations: dict[str, str] = field(default_factory=dict)

    def declare(self, name: str, result: str, arguments: Sequence[str]) -> None:
        """Declares an intrinsic or a function of the C library."""
        self.declarations[name] = f"declare {result} @{name}({', '.join(arguments)})"

    def text(self) -> str:
        """Returns the module as LLVM IR."""
        return "\n".join([*sorted(self.declarations.values()), "", *self.functions]) + "\n"


class Function:
    """One function under construction; instructions are appended to the current block.

    Args:
        module: Where it belongs.
        name: Its symbol.
        parameters: LLVM types; the values are `%a0`, `%a1` and so on.
        lanes: The vector type that its arithmetic uses.
        public: Whether the symbol can be looked up from outside.
    """

    def __init__(
        self,
        module: Module,
        name: str,
        parameters: Sequence[str],
        lanes: Lanes,
        *,
        public: bool = False,
        result: str = "void",
    ) -> None:
        self.module = module
        self.lanes = lanes
        self.arguments = [f"%a{i}" for i in range(len(parameters))]
        listed = ", ".join(f"{t} {a}" for t, a in zip(parameters, self.arguments, strict=True))
        linkage = "" if public else "internal "
        attributes = "nounwind" if public else "noinline nounwind"
        self._head = f"define {linkage}{result} @{name}({listed}) {attributes} {{"
        self._result = result
        self._lines: list[str] = []
        self._entry: list[str] = []
        self._count = 0
        self.block = "entry"

    # -- text ----------------------------------------------------------------------------------

    def emit(self, line: str) -> None:
        """Appends an instruction without a result."""
        self._lines.append("  " + line)

    def value(self, text: str) -> str:
        """Appends an instruction and returns its result."""
        # `fresh` and `emit` in one: most of a module is written here.
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {text}")
        return name

    def fresh(self) -> str:
        """Returns a name for a value that has none yet."""
        self._count += 1
        return f"%v{self._count}"

    def label(self, name: str) -> None:
        """Ends nothing and begins a block; the caller has branched before."""
        self._lines.append(f"{name}:")
        self.block = name

    def fresh_label(self, stem: str) -> str:
        """Returns a name for a block that has none yet."""
        self._count += 1
        return f"{stem}{self._count}"

    def allocate(self, type_: str, align: int = 64) -> str:
        """Reserves memory on the stack for the whole call."""
        name = self.fresh()
        self._entry.append(f"  {name} = alloca {type_}, align {align}")
        return name

    def finish(self, result: str = "") -> None:
        """Returns from the function and adds it to the module."""
        self.emit(f"ret {self._result} {result}".rstrip() if result else "ret void")
        lines = [self._head, "entry:", *self._entry, *self._lines, "}"]
        self.module.functions.append("\n".join(lines) + "\n")

    # -- control -------------------------------------------------------------------------------

    @contextmanager
    def loop(self, start: str, stop: str, step: int = 1) -> Iterator[str]:
        """Counts from `start` while below `stop`; yields the counter."""
        with self.carried(start, stop, step, []) as (counter, _, _):
            yield counter

    @contextmanager
    def blocks(self, total: str, largest: int) -> Iterator[tuple[str, str]]:
        """Loops over as few parts of some rows as possible, all about equally large.

        Yields the first row of a part and how many it has.
        """
        count = self.div(self.add(total, largest - 1), largest)
        with self.loop("0", count) as part:
            first = self.div(self.mul(total, part), count)
            yield first, self.sub(self.div(self.mul(total, self.add(part, 1)), count), first)

    @contextmanager
    def carried(
        self, start: str, stop: str, step: int, carried: list[tuple[str, str]]
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        """A loop that carries values: pairs of type and value before it.

        Yields the counter, the values at the head of an iteration, and a list that the body
        fills with the values at its end. After the loop the first list holds the last values.
        """
        before = self.block
        head, body, latch, end = (self.fresh_label(s) for s in ("head", "body", "latch", "end"))
        counter, following = self.fresh(), self.fresh()
        values = [self.fresh() for _ in carried]
        updated: list[str] = []
        self.emit(f"br label %{head}")
        self.label(head)
        self.emit(f"{counter} = phi i64 [ {start}, %{before} ], [ {following}, %{latch} ]")
        place = len(self._lines)
        test = self.fresh()
        self.emit(f"{test} = icmp slt i64 {counter}, {stop}")
        self.emit(f"br i1 {test}, label %{body}, label %{end}")
        self.label(body)
        yield counter, values, updated
        assert len(updated) == len(carried), "internal: a loop does not carry what it said"
        self.emit(f"br label %{latch}")
        self.label(latch)
        self.emit(f"{following} = add nsw i64 {counter}, {step}")
        self.emit(f"br label %{head}")
        phis = [
            f"  {value} = phi {type_} [ {first}, %{before} ], [ {last}, %{latch} ]"
            for value, (type_, first), last in zip(values, carried, updated, strict=True)
        ]
        self._lines[place:place] = phis
        self.label(end)

    @contextmanager
    def taken(self, counter: str, count: str) -> Iterator[str]:
        """Takes numbers below `count` from a counter in memory, until other threads took the rest.

        Args:
            counter: Its address.
            count: How many numbers there are.
        """
        head, body, end = (self.fresh_label(stem) for stem in ("share", "take", "done"))
        self.emit(f"br label %{head}")
        self.label(head)
        number = self.value(f"atomicrmw add ptr {counter}, i64 1 seq_cst")
        left = self.value(f"icmp slt i64 {number}, {count}")
        self.emit(f"br i1 {left}, label %{body}, label %{end}")
        self.label(body)
        yield number
        self.emit(f"br label %{head}")
        self.label(end)

    def switch(self, selector: str, cases: Sequence[int]) -> Iterator[int]:
        """Yields each case once; what is emitted meanwhile runs when the selector equals it."""
        end = self.fresh_label("join")
        labels = [self.fresh_label(f"case{case}_") for case in cases]
        targets = " ".join(
            f"i64 {case}, label %{label}" for case, label in zip(cases, labels, strict=True)
        )
        self.emit(f"switch i64 {selector}, label %{end} [ {targets} ]")
        for case, label in zip(cases, labels, strict=True):
            self.label(label)
            yield case
            self.emit(f"br label %{end}")
        self.label(end)

    # -- integers and pointers -----------------------------------------------------------------

    def add(self, left: str, right: str | int) -> str:
        """Adds 64-bit integers."""
        return self.value(f"add nsw i64 {left}, {right}")

    def sub(self, left: str | int, right: str | int) -> str:
        """Subtracts 64-bit integers."""
        return self.value(f"sub nsw i64 {left}, {right}")

    def mul(self, left: str, right: str | int) -> str:
        """Multiplies 64-bit integers."""
        return self.value(f"mul nsw i64 {left}, {right}")

    def div(self, left: str, right: str | int) -> str:
        """Divides non-negative 64-bit integers."""
        return self.value(f"sdiv i64 {left}, {right}")

    def rem(self, left: str, right: str | int) -> str:
        """Returns the remainder of non-negative 64-bit integers."""
        return self.value(f"srem i64 {left}, {right}")

    def one_if(self, predicate: str, left: str, right: str | int) -> str:
        """Returns 1 if a comparison of 64-bit integers holds, else 0."""
        return self.value(f"zext i1 {self.value(f'icmp {predicate} i64 {left}, {right}')} to i64")

    def minimum(self, left: str, right: str | int) -> str:
        """Returns the smaller of two 64-bit integers."""
        test = self.value(f"icmp slt i64 {left}, {right}")
        return self.value(f"select i1 {test}, i64 {left}, i64 {right}")

    def at(self, pointer: str, index: str | int, type_: str = "i8") -> str:
        """Returns the address of an element."""
        return self.value(f"getelementptr {type_}, ptr {pointer}, i64 {index}")

    def load_word(self, pointer: str, index: str | int) -> str:
        """Loads an integer from an array of them."""
        return self.value(f"load i64, ptr {self.at(pointer, index, 'i64')}, align 8")

    def load_pointer(self, pointer: str, index: str | int) -> str:
        """Loads an address from an array of them."""
        return self.value(f"load ptr, ptr {self.at(pointer, index, 'i64')}, align 8")

    def store_pointer(self, value: str, pointer: str, index: str | int) -> None:
        """Stores an address in an array of them."""
        self.emit(f"store ptr {value}, ptr {self.at(pointer, index, 'i64')}, align 8")

    # -- vectors -------------------------------------------------------------------------------

    def prefetch(self, pointer: str) -> None:
        """Asks for a cache line that will be read soon; any address will do."""
        self.module.declare("llvm.prefetch.p0", "void", ["ptr", "i32", "i32", "i32"])
        self.emit(f"call void @llvm.prefetch.p0(ptr {pointer}, i32 0, i32 3, i32 1)")

    def load_scalar(self, pointer: str) -> str:
        """Loads one number."""
        return self.value(f"load {self.lanes.scalar}, ptr {pointer}, align {self.lanes.size}")

    def store_scalar(self, value: str, pointer: str) -> None:
        """Stores one number."""
        self.emit(f"store {self.lanes.scalar} {value}, ptr {pointer}, align {self.lanes.size}")

    def broadcast(self, scalar: str) -> str:
        """Returns a vector with one number in all lanes."""
        lanes = self.lanes
        one = self.value(f"insertelement {lanes.vector} poison, {lanes.scalar} {scalar}, i64 0")
        return self.value(
            f"shufflevector {lanes.vector} {one}, {lanes.vector} poison, "
            f"<{lanes.width} x i32> zeroinitializer"
        )

    def load(self, pointer: str, valid: int | None = None) -> str:
        """Loads a vector; lanes from `valid` on are zero and their memory is not touched."""
        lanes = self.lanes
        if valid is None or valid == lanes.width:
            return self.value(f"load {lanes.vector}, ptr {pointer}, align {lanes.size}")
        name = f"llvm.masked.load.{lanes.suffix}.p0"
        self.module.declare(name, lanes.vector, ["ptr", lanes.mask, lanes.vector])
        return self.value(
            f"call {lanes.vector} @{name}(ptr align {lanes.size} {pointer}, "
            f"{lanes.mask} {self._first(valid)}, {lanes.vector} zeroinitializer)"
        )

    def store(self, value: str, pointer: str, valid: int | None = None) -> None:
        """Stores a vector; lanes from `valid` on are left as they are."""
        lanes = self.lanes
        if valid is None or valid == lanes.width:
            self.emit(f"store {lanes.vector} {value}, ptr {pointer}, align {lanes.size}")
            return
        name = f"llvm.masked.store.{lanes.suffix}.p0"
        self.module.declare(name, "void", [lanes.vector, "ptr", lanes.mask])
        self.emit(
            f"call void @{name}({lanes.vector} {value}, ptr align {lanes.size} {pointer}, "
            f"{lanes.mask} {self._first(valid)})"
        )

    def _first(self, valid: int) -> str:
        bits = ", ".join(f"i1 {int(lane < valid)}" for lane in range(self.lanes.width))
        return f"<{bits}>"

    def shuffle(self, left: str, right: str, places: Sequence[int]) -> str:
        """Returns a vector of lanes of two, of which the second's are counted on."""
        lanes = self.lanes
        listed = ", ".join(f"i32 {place}" for place in places)
        return self.value(
            f"shufflevector {lanes.vector} {left}, {lanes.vector} {right}, "
            f"<{lanes.width} x i32> <{listed}>"
        )

    def keep_first(self, value: str, valid: int, other: str) -> str:
        """Returns a vector with the lanes from `valid` on taken from another."""
        lanes = self.lanes
        return self.value(
            f"select {lanes.mask} {self._first(valid)}, {lanes.vector} {value}, "
            f"{lanes.vector} {other}"
        )

    def binary(self, operation: str, left: str, right: str) -> str:
        """Applies `fadd`, `fsub`, `fmul` or `fdiv`; multiplications may fuse with additions."""
        return self.value(f"{operation} contract {self.lanes.vector} {left}, {right}")

    def negate(self, value: str) -> str:
        """Changes the sign of every lane."""
        return self.value(f"fneg {self.lanes.vector} {value}")

    def fma(self, left: str, right: str, added: str) -> str:
        """Returns left · right + added with one rounding."""
        return self.intrinsic("fma", left, right, added)

    def intrinsic(self, operation: str, *arguments: str) -> str:
        """Calls one of LLVM's vector intrinsics."""
        lanes = self.lanes
        name = f"llvm.{operation}.{lanes.suffix}"
        if name not in self.module.declarations:
            self.module.declare(name, lanes.vector, [lanes.vector] * len(arguments))
        vector = lanes.vector
        listed = f"{vector} " + f", {vector} ".join(arguments)
        return self.value(f"call {vector} @{name}({listed})")

    def compare(self, predicate: str, left: str, right: str) -> str:
        """Compares lane by lane with one of LLVM's predicates, such as `olt`."""
        return self.value(f"fcmp {predicate} {self.lanes.vector} {left}, {right}")

    def select(self, mask: str, left: str, right: str) -> str:
        """Returns, lane by lane, left where the mask is set, else right."""
        lanes = self.lanes
        return self.value(
            f"select {lanes.mask} {mask}, {lanes.vector} {left}, {lanes.vector} {right}"
        )

    def lower(self, left: str, right: str) -> str:
        """Returns the smaller; where either is not a number, `right`."""
        return self.select(self.compare("olt", left, right), left, right)

    def higher(self, left: str, right: str) -> str:
        """Returns the larger; where either is not a number, `right`."""
        return self.select(self.compare("ogt", left, right), left, right)

    def as_integers(self, value: str) -> str:
        """Returns the bits of floats."""
        return self.value(f"bitcast {self.lanes.vector} {value} to {self.lanes.integer}")

    def as_floats(self, value: str) -> str:
        """Returns floats with given bits."""
        return self.value(f"bitcast {self.lanes.integer} {value} to {self.lanes.vector}")

    def whole(self, operation: str, left: str, right: str) -> str:
        """Applies an integer operation lane by lane."""
        return self.value(f"{operation} {self.lanes.integer} {left}, {right}")

    def to_integers(self, value: str) -> str:
        """Converts floats that hold integers."""
        return self.value(f"fptosi {self.lanes.vector} {value} to {self.lanes.integer}")

    def to_floats(self, value: str) -> str:
        """Converts integers."""
        return self.value(f"sitofp {self.lanes.integer} {value} to {self.lanes.vector}")

    def odd_bits(self, value: str, bits: int) -> str:
        """Says where integers have any of some bits."""
        lanes = self.lanes
        kept = self.value(f"and {lanes.integer} {value}, {lanes.integers(bits)}")
        return self.value(f"icmp ne {lanes.integer} {kept}, {lanes.integers(0)}")

    def horizontal(self, operation: str, start: float, value: str) -> str:
        """Reduces a vector to a number by `fadd`, `fmul`, `fmax` or `fmin`.

        Args:
            operation: How.
            start: The number that changes nothing.
            value: The vector.
        """
        lanes = self.lanes
        name = f"llvm.vector.reduce.{operation}.{lanes.suffix}"
        ordered = operation in ("fadd", "fmul")
        self.module.declare(name, lanes.scalar, [lanes.scalar] * ordered + [lanes.vector])
        flags = "reassoc " if ordered else ""
        first = f"{lanes.scalar} {lanes.number(start)}, " if ordered else ""
        return self.value(f"call {flags}{lanes.scalar} @{name}({first}{lanes.vector} {value})")

    def by_lane_unless(self, known: str, result: str, symbol: str, *arguments: str) -> str:
        """Returns a result where a mask is set in all lanes, else what `by_lane` gives."""
        lanes = self.lanes
        name = f"llvm.vector.reduce.and.v{lanes.width}i1"
        self.module.declare(name, "i1", [lanes.mask])
        every = self.value(f"call i1 @{name}({lanes.mask} {known})")
        asked, join = self.fresh_label("asked"), self.fresh_label("known")
        before = self.block
        self.emit(f"br i1 {every}, label %{join}, label %{asked}")
        self.label(asked)
        exact = self.by_lane(symbol, *arguments)
        self.emit(f"br label %{join}")
        self.label(join)
        return self.value(f"phi {lanes.vector} [ {result}, %{before} ], [ {exact}, %{asked} ]")

    def by_lane(self, symbol: str, *arguments: str) -> str:
        """Calls a function of the C library for each lane: slow, and as exact as that is."""
        lanes = self.lanes
        name = symbol if lanes.bits == 64 else symbol + "f"
        self.module.declare(name, lanes.scalar, [lanes.scalar] * len(arguments))
        result = "poison"
        for lane in range(lanes.width):
            parts = [
                self.value(f"extractelement {lanes.vector} {argument}, i64 {lane}")
                for argument in arguments
            ]
            listed = ", ".join(f"{lanes.scalar} {part}" for part in parts)
            called = self.value(f"call {lanes.scalar} @{name}({listed})")
            result = self.value(
                f"insertelement {lanes.vector} {result}, {lanes.scalar} {called}, i64 {lane}"
            )
        return result
