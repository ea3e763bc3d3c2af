"""The entry point `elman`: the table of verbs, and the one that was asked for.

Only the verb on the command line is imported, so that `elman show` starts without torch and the
plots. A verb is added by one line in `VERBS`; its function lies in `elman/cli/<verb>.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer

from elman.cli.boundary import guard


@dataclass(frozen=True)
class Verb:
    """One verb of the command line.

    Attributes:
        name: What the user types.
        target: Where its function is, as `module:function`.
        help: One line for `elman --help`, the first line of the function's docstring.
    """

    name: str
    target: str
    help: str

    def load(self) -> Callable[..., Any]:
        """Imports the verb's module and returns its function."""
        module, _, function = self.target.partition(":")
        return getattr(import_module(module), function)  # type: ignore[no-any-return]


VERBS = (
    Verb("show", "elman.cli.show:show", "Shows how equations were read: roles, sizes, order."),
    Verb("draw", "elman.cli.draw:draw", "Draws the unrolled graph: every operation at every step."),
    Verb(
        "evaluate",
        "elman.cli.evaluate:evaluate",
        "Computes every value by hand: each operation at each step.",
    ),
    Verb("train", "elman.cli.train:train", "Trains one recurrence on one task."),
    Verb(
        "lab",
        "elman.cli.lab:lab",
        "Trains many networks to answer one question, and writes a report.",
    ),
    Verb(
        "check-init",
        "elman.cli.check_init:check_init",
        "Judges starts of the parameters: saturation, gradients, and which to choose.",
    ),
    Verb(
        "code",
        "elman.cli.code:code",
        "Writes equations as plain source that runs without elman.",
    ),
    Verb(
        "bench",
        "elman.cli.bench:bench",
        "Measures elman beside torch.nn, loops, JAX and ONNX Runtime.",
    ),
    Verb(
        "gradient",
        "elman.cli.gradient:gradient",
        "Derives gradients through time in closed form.",
    ),
    Verb(
        "memory",
        "elman.cli.memory:memory",
        "Counts what the backward pass must find stored, by name.",
    ),
    Verb(
        "worksheet",
        "elman.cli.worksheet:worksheet",
        "Writes exercises on a recurrence with solutions, as a page to print.",
    ),
)


def build_app(arguments: Sequence[str], verbs: Sequence[Verb] = VERBS) -> typer.Typer:
    """Returns the command line with the one verb loaded that the arguments ask for.

    Args:
        arguments: The words after `elman`. The first that is no option names the verb.
        verbs: The table of verbs.
    """
    app = typer.Typer(
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="From the equations of a recurrent network to its graph and a trained model.",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help; rich would cost a third of the start-up
    )
    app.callback()(_top)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for verb in verbs:
        if verb.name == wanted:
            function = verb.load()
            app.command(verb.name, help=_prose(function.__doc__ or verb.help))(function)
        else:
            app.command(verb.name, help=verb.help)(_not_loaded)
    return app


def main(arguments: Sequence[str], verbs: Sequence[Verb] = VERBS) -> int:
    """Runs one command and returns its exit code; never raises.

    Args:
        arguments: The words after `elman`.
        verbs: The table of verbs.
    """

    def act() -> int | None:
        words = list(arguments) or ["--help"]
        app = build_app(words, verbs)
        code = app(args=words, prog_name="elman", standalone_mode=False)
        return code if isinstance(code, int) else None

    return guard(act)


def run() -> None:
    """Is what the console script calls: runs `sys.argv` and exits with the code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe that can't encode σ shows \u03c3 instead of failing.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # here: no other command needs its 20 ms

        print(f"elman {version('elman')}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


def _not_loaded() -> None:
    raise AssertionError("internal: a verb was called that had not been loaded")


def _prose(docstring: str) -> str:
    """The part of a docstring that is written for users: all before `Args:` and the like."""
    lines = []
    for line in docstring.splitlines():
        if line.strip() in ("Args:", "Returns:", "Raises:", "Example:", "Examples:", "References:"):
            break
        lines.append(line)
    return "\n".join(lines).rstrip()
