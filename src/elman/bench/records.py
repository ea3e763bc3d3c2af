"""The records that a run writes, one line of JSON for each measurement, and their summaries."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from elman.bench.case import Case
from elman.bench.measure import Timing
from elman.bench.targets import Row, Target
from elman.errors import DataError

FORMAT = 1
PRODUCT = "product 2048"
_PRODUCT_OPERATIONS = 2 * 2048**3

Record: TypeAlias = dict[str, Any]


def timing_fields(timing: Timing) -> dict[str, object]:
    """Returns a timing as it stands in a record: seconds."""
    return {
        "median": _short(timing.median),
        "low": _short(timing.low),
        "high": _short(timing.high),
        "rounds": [_short(seconds) for seconds in timing.rounds],
    }


def _short(number: float) -> float:
    """Keeps five digits: files of records are kept beside the pages that show them."""
    return float(f"{number:.5g}")


def append_record(path: Path, record: Record) -> None:
    """Adds one line to a file, whole or not at all as far as the system keeps that."""
    line = json.dumps(record, ensure_ascii=False) + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def read_records(paths: Iterable[Path]) -> list[Record]:
    """Reads files of records.

    Raises:
        DataError: A line is no record of this format.
    """
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found.append(_read_line(line, f"{path}, line {number}"))
    return found


def _read_line(line: str, place: str) -> Record:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{place} is no JSON\n  {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise DataError(
            f"{place} is no measurement of this version\n"
            "  Measure again with elman bench --json FILE."
        )
    return record


def case_of(record: Record) -> Case:
    """Returns what a record measured."""
    steps, batch, inputs, hidden = record["shape"]
    return Case(record["cell"], steps, batch, inputs, hidden, record["mode"], bool(record["last"]))


@dataclass(frozen=True)
class Figure:
    """A number with its spread.

    Attributes:
        value: The median.
        low: The first quartile; over several processes the lowest median.
        high: The third quartile, or the highest median.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """All records of one case: the median of the processes' medians.

    Attributes:
        case: What was measured.
        kind: `time`, `memory` or `compile`.
        records: What it comes from, one for each process.
        seconds: Contender -> seconds a call.
        ratios: Peer -> how many times longer it takes than elman.
        share: Of the peak, if that was measured.
        errors: Contender -> the largest error.
        keeps: Contender -> MiB kept between forward and backward.
        red: Contender -> why its result did not pass.
        left_out: Contender -> why it does not compute the case.
        backend: What elman runs.
        targets: What it must reach, by the set that it is shown in.
    """

    case: Case
    kind: str
    records: tuple[Record, ...]
    seconds: dict[str, Figure]
    ratios: dict[str, Figure]
    share: Figure | None
    errors: dict[str, float]
    keeps: dict[str, float]
    red: dict[str, str]
    left_out: dict[str, str]
    backend: str
    targets: tuple[Target, ...] = ()

    @property
    def best(self) -> tuple[str, Figure] | None:
        """The fastest peer and how many times longer than elman it takes."""
        if not self.ratios:
            return None
        return min(self.ratios.items(), key=lambda pair: pair[1].value)

    def figure(self, of: str) -> Figure | None:
        """Returns the figure that a target is about, if it was measured."""
        if of == "best":
            return self.best[1] if self.best else None
        if of == "share":
            return self.share
        names = {"keeps": "elman", "keeps least": "elman, least memory"}
        if of in names:
            kept = self.keeps.get(names[of])
            return None if kept is None else Figure(kept, kept, kept)
        if of in ("compile", "cached", "call"):
            return self.seconds.get("elman, from the cache" if of == "cached" else "elman")
        return self.ratios.get(of)


def summarise(records: Sequence[Record], rows: Sequence[Row]) -> list[Summary]:
    """Groups the records of rows by case, in the order of the rows.

    Args:
        records: Those of no row tell at most the peak of their process.
        rows: What is wanted, with its targets; each case once.
    """
    groups: dict[tuple[Case, str], list[Record]] = {}
    for record in records:
        groups.setdefault((case_of(record), record["kind"]), []).append(record)
    peaks = _peaks(records)
    return [
        _summary(row, groups[row.case, row.kind], peaks)
        for row in rows
        if (row.case, row.kind) in groups
    ]


def _peaks(records: Sequence[Record]) -> dict[object, float]:
    """Returns for each process the best rate of the matrix product, operations a second."""
    peaks: dict[object, float] = {}
    for record in records:
        times = record["contenders"].get(PRODUCT)
        if times:
            rate = _PRODUCT_OPERATIONS / min(times["rounds"])
            peaks[record["run"]] = max(rate, peaks.get(record["run"], 0.0))
    return peaks


def _summary(row: Row, records: Sequence[Record], peaks: dict[object, float]) -> Summary:
    names = list(dict.fromkeys(name for record in records for name in record["contenders"]))
    seconds = {name: _figure([r["contenders"].get(name) for r in records]) for name in names}
    peers = list(dict.fromkeys(name for record in records for name in record["ratios"]))
    ratios = {name: _figure([r["ratios"].get(name) for r in records]) for name in peers}
    shares = [
        record["operations"] / record["contenders"]["elman"]["median"] / peaks[record["run"]]
        for record in records
        if record["run"] in peaks and PRODUCT in record["contenders"]
    ]
    errors: dict[str, float] = {}
    keeps: dict[str, float] = {}
    red: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for record in records:
        for name, error in record["errors"].items():
            errors[name] = max(error, errors.get(name, 0.0))
        keeps.update({name: kept / 2**20 for name, kept in record["keeps"].items()})
        red.update(record["red"])
        left_out.update(record["left_out"])
    share = None
    if shares:
        share = Figure(statistics.median(shares), min(shares), max(shares))
    backend = records[-1]["backend"]
    return Summary(
        row.case, row.kind, tuple(records), seconds, ratios, share, errors, keeps, red, left_out,
        backend, row.targets,
    )  # fmt: skip


def _figure(given: Iterable[dict[str, Any] | None]) -> Figure:
    found = [each for each in given if each is not None]
    if len(found) == 1:
        return Figure(found[0]["median"], found[0]["low"], found[0]["high"])
    medians = [each["median"] for each in found]
    return Figure(statistics.median(medians), min(medians), max(medians))
