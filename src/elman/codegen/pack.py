"""The routines that prepare parameters: laying matrices out, and telling whether they changed."""

from __future__ import annotations

from elman.codegen.writer import Function, Lanes, Module

# Words of one job of `pack`.
PACK_WORDS = (
    "target", "source", "row_step", "column_step", "rows", "depth",
    "panels", "vectors", "depth_step", "panel_step",
)  # fmt: skip
# Vectors of a signature.
_SIGNATURE_VECTORS = 4
# An odd number close to 2^32 times the golden ratio, as Knuth's multiplicative hashing has it.
_MULTIPLIER = 0x9E3779B1


def emit_pack(module: Module, lanes: Lanes) -> None:
    """Writes `pack(jobs, count)`: target[panel, k, vector, lane] = source[row, k].

    A row is `(panel · vectors + vector) · lanes + lane`; beyond the last row there are zeros. Steps
    of the source are in numbers, as are those of the target.
    """
    f = Function(module, "pack", ["ptr", "i64"], lanes, public=True)
    jobs, count = f.arguments
    scalar = lanes.scalar
    with f.loop("0", count) as number:
        job = f.at(jobs, f.mul(number, len(PACK_WORDS)), "i64")
        words = {name: f.load_word(job, i) for i, name in enumerate(PACK_WORDS)}
        target, source = (
            f.value(f"inttoptr i64 {words[name]} to ptr") for name in ("target", "source")
        )
        step = words["row_step"]
        with f.loop("0", words["panels"]) as panel, f.loop("0", words["vectors"]) as vector:
            first = f.mul(f.add(f.mul(panel, words["vectors"]), vector), lanes.width)
            valid = f.minimum(f.sub(words["rows"], first), lanes.width)
            start = f.at(source, f.mul(first, step), scalar)
            place = f.add(f.mul(panel, words["panel_step"]), f.mul(vector, lanes.width))
            to = f.at(target, place, scalar)
            whole = f.one_if("eq", valid, lanes.width)
            for case in f.switch(whole, (1, 0)):
                with f.loop("0", words["depth"]) as k:
                    column = f.at(start, f.mul(k, words["column_step"]), scalar)
                    own = f.at(to, f.mul(k, words["depth_step"]), scalar)
                    if case:
                        _copy_whole(f, own, column, step)
                    else:
                        _copy_partial(f, own, column, step, valid)
    f.finish()


def _copy_whole(f: Function, to: str, column: str, step: str) -> None:
    """Copies as many numbers as a vector has."""
    scalar = f.lanes.scalar
    places = [column]
    for _ in range(f.lanes.width - 1):
        places.append(f.at(places[-1], step, scalar))
    for lane, value in enumerate([f.load_scalar(place) for place in places]):
        f.store_scalar(value, f.at(to, lane, scalar))


def _copy_partial(f: Function, to: str, column: str, step: str, valid: str) -> None:
    """Copies the numbers that there are, and fills the vector with zeros."""
    scalar = f.lanes.scalar
    with f.loop("0", valid) as row:
        value = f.load_scalar(f.at(column, f.mul(row, step), scalar))
        f.store_scalar(value, f.at(to, row, scalar))
    with f.loop(valid, str(f.lanes.width)) as row:
        f.store_scalar(f.lanes.number(0.0), f.at(to, row, scalar))


def signature_bytes(lanes: Lanes) -> int:
    """Returns the size of what `sign` writes."""
    return _SIGNATURE_VECTORS * lanes.width * lanes.size


def emit_sign(module: Module, lanes: Lanes) -> None:
    """Writes `sign`, which computes a signature, and `sign_parts` for several threads."""
    _emit_sign(module, lanes)
    _emit_sign_parts(module, lanes)


def _emit_sign_parts(module: Module, lanes: Lanes) -> None:
    """Writes `sign_parts(words)`: takes parts from a counter until none is left, and signs each.

    The words are the counter, the number of parts, and for each part the arguments of `sign`.
    """
    f = Function(module, "sign_parts", ["ptr"], lanes, public=True)
    words = f.arguments[0]
    parts = f.load_word(words, 1)
    with f.taken(words, parts) as part:
        own = f.at(words, f.add(f.mul(part, 3), 2), "i64")
        blocks, result = f.load_pointer(own, 0), f.load_pointer(own, 2)
        f.emit(f"call void @sign(ptr {blocks}, i64 {f.load_word(own, 1)}, ptr {result})")
    f.finish()


def _emit_sign(module: Module, lanes: Lanes) -> None:
    """Writes `sign(blocks, count, result)`: a signature of the numbers in some blocks.

    `blocks` holds their addresses, and then how many numbers each has. Each lane of the signature
    takes in its numbers one after the other, h <- (h xor number) · odd: no change of one number
    leaves it as it was, and changes of several do once in 2^32 times at most.
    """
    integer = lanes.integer
    f = Function(module, "sign", ["ptr", "i64", "ptr"], lanes)
    blocks, count, result = f.arguments
    group = _SIGNATURE_VECTORS * lanes.width

    def taken(state: str, pointer: str, type_: str, odd: str) -> str:
        number = f.value(f"load {type_}, ptr {pointer}, align {lanes.size}")
        mixed = f.value(f"xor {type_} {state}, {number}")
        return f.value(f"mul {type_} {mixed}, {odd}")

    # As LLVM writes it: a number of 32 bits has a sign.
    factor = _MULTIPLIER - (1 << 32 if lanes.bits == 32 else 0)
    starts = [(integer, lanes.integers(i)) for i in range(_SIGNATURE_VECTORS)]
    with f.carried("0", count, 1, starts) as (number, states, following):
        base, size = f.load_pointer(blocks, number), f.load_word(blocks, f.add(count, number))
        whole = f.mul(f.div(size, group), group)
        with f.carried("0", whole, group, [(integer, s) for s in states]) as (i, inner, updated):
            for vector, state in enumerate(inner):
                place = f.at(base, f.add(i, vector * lanes.width), lanes.scalar)
                updated.append(taken(state, place, integer, lanes.integers(factor)))
        # What is left over goes into the first lane.
        scalar = f"i{lanes.bits}"
        first = f.value(f"extractelement {integer} {inner[0]}, i64 0")
        with f.carried(whole, size, 1, [(scalar, first)]) as (i, rest, updated):
            updated.append(taken(rest[0], f.at(base, i, lanes.scalar), scalar, str(factor)))
        mixed = f.value(f"insertelement {integer} {inner[0]}, {scalar} {rest[0]}, i64 0")
        following += [mixed, *inner[1:]]
    for vector, state in enumerate(states):
        place = f.at(result, vector * lanes.width, lanes.scalar)
        f.emit(f"store {integer} {state}, ptr {place}, align {lanes.size}")
    f.finish()
