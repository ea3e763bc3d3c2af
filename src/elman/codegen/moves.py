"""The routines that copy rows around the loops: values outside 1..T, last values, sums over time.

A place is what one of a call's words holds, and an offset in bytes.
"""

from __future__ import annotations

from elman.codegen.writer import Function, Lanes, Module

# Words of one job: rows of numbers go from one place to another. Steps are in bytes.
MOVE_WORDS = (
    "target", "target_offset", "target_step", "source", "source_offset", "source_step",
    "rows", "numbers",
)  # fmt: skip


def emit_move(module: Module, lanes: Lanes) -> None:
    """Writes `move(words, jobs, count)`, which copies rows."""
    module.declare("llvm.memcpy.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1 immarg"])
    f = Function(module, "move", ["ptr", "ptr", "i64"], lanes, public=True)
    words, jobs, count = f.arguments
    with f.loop("0", count) as number:
        given, target, source = _places(f, words, jobs, number)
        size = f.mul(given["numbers"], lanes.size)
        with f.loop("0", given["rows"]) as row:
            to = f.at(target, f.mul(row, given["target_step"]))
            from_ = f.at(source, f.mul(row, given["source_step"]))
            f.emit(f"call void @llvm.memcpy.p0.p0.i64(ptr {to}, ptr {from_}, i64 {size}, i1 false)")
    f.finish()


def emit_collect(module: Module, lanes: Lanes) -> None:
    """Writes `collect(words, jobs, count, shares, share)`, which adds the rows of all shares.

    The source of a row lies `share` bytes further on for each further share of the batch.
    """
    f = Function(module, "collect", ["ptr", "ptr", "i64", "i64", "i64"], lanes, public=True)
    words, jobs, count, shares, share = f.arguments
    with f.loop("0", count) as number:
        given, target, source = _places(f, words, jobs, number)
        whole = f.mul(f.div(given["numbers"], lanes.width), lanes.width)
        with f.loop("0", given["rows"]) as row:
            to = f.at(target, f.mul(row, given["target_step"]))
            from_ = f.at(source, f.mul(row, given["source_step"]))
            with f.loop("0", whole, lanes.width) as i:
                offset = f.mul(i, lanes.size)
                first = f.at(from_, offset)
                with f.carried("1", shares, 1, [(lanes.vector, f.load(first))]) as loop:
                    own, sums, updated = loop
                    value = f.load(f.at(first, f.mul(own, share)))
                    updated.append(f.binary("fadd", sums[0], value))
                f.store(sums[0], f.at(to, offset))
            with f.loop(whole, given["numbers"]) as i:
                offset = f.mul(i, lanes.size)
                first = f.at(from_, offset)
                with f.carried("1", shares, 1, [(lanes.scalar, f.load_scalar(first))]) as loop:
                    own, sums, updated = loop
                    one = f.load_scalar(f.at(first, f.mul(own, share)))
                    updated.append(f.value(f"fadd {lanes.scalar} {sums[0]}, {one}"))
                f.store_scalar(sums[0], f.at(to, offset))
    f.finish()


def _places(f: Function, words: str, jobs: str, number: str) -> tuple[dict[str, str], str, str]:
    """Reads a job; returns its words and the addresses of its target and source."""
    job = f.at(jobs, f.mul(number, len(MOVE_WORDS)), "i64")
    given = {name: f.load_word(job, i) for i, name in enumerate(MOVE_WORDS)}
    target, source = (
        f.at(f.load_pointer(words, given[end]), given[f"{end}_offset"])
        for end in ("target", "source")
    )
    return given, target, source
