"""The table of verbs: help without imports, suggestions, and one verb loaded at a time."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Annotated

import pytest
import typer

from elman import errors
from elman.cli.main import VERBS, Verb, build_app, main

PAPER_VERBS = {"show", "draw", "evaluate", "gradient", "memory"}
VALUES = ["--set", "W=1,U=1,b=0", "--input", "x=0.5,-1"]
MORE_WORDS = {"evaluate": VALUES, "gradient": ["--bptt"]}


def greet(name: str, times: Annotated[int, typer.Option(help="How often.")] = 1) -> None:
    """Greets a person.

    It does so in English.

    Args:
        name: Whom to greet.
    """
    if name == "nobody":
        raise errors.DataError("nobody cannot be greeted")
    if name == "ctrl-c":
        raise KeyboardInterrupt
    if name == "full":
        raise OSError(28, "No space left on device", "greeting.txt")
    if name == "quit":
        raise typer.Exit(7)
    print(" ".join([f"Hello, {name}."] * times))


FAKES = (
    Verb("greet", f"{__name__}:greet", "Greets a person."),
    Verb("absent", "elman.cli.no_such_module:absent", "Is never imported by the tests."),
)


def test_a_verb_runs_with_its_options(capsys):
    assert main(["greet", "Ada", "--times", "2"], FAKES) == 0
    assert capsys.readouterr().out == "Hello, Ada. Hello, Ada.\n"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_verb_without_importing_it(words, capsys):
    assert main(words, FAKES) == 0
    shown = capsys.readouterr().out
    for verb in FAKES:
        assert f"{verb.name:6}  {verb.help}" in shown


def test_help_of_a_verb_is_its_docstring_up_to_the_sections_for_programmers(capsys):
    assert main(["greet", "--help"], FAKES) == 0
    shown = capsys.readouterr().out
    assert "It does so in English." in shown
    assert "How often." in shown
    assert "Args:" not in shown


def test_only_the_verb_asked_for_is_loaded():
    build_app(["greet", "absent"], FAKES)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        build_app(["absent"], FAKES)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gret", "Ada"], "No such command 'gret'. Did you mean 'greet'?"),
        (["xyzzy"], "No such command 'xyzzy'."),
        (["greet"], "Missing argument"),
        (["greet", "Ada", "--tims", "2"], "No such option: --tims"),
        (["greet", "Ada", "--times", "two"], "Invalid value for '--times'"),
    ],
)
def test_a_wrong_word_exits_with_2_and_says_where_help_is(words, message, capsys):
    assert main(words, FAKES) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"Error: {message}")
    assert "--help" in shown.err


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("nobody", 2, "DataError: nobody cannot be greeted\n"),
        ("ctrl-c", 130, "Interrupted.\n"),
        ("quit", 7, ""),
    ],
)
def test_an_error_inside_a_verb_reaches_the_boundary(name, code, message, capsys):
    assert main(["greet", name], FAKES) == code
    assert capsys.readouterr().err == message


def test_a_full_disk_inside_a_verb_is_reported(capsys):
    assert main(["greet", "full"], FAKES) == 1
    assert capsys.readouterr().err.startswith("Error: greeting.txt: No space left on device\n")


def test_version(capsys):
    assert main(["--version"]) == 0
    name, number = capsys.readouterr().out.split()
    assert name == "elman"
    assert number[0].isdigit()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_line_in_the_table_is_the_first_line_of_the_docstring(verb):
    documentation = inspect.getdoc(verb.load())
    assert documentation is not None
    assert documentation.splitlines()[0] == verb.help


def test_help_imports_neither_torch_nor_plots_nor_numpy():
    assert modules_loaded_by("--help").isdisjoint({"torch", "matplotlib", "rich", "numpy"})


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS if verb.name in PAPER_VERBS])
def test_a_verb_of_the_paper_kind_imports_neither_torch_nor_plots(verb):
    equations = "h_t = tanh(W h_{t-1} + U x_t + b)"
    loaded = modules_loaded_by(verb, equations, *MORE_WORDS.get(verb, []))
    assert f"elman.cli.{verb}" in loaded
    assert loaded.isdisjoint({"torch", "matplotlib", "rich"})
    if verb in ("show", "draw", "memory"):  # they compute nothing
        assert "numpy" not in loaded


def modules_loaded_by(*words: str) -> set[str]:
    """The names of all modules that a command has imported when it ends."""
    code = (
        "import sys; from elman.cli.main import main; code = main(sys.argv[1:])\n"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())
