"""The routine that lays a matrix out as the tiles read it."""

from __future__ import annotations

from elman.codegen.writer import Function, Lanes, Module

# Words of its arguments.
PACK_WORDS = (
    "target", "source", "row_step", "column_step", "rows", "depth",
    "panels", "vectors", "depth_step", "panel_step",
)  # fmt: skip


def emit_pack(module: Module, lanes: Lanes) -> None:
    """Writes `pack`: target[panel, k, vector, lane] = source[row, k], zero beyond the last row.

    A row is `(panel · vectors + vector) · lanes + lane`. Steps of the source are in numbers, as
    are those of the target. Its argument is the address of as many words as `PACK_WORDS` names.
    """
    f = Function(module, "pack", ["ptr"], lanes, public=True)
    words = {name: f.load_word(f.arguments[0], i) for i, name in enumerate(PACK_WORDS)}
    target, source = (
        f.value(f"inttoptr i64 {words[name]} to ptr") for name in ("target", "source")
    )
    scalar = lanes.scalar
    with f.loop("0", words["panels"]) as panel:
        first = f.mul(f.mul(panel, words["vectors"]), lanes.width)
        wanted = f.mul(words["vectors"], lanes.width)
        valid = f.minimum(f.sub(words["rows"], first), wanted)
        to_panel = f.mul(panel, words["panel_step"])
        with f.loop("0", words["depth"]) as k:
            to = f.at(target, f.add(to_panel, f.mul(k, words["depth_step"])), scalar)
            start = f.add(f.mul(first, words["row_step"]), f.mul(k, words["column_step"]))
            column = f.at(source, start, scalar)
            with f.loop("0", valid) as row:
                value = f.load_scalar(f.at(column, f.mul(row, words["row_step"]), scalar))
                f.store_scalar(value, f.at(to, row, scalar))
            with f.loop(valid, wanted) as row:
                f.store_scalar(lanes.number(0.0), f.at(to, row, scalar))
    f.finish()
