"""The exceptions that elman raises, all of them.

    RecurrenceError                  the root: `except RecurrenceError` catches everything below
    ├── SourceError                  something in the user's equations; knows the place (`span`)
    │   ├── EquationSyntaxError      the text does not parse
    │   ├── NameResolutionError      a name is unknown, ambiguous or used in two ways
    │   ├── CausalityError           a cycle inside one step, or a past and a future of one's own
    │   ├── ShapeError               sizes that do not fit, or that stay open
    │   └── UnsupportedError         valid mathematics that elman does not do yet
    ├── SourceErrorGroup             several independent SourceErrors, reported at once
    ├── EvaluationError              values missing, of a wrong shape, or not finite at some step
    ├── DifferentiationError         a gradient that does not exist as asked
    ├── PlanError                    a memory plan that cannot be kept
    ├── CompileError                 a kernel that could not be built
    ├── BackendUnavailableError      a back end that this machine or this recurrence does not have
    ├── DataError                    data or a file that cannot be used
    ├── CheckpointError              saved training state that cannot be used
    └── TrainingError                training that cannot go on (a loss that is not finite)

Wrong Python arguments (not equations, not data) raise `ValueError` or `TypeError` that show the
value and the allowed ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_ERRORS_SHOWN = 20


class RecurrenceError(Exception):
    """The root of every exception that elman raises on purpose."""


@dataclass(frozen=True)
class Source:
    """A text of equations and the name under which errors speak of it."""

    text: str
    name: str = "<text>"

    def position(self, offset: int) -> tuple[int, int]:
        """Returns line and column of a character offset, both counted from one."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def line(self, number: int) -> str:
        """Returns the text of a line, counted from one, without its line break."""
        return self.text.split("\n")[number - 1].rstrip("\r")


@dataclass(frozen=True)
class Span:
    """The characters `start` to `end` (exclusive) of a source."""

    source: Source = field(repr=False, compare=False)
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Returns the span from the start of this one to the end of the other."""
        return Span(self.source, self.start, max(self.end, other.end))

    @property
    def text(self) -> str:
        """The characters covered."""
        return self.source.text[self.start : self.end]

    def excerpt(self) -> str:
        """Returns `name:line:column`, the line, and a caret under the characters meant."""
        line_number, column = self.source.position(self.start)
        line = self.source.line(line_number).replace("\t", " ")
        room = max(1, len(line) - column + 1)
        length = min(max(1, self.end - self.start), room)
        line, column = _window(line, column)
        marks = " " * (column - 1) + "^" + "~" * (min(length, len(line) - column + 1) - 1)
        return f"  {self.source.name}:{line_number}:{self._column()}\n    {line}\n    {marks}"

    def _column(self) -> int:
        return self.source.position(self.start)[1]


def _window(line: str, column: int, width: int = 160) -> tuple[str, int]:
    """Cuts a very long line around a column, so that the caret stays visible."""
    if len(line) <= width:
        return line, column
    start = max(0, min(column - width // 2, len(line) - width))
    return line[start : start + width], column - start


class SourceError(RecurrenceError):
    """Something in the equations cannot be read or does not make sense.

    Attributes:
        message: One sentence that says what is wrong.
        span: Where in the text, or None where no single place is to blame.
        facts: Lines that show the values involved.
        remedy: What to do about it.
    """

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        *,
        facts: Sequence[str] = (),
        remedy: str = "",
    ) -> None:
        self.message = message
        self.span = span
        self.facts = tuple(facts)
        self.remedy = remedy
        super().__init__(message)

    def __str__(self) -> str:
        lines = [f"{type(self).__name__}: {self.message}"]
        if self.span is not None:
            lines.append(self.span.excerpt())
        lines.extend(f"  {fact}" for fact in self.facts)
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(lines)


class EquationSyntaxError(SourceError):
    """The text does not parse."""


class NameResolutionError(SourceError):
    """A name is unknown, defined twice, or used in two ways."""


class CausalityError(SourceError):
    """A cycle inside one step, or a group that needs its own past and its own future."""


class ShapeError(SourceError):
    """Sizes that do not fit together, or that stay open."""


class UnsupportedError(SourceError):
    """Valid mathematics that elman does not do yet."""


class SourceErrorGroup(RecurrenceError):  # noqa: N818 - it groups errors
    """Several independent errors in one text, in the order of the text.

    Attributes:
        errors: The single errors.
    """

    def __init__(self, errors: Sequence[SourceError]) -> None:
        self.errors = tuple(errors)
        super().__init__(f"{len(self.errors)} errors")

    def __str__(self) -> str:
        shown = [str(error) for error in self.errors[:MOST_ERRORS_SHOWN]]
        more = len(self.errors) - len(shown)
        return "\n\n".join([*shown, f"... and {more:,} more errors"] if more else shown)


def raise_all(errors: Sequence[SourceError]) -> None:
    """Raises nothing, the one error, or all of them together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SourceErrorGroup(errors)


class EvaluationError(RecurrenceError):
    """Values are missing, have a wrong shape, or are not finite at some step."""


class DifferentiationError(RecurrenceError):
    """A gradient that does not exist as it was asked for."""


class PlanError(RecurrenceError):
    """A memory plan that cannot be kept."""


class CompileError(RecurrenceError):
    """A kernel that could not be built."""


class BackendUnavailableError(RecurrenceError):
    """A back end that this machine, or this recurrence, does not have."""


class DataError(RecurrenceError):
    """Data or a file that cannot be used."""


class CheckpointError(RecurrenceError):
    """Saved training state that cannot be used."""


class TrainingError(RecurrenceError):
    """Training that cannot go on, such as a loss that is not finite."""
